/**
 * For tests and benchmarks: files that go up over a link on a virtual clock, to collectors that
 * share one disk. The link has a rate, a way and a hidden buffer: what is written is taken at
 * once and leaves when the line is free; a cut loses whatever has not arrived, half a frame
 * included. Frames are the real ones, so bytes are what a socket would carry.
 *
 * Bytes of a file are a function of their place, so that nothing has to be held; what the
 * collector stores is checked against it.
 */
import type { Sha256 } from '@murram/ground'
import { decodeDown, encodeDown, type Down } from '../down.ts'
import { decodeUp, encodeUp, type Up } from '../up.ts'
import { createUploadLane, type UploadAction, type UploadFile, type UploadLane } from './upload-lane.ts'

export interface UploadLink {
  readonly bytesPerSecond: number
  /** One way. */
  readonly wayMs: number
  /** How long the next connection lasts. */
  readonly lastsMs: () => number
  /** Frames of hello, welcome and reports, before the first offer. */
  readonly handshakeBytes?: number
}

export interface UploadWeatherOptions {
  readonly files: readonly UploadFile[]
  readonly link: UploadLink
  readonly random: () => number
  /** A new lane, as after a restart of the agent, at every so many connections. */
  readonly restartEvery?: number
  /** Of the pieces that arrive. */
  readonly spoil?: (piece: { readonly sha256: Sha256; readonly offset: number }) => boolean
  readonly endMs?: number
}

export interface UploadWeather {
  readonly broken: readonly string[]
  readonly completed: readonly Sha256[]
  readonly bytesUp: number
  readonly bytesDown: number
  readonly tookMs: number
  readonly cuts: number
  readonly setAside: readonly Sha256[]
  readonly pieces: readonly { readonly sizeBytes: number; readonly tookMs: number }[]
}

/** WebSocket's header of a masked frame, and of an unmasked one. */
const [HEADER_UP, HEADER_DOWN] = [8, 4]
const CONNECT_AGAIN_MS = 200

interface Stored {
  haveBytes: number
  spoilt: boolean
  complete: boolean
}

