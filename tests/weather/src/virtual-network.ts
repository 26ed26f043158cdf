/**
 * The network between laptops and collectors, as bad as the seed says. What passes are the bytes
 * of real frames: a truncated frame is cut, a flipped bit is flipped.
 *
 *   delay · loss (a link is cut and what is on its way is gone, on one side or on both) ·
 *   repetition · half-open links (one side never hears of the end) · late frames of a former
 *   link, which arrive after those of its successor · truncation · bit flips
 *
 * Inside one link frames stay in order, as TCP keeps them.
 */
import type { FaultCounts } from './fault-counts.ts'
import type { Life, VirtualTime } from './virtual-time.ts'

/** What either end of a link is told. */
export interface LinkEnd {
  readonly hear: (frame: Uint8Array) => void
  /** Once, and nothing after it. */
  readonly closed: () => void
  readonly life: Life
}

export interface Side {
  readonly send: (frame: Uint8Array) => void
  /** Lets what was sent arrive, then ends the link. */
  readonly close: () => void
  /** At once; the other side hears of it later, or never. */
  readonly drop: () => void
  readonly bytes: () => { readonly sent: number; readonly heard: number }
}

export interface Air {
  /** One way. */
  readonly latencyMs: number
  readonly bytesPerMs: number
  /** Chances, a frame. */
  readonly cut: number
  readonly repeat: number
  readonly truncate: number
  readonly flip: number
  /** Of a cut: that one side never hears of it. */
  readonly halfOpen: number
}

export const CLEAR_AIR: Air = {
  latencyMs: 20,
  bytesPerMs: 1_000,
  cut: 0,
  repeat: 0,
  truncate: 0,
  flip: 0,
  halfOpen: 0,
}

export interface Network {
  /**
   * Calls; `null` where nobody hears it.
   * @param accept The collector's end of a new link.
   */
  readonly connect: (client: LinkEnd, accept: ((side: Side) => LinkEnd) | null) => Promise<Side | null>
  readonly setAir: (air: Air) => void
  /** No link can be made while the network is down; those that are there are cut. */
  readonly setUp: (up: boolean) => void
  readonly bytesPerMs: () => number
  readonly bytesUp: () => number
  readonly links: () => number
}

export interface NetworkDeps {
  readonly time: VirtualTime
  readonly random: () => number
  readonly counts: FaultCounts
}

export function createNetwork({ time, random, counts }: NetworkDeps): Network {
  let air = CLEAR_AIR
  let up = true
  let bytesUp = 0
  let links = 0
  const open = new Set<() => void>()
  const chance = (share: number): boolean => share > 0 && random() < share
  const delayMs = (): number => air.latencyMs * (0.5 + random())

  const link = (ends: { readonly client: LinkEnd; collector: LinkEnd | null }) => {
    let isOver = false
    const sides = { client: { sent: 0, heard: 0, freeAtMs: 0 }, collector: { sent: 0, heard: 0, freeAtMs: 0 } }
    const told = { client: false, collector: false }
    type Name = 'client' | 'collector'
    const other = (name: Name): Name => (name === 'client' ? 'collector' : 'client')

    const tell = (name: Name, afterMs: number): void => {
      if (told[name]) return
      told[name] = true
      const end = ends[name]
      time.after(afterMs, () => end?.closed(), end?.life)
    }
    /** @param by Who broke it; the weather where nobody did. */
    const cut = (by: Name | 'weather'): void => {
      if (isOver) return
      isOver = true
      open.delete(cutByWeather)
      const isHalf = chance(air.halfOpen)
      if (isHalf) counts.add('half-open')
      if (by === 'weather') {
        counts.add('cut')
        const deaf: Name = random() < 0.5 ? 'client' : 'collector'
        for (const name of ['client', 'collector'] as const) if (!isHalf || name !== deaf) tell(name, delayMs())
      } else {
        told[by] = true
        if (!isHalf) tell(other(by), delayMs())
      }
    }
    const cutByWeather = (): void => cut('weather')

    const pass = (from: Name, frame: Uint8Array): void => {
      const [here, there] = [sides[from], sides[other(from)]]
      here.sent += frame.length
      if (from === 'client') bytesUp += frame.length
      here.freeAtMs = Math.max(here.freeAtMs, time.nowMs()) + frame.length / air.bytesPerMs
      const atMs = Math.max(here.freeAtMs + delayMs(), lastArrival[from])
      lastArrival[from] = atMs
      const arrive = (bytes: Uint8Array): void => {
        const end = ends[other(from)]
        // What was on its way when the link was cut may still come, for whoever was not told of the cut.
        if (end === null || told[other(from)]) return
        there.heard += bytes.length
        end.hear(bytes)
      }
      const bytes = spoil(frame)
      const life = ends[other(from)]?.life
      time.after(atMs - time.nowMs(), () => arrive(bytes), life)
      if (chance(air.repeat)) {
        counts.add('repeated')
        time.after(atMs - time.nowMs(), () => arrive(bytes), life)
      }
      if (chance(air.cut)) {
        // Before it arrives, or after.
        time.after(random() * 2 * (atMs - time.nowMs()), cutByWeather)
      }
    }
    const lastArrival = { client: 0, collector: 0 }

    const side = (name: Name): Side => ({
      send: frame => {
        // Into a link that is cut and does not know it: gone.
        if (!isOver) pass(name, frame)
      },
      drop: () => cut(name),
      close: () => void time.after(Math.max(0, lastArrival[name] - time.nowMs()), () => cut(name)),
      bytes: () => ({ sent: sides[name].sent, heard: sides[name].heard }),
    })
    open.add(cutByWeather)
    return { client: side('client'), collector: side('collector') }
  }

  const spoil = (frame: Uint8Array): Uint8Array => {
    if (chance(air.truncate) && frame.length > 1) {
      counts.add('truncated')
      return frame.slice(0, 1 + Math.floor(random() * (frame.length - 1)))
    }
    if (!chance(air.flip)) return frame
    counts.add('bit flipped')
    const spoilt = frame.slice()
    const at = Math.floor(random() * spoilt.length)
    spoilt[at] = (spoilt[at] ?? 0) ^ (1 << Math.floor(random() * 8))
    return spoilt
  }

  return {
    connect: (client, accept) =>
      new Promise(resolve => {
        time.after(
          2 * delayMs(),
          () => {
            if (!up || accept === null) return resolve(null)
            links += 1
            const ends: { client: LinkEnd; collector: LinkEnd | null } = { client, collector: null }
            const sides = link(ends)
            resolve(sides.client)
            ends.collector = accept(sides.collector)
          },
          client.life,
        )
      }),
    setAir: next => {
      air = next
    },
    setUp: next => {
      up = next
      if (!up) for (const cut of open) cut()
    },
    bytesPerMs: () => air.bytesPerMs,
    bytesUp: () => bytesUp,
    links: () => links,
  }
}
