/**
 * Keeps a device in touch: connects whenever a link appears, and once more after each cut.
 *
 *   off ─start─► connecting ─welcomed─► live ─cut─► offline ─(jitter)─► connecting
 *                     └── refused ─► blocked ─(30 s)─► connecting
 *
 * SL1 only `stop` ends it; a fault is shown, never thrown
 * SL2 the wait between tries is random and grows to 30 s; a session that was welcomed starts
 *     it from the beginning, and one that also lived a while and was cut is followed at once
 * SL3 a new submission is on its way at once, not at the next poll
 * SL4 a network that appears is tried at once, and a link over one that went is asked at once
 * SL5 copies of one data folder that replace each other take longer and longer turns
 */
import { BehaviorSubject, type Observable } from 'rxjs'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { storeFaultOf } from '@murram/rxdb-sqlite'
import type { Log } from '../diagnostics/log.ts'
import { collectorAddress } from './address.ts'
import { backoffMs } from './backoff.ts'
import { startSession, type Session, type SessionDeps, type SessionEnd, type SessionEvent } from './session.ts'

export type LinkState = 'off' | 'offline' | 'connecting' | 'live' | 'blocked'

export interface SyncStatus {
  readonly link: LinkState
  readonly fault: Fault | null
  readonly lastSyncAtMs: number | null
  readonly bytesUp: number
  readonly bytesDown: number
  readonly sessions: number
  /** For the person at the device, though the sync goes on: the agent should be updated. */
  readonly notice: Fault | null
  /** The collector's clock minus this one's, at the last handshake. */
  readonly clockAheadMs: number | null
}

export interface Sync {
  readonly status$: Observable<SyncStatus>
  readonly status: () => SyncStatus
  /** Until `stop`. Without an address: the one that the device enrolled at. */
  readonly start: (address?: string) => Result<void>
  readonly stop: () => Promise<void>
  /** Everything up and down once, over as many links as it takes. */
  readonly syncOnce: (options?: {
    readonly address?: string
    readonly deadlineMs?: number
  }) => Promise<Result<SyncStatus>>
  /** Do not wait for the next try: a link may have appeared, or a person asks. */
  readonly poke: () => void
  /** Something happened that a running session should know. */
  readonly tell: (event: SessionEvent) => void
}

export interface SyncLoopDeps {
  readonly enrolledAt: string
  readonly sessionDeps: Omit<SessionDeps, 'onLive' | 'onProgress' | 'onBytes'>
  readonly now: () => number
  readonly random: () => number
  readonly log: Log
  /** Calls back when the machine's networks changed; answers how to stop. Absent: nobody looks. */
  readonly watchNetwork?: (onChange: () => void) => () => void
}

const unwatched = () => () => {}

/** These do not pass by trying again soon: a person must act. */
const BLOCKING: ReadonlySet<string> = new Set([
  'wire.update-required',
  'sync.not-enrolled',
  'sync.bad-signature',
  'sync.device-revoked',
  'sync.epoch-behind',
  'key.demo-refused',
  'device.purged',
])
const BLOCKED_WAIT_MS = 30_000
const ONCE_MS = 120_000
/** Shorter, and the link or the collector is not well: it is given time. */
const LIVED_MS = 500