export function uploadWeatherOf(options: UploadWeatherOptions): UploadWeather {
  const { files, link, random, restartEvery = Infinity, endMs = Infinity } = options
  const broken: string[] = []
  const completed: Sha256[] = []
  const setAside: Sha256[] = []
  const pieces: { sizeBytes: number; tookMs: number }[] = []
  const bytes = { up: 0, down: 0 }
  const disk = new Map<Sha256, Stored>()
  const sizeOf = new Map(files.map(file => [file.sha256, file.sizeBytes]))
  let lane: UploadLane = createUploadLane()
  let [nowMs, cuts, connection] = [0, 0, 0]
  let events: { atMs: number; readonly connection: number | null; run: () => void }[] = []
  let upFreeAtMs = 0
  let downFreeAtMs = 0
  let offered = new Map<number, UploadFile>()

  const at = (atMs: number, run: () => void, of: number | null = connection): void => {
    events.push({ atMs, connection: of, run })
  }
  const sendUp = (message: Up): void => {
    const frame = encodeUp(message)
    const sizeBytes = frame.length + HEADER_UP
    bytes.up += sizeBytes
    const startsAtMs = Math.max(upFreeAtMs, nowMs)
    upFreeAtMs = startsAtMs + (sizeBytes / link.bytesPerSecond) * 1_000
    if (message.type === 'piece') pieces.push({ sizeBytes, tookMs: upFreeAtMs - startsAtMs })
    at(upFreeAtMs + link.wayMs, () => {
      const read = decodeUp(frame)
      if (!read.ok) broken.push(`the collector read ${read.error.fault}`)
      else receive(read.value)
    })
  }
  const sendDown = (message: Down): void => {
    const frame = encodeDown(message)
    bytes.down += frame.length + HEADER_DOWN
    downFreeAtMs = Math.max(downFreeAtMs, nowMs) + ((frame.length + HEADER_DOWN) / link.bytesPerSecond) * 1_000
    at(downFreeAtMs + link.wayMs, () => {
      const read = decodeDown(frame)
      if (!read.ok || read.value.type !== 'have') return void broken.push('the agent read no have')
      act(lane.handle({ ...read.value, atMs: nowMs }))
    })
  }

  const act = (actions: readonly UploadAction[]): void => {
    for (const action of actions) {
      if (action.do === 'offer') {
        const { do: _, offer, ...file } = action
        sendUp({ type: 'offer', offer, ...file })
      } else if (action.do === 'piece') {
        const { offer, sha256, offset, length } = action
        sendUp({ type: 'piece', offer, offset, bytes: bytesOf(sha256, offset, length) })
      } else if (action.do === 'complete') {
        if (disk.get(action.sha256)?.complete !== true) broken.push('U4: complete, and it is not')
        if (completed.includes(action.sha256)) broken.push('U4: completed twice')
        completed.push(action.sha256)
        act(lane.handle({ type: 'queued', files: waiting(), atMs: nowMs }))
      } else if (action.do === 'setAside') setAside.push(action.sha256)
    }
  }
  const waiting = (): readonly UploadFile[] => files.filter(({ sha256 }) => !completed.includes(sha256))

  /** What every collector process does with the one database. */
  const receive = (message: Up): void => {
    if (message.type === 'offer') {
      offered.set(message.offer, message)
      const stored = disk.get(message.sha256) ?? { haveBytes: 0, spoilt: false, complete: false }
      disk.set(message.sha256, stored)
      return tell(message.offer, stored)
    }
    if (message.type !== 'piece') return
    const file = offered.get(message.offer)
    if (file === undefined) return void broken.push('U1: a piece of what was not offered')
    const stored = disk.get(file.sha256)
    if (stored === undefined) return
    if (!stored.complete && message.offset === stored.haveBytes) {
      const right = Buffer.from(message.bytes).equals(bytesOf(file.sha256, message.offset, message.bytes.length))
      stored.spoilt ||= !right || options.spoil?.({ sha256: file.sha256, offset: message.offset }) === true
      stored.haveBytes += message.bytes.length
      if (stored.haveBytes > (sizeOf.get(file.sha256) ?? 0)) broken.push('U2: beyond the end')
      if (stored.haveBytes === sizeOf.get(file.sha256)) {
        stored.complete = !stored.spoilt
        if (stored.spoilt) Object.assign(stored, { haveBytes: 0, spoilt: false })
      }
    } else if (options.spoil === undefined && !stored.complete) broken.push('U2: a piece elsewhere than asked')
    tell(message.offer, stored)
  }
  const tell = (offer: number, { haveBytes, complete }: Stored): void =>
    sendDown({ type: 'have', offer, haveBytes, complete })

  const connect = (): void => {
    connection += 1
    offered = new Map()
    if (connection % restartEvery === 0) lane = createUploadLane()
    upFreeAtMs = downFreeAtMs = nowMs
    const handshakeBytes = link.handshakeBytes ?? 1_000
    bytes.up += handshakeBytes
    const mine = connection
    at(nowMs + link.lastsMs(), cut)
    at(nowMs + (handshakeBytes / link.bytesPerSecond) * 1_000 + 4 * link.wayMs, () => {
      if (lane.handle({ type: 'linkUp' }).length > 0) broken.push('U1: sent before the welcome')
      if (lane.handle({ type: 'queued', files: waiting(), atMs: nowMs }).length > 0) broken.push('U1: sent while held')
      act(lane.handle({ type: 'held', held: false, atMs: nowMs }))
      // Now and then something goes first.
      for (let i = 1; i < 4; i += 1) {
        const heldAtMs = nowMs + random() * 40_000
        at(heldAtMs, () => act(lane.handle({ type: 'held', held: true, atMs: nowMs })), mine)
        at(heldAtMs + 300, () => act(lane.handle({ type: 'held', held: false, atMs: nowMs })), mine)
      }
    })
  }
  const cut = (): void => {
    cuts += 1
    events = []
    lane.handle({ type: 'linkDown' })
    at(nowMs + CONNECT_AGAIN_MS, connect, null)
  }

  connect()
  while (nowMs < endMs && completed.length + setAside.length < files.length) {
    const next = events.reduce((first, event) => (event.atMs < first.atMs ? event : first), events[0] as Event)
    if (next === undefined) {
      broken.push('U7: nothing happens any more')
      break
    }
    events = events.filter(event => event !== next)
    nowMs = next.atMs
    if (next.connection === null || next.connection === connection) next.run()
  }
  return { broken, completed, bytesUp: bytes.up, bytesDown: bytes.down, tookMs: nowMs, cuts, setAside, pieces }
}

type Event = { atMs: number; readonly connection: number | null; run: () => void }

/** No compressor finds anything in it, as in a photo. */
function bytesOf(sha256: Sha256, offset: number, length: number): Uint8Array {
  const seed = Number.parseInt(sha256.slice(0, 8), 16)
  return Uint8Array.from({ length }, (_, i) => {
    let x = Math.imul(seed ^ (offset + i), 0x9e3779b1)
    x = Math.imul(x ^ (x >>> 15), 0x85ebca6b)
    return (x ^ (x >>> 13)) & 255
  })
}
