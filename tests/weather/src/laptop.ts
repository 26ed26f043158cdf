/**
 * A laptop: the real outbox, mirror, drivers, session and sync loop on a disk, a clock and a
 * network of the schedule's. It may die before and after whatever it writes and sends; what it
 * had committed is on its disk when it starts again.
 */
import { createHybridClock, type Stamp } from '@murram/fold'
import {
  createFoldNews,
  createMirror,
  createPullDriver,
  createPushDriver,
  createSync,
  createWriteStates,
  openBareStore,
  type BareStore,
  type Connection,
  type EnrolmentFile,
  type Mirror,
  type SubmissionDoc,
  type Sync,
  type SyncLoopDeps,
  type Timers,
} from '@murram/agent/weather'
import { err, fault, millis } from '@murram/ground'
import type { SigningKey } from '@murram/seal'
import { PROTOCOL_VERSION } from '@murram/wire'
import type { BrokenRule } from './broken-rules.ts'
import type { FaultCounts } from './fault-counts.ts'
import type { FileLedger } from './file-ledger.ts'
import { interview, type InterviewKind } from './interview.ts'
import { imageOf, openDisk, setFull, type DiskImage } from './laptop-disk.ts'
import { openLaptopDownloads } from './laptop-downloads.ts'
import { openLaptopFiles, type LaptopFiles } from './laptop-files.ts'
import { createLaptopSticks, type LaptopSticks } from './laptop-stick.ts'
import type { Stick } from './stick.ts'
import { breakWelcome, markAllSent, wrapStore } from './break-store.ts'
import { virtualOpenLink } from './virtual-link.ts'
import type { LinkEnd, Network, Side } from './virtual-network.ts'
import type { Life, VirtualTime } from './virtual-time.ts'
import type { Watch } from './watch.ts'

export interface Laptop {
  readonly name: string
  readonly enrolment: EnrolmentFile
  readonly isUp: () => boolean
  readonly start: () => Promise<void>
  /** As if the power had gone. */
  readonly crash: () => void
  readonly dieAfter: (steps: number) => void
  /** Dies where it writes its copy of the feed: before or after one of the next writes. */
  readonly dieReading: (writes: number) => void
  /** @param files That it names, beside those of what it corrects. */
  readonly save: (kind: InterviewKind, files?: number) => Promise<void>
  /** What its build speaks from its next start on; `null`: the newest. */
  readonly setProtocol: (newest: number | null) => void
  readonly protocol: () => number
  /** The oldest that was ever spoken over its store. */
  readonly oldestProtocol: () => number
  readonly setClock: (offsetMs: number) => void
  readonly setDiskFull: (full: boolean) => void
  /** No network reaches it, whatever the others have. */
  readonly setFarAway: (far: boolean) => void
  /** The file as it is now. */
  readonly image: () => DiskImage
  /** Another file in its place; the laptop must be down. */
  readonly putBack: (image: DiskImage) => void
  /** Told to the officer as saved, on this disk. */
  readonly confirmed: Map<string, string>
  readonly saved: readonly SubmissionDoc[]
  /** Of all that its outbox holds, acked or not: behind a gap it may be sent once more. */
  readonly outboxBytes: () => number
  readonly mirror: () => Mirror | null
  /** What its officer is shown of them. */
  readonly submissions: () => Promise<readonly SubmissionDoc[]>
  /** What waits, or all, on a stick; `null`: it is down, or its store was renewed meanwhile. */
  readonly writeStick: (which: 'unsent' | 'all') => Promise<Stick | null>
  readonly readStick: (stick: Stick) => Promise<void>
  /** Its files, where there are any in this schedule. */
  readonly files: () => LaptopFiles | null
  readonly query: <T>(sql: string) => readonly T[]
  readonly run: (sql: string) => void
}

export interface CopiedStore {
  readonly image: DiskImage
  readonly oldestProtocol: number
}