export function createSync({
  enrolledAt,
  sessionDeps,
  now,
  random,
  log,
  watchNetwork = unwatched,
}: SyncLoopDeps): Sync {
  const { elapsedMs, after } = sessionDeps.timers
  const status$ = new BehaviorSubject<SyncStatus>({
    link: 'off',
    fault: null,
    lastSyncAtMs: null,
    bytesUp: 0,
    bytesDown: 0,
    sessions: 0,
    notice: null,
    clockAheadMs: null,
  })
  let session: Session | null = null
  let running: { stopping: boolean; wake: () => void; readonly done: Promise<void> } | null = null

  const show = (change: Partial<SyncStatus>): void => status$.next({ ...status$.value, ...change })
  const deps: SessionDeps = {
    ...sessionDeps,
    onLive: ({ notice, clockAheadMs }) =>
      show({ link: 'live', fault: null, sessions: status$.value.sessions + 1, notice, clockAheadMs }),
    onProgress: () => show({ lastSyncAtMs: now() }),
    onBytes: (up, down) => show({ bytesUp: status$.value.bytesUp + up, bytesDown: status$.value.bytesDown + down }),
  }

  const runSession = async (url: URL, untilIdle: boolean) => {
    show({ link: 'connecting' })
    session = startSession(deps, url, untilIdle)
    const ended = await session.ended.catch((error: unknown): SessionEnd => {
      const trouble = storeFaultOf(error)
      if (trouble !== null) return { welcomed: false, fault: fault(trouble.fault, trouble.detail), renewed: false }
      // A bug, told and survived: the next session begins from what the store holds.
      log.error({ error: error instanceof Error ? (error.stack ?? error.message) : 'unknown' }, 'a session broke')
      return { welcomed: false, fault: fault('wire.unexpected', 'the session broke'), renewed: false }
    })
    session = null
    const blocked = ended.fault !== null && BLOCKING.has(ended.fault.fault)
    show({ link: blocked ? 'blocked' : 'offline', fault: ended.fault })
    if (ended.fault !== null) log.info({ fault: ended.fault.fault, detail: ended.fault.detail }, 'a session ended')
    return { ...ended, blocked }
  }

  /** Runs sessions until `isOver`; sleeps between them in a way that can be cut short. */
  const keepTrying = async (
    url: URL,
    untilIdle: boolean,
    isOver: (lastWasClean: boolean) => boolean,
    sleep: (ms: number) => Promise<void>,
  ): Promise<void> => {
    for (let failures = 0; ;) {
      const startedAtMs = elapsedMs()
      const ended = await runSession(url, untilIdle)
      if (isOver(ended.welcomed && ended.fault === null && !ended.renewed)) return
      if (ended.renewed) continue
      const isCut = ended.fault?.fault === 'sync.unreachable' && elapsedMs() - startedAtMs > LIVED_MS
      // SL5
      const isReplaced = ended.fault?.fault === 'sync.replaced'
      failures = ended.welcomed && !isReplaced ? (isCut ? 0 : 1) : failures + 1 // SL2
      await sleep(ended.blocked ? BLOCKED_WAIT_MS : backoffMs(failures, random))
      if (isOver(false)) return
    }
  }

  return {
    status$: status$.asObservable(),
    status: () => status$.value,
    tell: event => session?.put(event),
    poke: () => {
      running?.wake()
      session?.put({ type: 'poll' })
    },
    start: (address = enrolledAt) => {
      const url = collectorAddress(address, 'ws')
      if (!url.ok) return url
      if (running !== null) return ok(undefined)
      const run = { stopping: false, wake: () => {}, done: Promise.resolve() }
      const sleep = (ms: number): Promise<void> =>
        new Promise(resolve => {
          const cancel = after(ms, resolve)
          run.wake = () => {
            cancel()
            resolve()
          }
        })
      // SL4
      const stopWatching = watchNetwork(() => {
        run.wake()
        session?.put({ type: 'probe' })
      })
      run.done = keepTrying(url.value, false, () => run.stopping, sleep).finally(stopWatching)
      running = run
      return ok(undefined)
    },
    stop: async () => {
      if (running === null) return
      running.stopping = true
      running.wake()
      session?.put({ type: 'stop' })
      await running.done
      running = null
      sessionDeps.downloads.giveUp()
      show({ link: 'off' })
    },
    syncOnce: async ({ address = enrolledAt, deadlineMs = ONCE_MS } = {}) => {
      const url = collectorAddress(address, 'ws')
      if (!url.ok) return url
      if (running !== null) return err(fault('store.in-use', 'this agent is already in touch with its collector'))
      const endsAt = elapsedMs() + deadlineMs
      const cancel = after(deadlineMs, () => session?.put({ type: 'stop' }))
      let clean = false
      const isOver = (lastWasClean: boolean): boolean => {
        clean = lastWasClean && elapsedMs() < endsAt
        const { link, fault: why } = status$.value
        // A session that broke would break again: say so instead of trying for two minutes.
        const isHopeless = link === 'blocked' || why?.fault === 'wire.unexpected' || why?.fault === 'store.disk-full'
        return lastWasClean || elapsedMs() >= endsAt || isHopeless
      }
      try {
        await keepTrying(url.value, true, isOver, ms => new Promise(resolve => void after(ms, resolve)))
      } finally {
        cancel()
        sessionDeps.downloads.giveUp()
      }
      const { fault: why } = status$.value
      show({ link: 'off' })
      return clean ? ok(status$.value) : err(why ?? fault('sync.unreachable', `not done after ${deadlineMs} ms`))
    },
  }
}