export interface LaptopDeps {
  readonly name: string
  readonly time: VirtualTime
  readonly network: Network
  readonly random: () => number
  readonly counts: FaultCounts
  readonly watch: Watch
  readonly enrolment: EnrolmentFile
  readonly deviceKey: SigningKey
  /** Of the collector that hears a call; `null` where none does. */
  readonly answering: () => ((side: Side) => LinkEnd) | null
  /** The true time; the laptop's own clock may be elsewhere. */
  readonly trueNowMs: () => number
  readonly broken: BrokenRule | null
  /** Absent: nobody takes files in. */
  readonly ledger?: FileLedger
  /** Whether it reads snapshots; pages alone unless told. */
  readonly snapshots?: boolean
  /** What their officer saved on their other laptop. */
  readonly elsewhere?: () => readonly SubmissionDoc[]
  /** A store that another laptop has had until now. */
  readonly copied?: CopiedStore
}

interface Running {
  readonly life: { over: boolean } & Life
  readonly connection: Connection
  readonly store: BareStore
  readonly mirror: Mirror
  readonly sync: Sync
  readonly stamp: () => Stamp
  readonly files: LaptopFiles | null
  readonly sticks: LaptopSticks
}

class LaptopDied extends Error {}

const NO_DOWNLOADS = {
  onLinkUp: async () => {},
  onLinkDown: () => {},
  onChunk: async () => {},
  onRefused: () => {},
  giveUp: () => {},
  fetch: async () => err(fault('sync.unreachable', 'no files here')),
}
const never = new Promise<never>(() => {})
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export function createLaptop(deps: LaptopDeps): Laptop {
  const { name, time, network, random, counts, watch, enrolment, deviceKey, trueNowMs, broken, ledger } = deps
  let disk: DiskImage | null = deps.copied?.image ?? null
  let running: Running | null = null
  let starting: { over: boolean } & Life = newLife()
  let stepsLeft: number | null = null
  let readsLeft: number | null = null
  let clockOffsetMs = 0
  let protocol: number | null = null
  // Of the store: what was not told to an old build, its copy was not told either.
  let oldest: number = deps.copied?.oldestProtocol ?? PROTOCOL_VERSION
  let diskFull = false
  let farAway = false
  const sides = new Set<Side>()
  const saved: SubmissionDoc[] = []
  const confirmed = new Map<string, string>()
  const now = (): number => Math.max(0, trueNowMs() + clockOffsetMs)

  const die = (why: string): void => {
    const was = running
    if (was === null || was.life.over) return
    watch.tell(() => `${name} dies ${why}`)
    was.life.over = true
    stepsLeft = null
    readsLeft = null
    for (const side of sides) side.drop()
    sides.clear()
    const keep = (): void => {
      disk = imageOf(was.connection)
      was.connection.close()
      if (running === was) running = null
    }
    // Inside a transaction the disk is looked at once it was taken back.
    if (was.connection.inTransaction) queueMicrotask(keep)
    else keep()
  }

  /** A place at which this life may end. */
  const at = (life: Life, place: string): void => {
    if (life.isOver()) throw new LaptopDied(place)
    if (readsLeft !== null && place.startsWith('write of mirror')) readsLeft -= 1
    if (stepsLeft !== null) stepsLeft -= 1
    if ((stepsLeft ?? 1) > 0 && (readsLeft ?? 1) > 0) return
    counts.add('agent crashed')
    die(`at ${place}`)
    throw new LaptopDied(place)
  }

  const timersOf = (life: Life): Timers => ({
    elapsedMs: time.nowMs,
    after: (ms, act) => time.after(ms, act, life),
  })

  const start = async (): Promise<void> => {
    if (running !== null && !running.life.over) return
    const life = newLife()
    starting = life
    const connection = openDisk(disk)
    if (diskFull) setFull(connection, true)
    const around = async <T>(collection: string, write: () => Promise<T>): Promise<T> => {
      await pauseOf(life)
      const died = attempt(() => at(life, `write of ${collection}, before`))
      if (died) return never
      const done = await write()
      return attempt(() => at(life, `write of ${collection}, after`)) ? never : done
    }
    const crashPoint = (place: string): void => at(life, place)
    const shared = { log: silent as unknown as SyncLoopDeps['log'], crashPoint }
    const files: { open: LaptopFiles | null } = { open: null }
    const inTransaction = (doc: SubmissionDoc): void => {
      files.open?.finalise(doc)
      at(life, 'in a transaction')
    }
    const opened = await openBareStore({ connection, around, inTransaction })
    const store = wrapStore(broken, opened)
    const { deviceId } = enrolment.certificate.body
    const timers = timersOf(life)
    const { elapsedMs } = timers
    if (ledger !== undefined)
      files.open = openLaptopFiles({
        store,
        deviceId,
        now,
        elapsedMs,
        random,
        ledger,
        broken,
        at: place => at(life, place),
        log: shared.log,
      })
    const { collections, values, outbox } = store
    const mirror = createMirror(store)
    const writeStates = createWriteStates(store)
    const last = values.get('clock.last')
    const clock = createHybridClock({
      now: () => millis(now()),
      deviceId,
      ...(last === null ? {} : { last: last as Stamp }),
    })
    const foldNews = createFoldNews({ collections, mirror, outbox, values, writeStates })
    const push = createPushDriver({ ...shared, collections, outbox, values, writeStates, foldNews, deviceKey, now })
    const coming =
      deps.snapshots === true
        ? openLaptopDownloads({
            store,
            mirror,
            now,
            timers,
            counts,
            at: crashPoint,
            tell: text => watch.tell(() => `${name}: ${text()}`),
          })
        : null
    const { firstSync } = coming ?? {}
    const pull = await createPullDriver({
      ...shared,
      mirror,
      foldNews,
      ...(firstSync === undefined ? {} : { firstSync }),
    })
    const sessionDeps = {
      timers,
      openLink: virtualOpenLink({
        life,
        time,
        network,
        answering: () => (farAway ? null : deps.answering()),
        at: place => at(life, place),
        tell: text => watch.tell(() => `${name} ${text()}`),
        onOpen: side => void sides.add(side),
        onClose: side => void sides.delete(side),
        heard: message => breakWelcome(broken, message),
        onBatchSent: () => {
          if (broken === 'marks as sent what was only sent') markAllSent(store)
        },
        onPieceSent: sizeBytes => ledger?.sent(sizeBytes),
      }),
      enrolment,
      deviceKey,
      agentVersion: 'weather',
      ...(protocol === null ? {} : { newestProtocol: protocol }),
      now,
      outbox,
      slots: { manifests: () => [] },
      push,
      pull,
      ...(files.open === null ? {} : { uploads: files.open.driver }),
      downloads: coming?.downloads ?? NO_DOWNLOADS,
      provision: { run: async () => {}, isIdle: () => true, settled: async () => {}, reports: async () => [] },
      onServerTime: (atMs: number) => {
        const seen = `${Math.floor(atMs).toString(16).padStart(12, '0')}-0000-00000000` as Stamp
        clock.observe(seen)
        if (seen > (values.get('clock.last') ?? '')) values.set('clock.last', seen)
      },
    }
    const sync = createSync({
      enrolledAt: 'http://127.0.0.1:1',
      sessionDeps: sessionDeps as unknown as SyncLoopDeps['sessionDeps'],
      now,
      random,
      log: silent,
    })
    if (starting !== life || life.over) return void connection.close()
    const isAlone = (): boolean => sync.status().link !== 'live' && sync.status().link !== 'connecting'
    const { onServerTime } = sessionDeps
    const stores = { store, mirror, files: files.open, writeStates, foldNews }
    const sticks = createLaptopSticks({ ...shared, ...stores, enrolment, deviceKey, isAlone, now, onServerTime })
    running = { life, connection, store, mirror, sync, stamp: clock.tick, files: files.open, sticks }
    watch.tell(() => `${name} starts with ${outbox.lastN()} in the outbox`)
    sync.start()
  }

  const pauseOf = (life: Life): Promise<void> =>
    random() < 0.5 ? Promise.resolve() : new Promise(resolve => time.after(random() * 5, resolve, life))

  return {
    name,
    enrolment,
    confirmed,
    saved,
    isUp: () => running !== null && !running.life.over,
    start,
    crash: () => {
      if (running !== null) counts.add('agent crashed')
      die('as the power goes')
    },
    dieAfter: steps => {
      stepsLeft = steps
      if (steps === Number.POSITIVE_INFINITY) readsLeft = null
    },
    dieReading: writes => {
      readsLeft = writes
    },
    save: async (kind, count = 0) => {
      const here = running
      if (here === null || here.life.over) return
      const { mirror, files } = here
      const facts = {
        random,
        deviceId: enrolment.certificate.body.deviceId,
        stamp: here.stamp,
        nowMs: now,
        saved: [...saved, ...(deps.elsewhere?.() ?? [])],
      }
      let doc: SubmissionDoc | null
      try {
        doc = await interview(
          { ...facts, mirror, ...(files === null ? {} : { attach: (...of) => files.attach(...of, count) }) },
          kind,
        )
        if (doc === null || here.life.over) return
        await here.store.save(doc)
      } catch (error) {
        if (error instanceof LaptopDied || here.life.over) return
        // A full disk: the officer was told that it is not saved.
        watch.tell(() => `${name} could not save: ${String(error)}`)
        return
      }
      saved.push(doc)
      confirmed.set(doc.instanceId, doc.body.submission.digest)
      watch.tell(() => `${name} saved a ${kind}, ${doc.instanceId.slice(5, 9)}`)
      here.sync.tell({ type: 'queued' })
    },
    writeStick: async which => {
      const here = running
      if (here === null || here.life.over) return null
      try {
        return await here.sticks.write(which)
      } catch (error) {
        if (here.life.over || String(error).includes('the store was renewed')) return null
        throw error
      }
    },
    readStick: async stick => {
      const here = running
      if (here === null || here.life.over) return
      try {
        const told = await here.sticks.read(stick)
        if (told > 0) counts.add('stick answered')
        watch.tell(() => `${name} read a stick, ${told} told`)
      } catch (error) {
        if (here.life.over || diskFull) return
        watch.broke('a stick breaks nothing', `${name}: ${String(error)}`)
      }
      here.sync.tell({ type: 'queued' })
    },
    setProtocol: newest => {
      protocol = newest
      oldest = Math.min(oldest, newest ?? PROTOCOL_VERSION)
    },
    oldestProtocol: () => oldest,
    protocol: () => protocol ?? PROTOCOL_VERSION,
    setClock: offsetMs => {
      clockOffsetMs = offsetMs
    },
    setDiskFull: full => {
      diskFull = full
      if (running !== null && !running.life.over) setFull(running.connection, full)
    },
    setFarAway: far => {
      farAway = far
      if (far) for (const side of sides) side.drop()
    },
    image: () => {
      if (running !== null && !running.life.over) return imageOf(running.connection)
      return disk ?? imageOf(openDisk(null))
    },
    putBack: image => {
      disk = image
    },
    outboxBytes: () => {
      const sum = 'SELECT sum(size_bytes) AS bytes FROM outbox'
      return running?.connection.prepare<[], { bytes: number | null }>(sum).get()?.bytes ?? 0
    },
    mirror: () => running?.mirror ?? null,
    submissions: async () => {
      const docs = (await running?.store.collections.submissions.find().exec()) ?? []
      return docs.map(doc => doc.toJSON() as SubmissionDoc)
    },
    files: () => running?.files ?? null,
    query: <T>(sql: string) => (running?.connection.prepare(sql).all() ?? []) as readonly T[],
    run: sql => void running?.connection.exec(sql),
  }
}

const attempt = (act: () => void): boolean => {
  try {
    act()
    return false
  } catch {
    return true
  }
}

function newLife(): { over: boolean } & Life {
  const life = { over: false, isOver: () => life.over }
  return life
}
