/**
 * One collector process of several on one database: the real gate session on virtual links. It
 * may die before and after whatever it asks of the database and before and after whatever it
 * sends; then its links are gone, and what it had not committed.
 */
import {
  createGateSession,
  createUploadSession,
  UPLOAD_LIMITS,
  type GateNeeds,
  type GateSession,
} from '@murram/collector/weather'
import type { EnrolmentFile } from '@murram/agent/weather'
import { fault, type DeviceId, type ProjectId, type Sha256 } from '@murram/ground'
import type { Offer, Piece } from '@murram/wire'
import type { CollectorBase } from './collector-base.ts'
import type { FakeFiles } from './fake-files.ts'
import type { FaultCounts } from './fault-counts.ts'
import type { FileLedger } from './file-ledger.ts'
import type { Inspector } from './inspector.ts'
import { giveBack, takeStick, type CollectorStickDeps, type StickKeys } from './collector-stick.ts'
import { createSnapshotNeeds, type SnapshotView } from './collector-snapshots.ts'
import type { Stick } from './stick.ts'
import type { LinkEnd, Side } from './virtual-network.ts'
import type { Life, VirtualTime } from './virtual-time.ts'
import type { Watch } from './watch.ts'

const PROVE_WITHIN_MS = 15_000
const SILENT_FOR_MS = 120_000
const HINT_EVERY_MS = 50
/** Hints may be lost: the poll is the truth. */
const HINT_LOST = 0.3

export interface CollectorProcess {
  readonly accept: (side: Side) => LinkEnd
  readonly isUp: () => boolean
  readonly start: () => void
  readonly stop: () => void
  /** Dies at the `steps`-th of the places where it may. */
  readonly dieAfter: (steps: number) => void
  readonly setDiskFull: (full: boolean) => void
  /** Of the sessions that begin from now on. */
  readonly setVersions: (versions: GateNeeds['versions'] | null) => void
  readonly isOld: () => boolean
  /** @returns The answer for its device; `null`: it was not taken. */
  readonly takeStick: (stick: Stick) => Promise<Stick | null>
  /** A file for a laptop that is not there: what became of its work by now. */
  readonly giveBack: (enrolment: EnrolmentFile, isFull: boolean) => Promise<Stick | null>
  readonly drop: (deviceId: DeviceId, why?: 'sync.device-revoked' | 'sync.view-changed') => void
}

export interface CollectorProcessDeps {
  readonly name: string
  readonly time: VirtualTime
  readonly random: () => number
  readonly counts: FaultCounts
  readonly watch: Watch
  readonly inspector: Inspector
  readonly ledger: FileLedger
  readonly base: CollectorBase
  readonly projectId: ProjectId
  readonly collectorId: string
  /** Absent: nobody brings a stick. */
  readonly keys?: StickKeys
  /** Whether first syncs are by snapshots. */
  readonly snapshots: boolean
  readonly now: () => number
  readonly onDeath: () => void
}

class ProcessDied extends Error {}

export function createCollectorProcess(deps: CollectorProcessDeps): CollectorProcess {
  const { name, time, random, counts, watch, inspector, ledger, base, projectId, collectorId, now, onDeath } = deps
  let life: { over: boolean } & Life = newLife(true)
  let stepsLeft: number | null = null
  let diskFull = false
  let versions: GateNeeds['versions'] | null = null
  let sessions = new Map<Side, GateSession>()
  let stopHints = (): void => {}

  const die = (why: string): void => {
    if (life.over) return
    watch.tell(() => `${name} dies ${why}`)
    life.over = true
    stepsLeft = null
    stopHints()
    for (const side of sessions.keys()) side.drop()
    sessions = new Map()
    onDeath()
  }

  /** A place at which this life of the process may end. */
  const at = (mine: Life, place: string): void => {
    if (mine.isOver()) throw new ProcessDied(place)
    if (stepsLeft === null) return
    stepsLeft -= 1
    if (stepsLeft > 0) return
    counts.add('collector crashed')
    die(`at ${place}`)
    throw new ProcessDied(place)
  }
  const pause = (mine: Life): Promise<void> =>
    new Promise((resolve, reject) =>
      time.after(random() * 8, () => (mine.isOver() ? reject(new ProcessDied('waiting')) : resolve())),
    )

  const needsOf = (mine: Life): GateNeeds => {
    const ask = async <T>(place: string, work: () => Promise<T>): Promise<T> => {
      at(mine, `${place}, before`)
      await pause(mine)
      const done = await work()
      at(mine, `${place}, after`)
      return done
    }
    const needs = {
      projectId,
      collectorId,
      now,
      epoch: base.epoch(),
      crashPoint: (place: string) => at(mine, place),
      admit: (hello: Parameters<GateNeeds['admit']>[0]) => ask('admit', () => base.admit(hello)),
      welcome: base.meet,
      marks: (storeId: Parameters<GateNeeds['marks']>[0]) => ask('marks', () => base.marks(storeId)),
      feedNumber: () => ask('feed number', base.feedNumber),
      // No laptop here installs anything.
      trust: async () => ({ roots: [], freshness: null }),
      page: (
        of: Parameters<GateNeeds['page']>[0],
        from: Parameters<GateNeeds['page']>[1],
        ...rest: [number, number?]
      ) =>
        ask('page', async () => {
          inspector.onPage(of.deviceId)
          return base.page(of, from, ...rest)
        }),
      ingest: async (batch: Parameters<GateNeeds['ingest']>[0]) => {
        const done = await base.ingest(batch, async place => {
          at(mine, place)
          if (diskFull && place !== 'committed') {
            counts.add('collector disk full')
            throw Object.assign(new Error('could not extend file: no space left on device'), { code: '53100' })
          }
          if (place !== 'committed') await pause(mine)
        })
        at(mine, 'before the ack')
        inspector.onAck(batch.storeId, done)
        return done
      },
      storeVoid: (of: Parameters<GateNeeds['storeVoid']>[0]) => ask('void', () => base.storeVoid(of)),
      uploads: (deviceId: DeviceId) => {
        const { answer } = createUploadSession(
          {
            store: stepping(base.files, ask),
            now,
            limits: UPLOAD_LIMITS,
            awaits: {},
            onStored: (_, { sha256 }) => ask('a file marked', () => base.files.onStored(sha256)),
            onSpoilt: (_, sha256) => ledger.spoilt(sha256),
          },
          deviceId,
        )
        const offered = new Map<number, Sha256>()
        return {
          answer: async (message: Offer | Piece) => {
            if (message.type === 'offer') offered.set(message.offer, message.sha256)
            if (diskFull) throw Object.assign(new Error('no space left on device'), { code: '53100' })
            const have = await answer(message)
            const sha256 = offered.get(message.offer)
            if (have.ok && sha256 !== undefined) inspector.onHave(deviceId, sha256, have.value)
            return have
          },
        }
      },
      blob: async () => undefined,
      ...(deps.snapshots ? createSnapshotNeeds({ base, inspector, ask, refresh: view => refresh(mine, view) }) : {}),
      report: async () => {},
      ...(versions === null ? {} : { versions }),
    }
    return needs as unknown as GateNeeds
  }

  const atStick = async (act: (sticks: CollectorStickDeps) => Promise<Stick | null>): Promise<Stick | null> => {
    const mine = life
    const { keys } = deps
    if (mine.isOver() || keys === undefined) return null
    try {
      return await act({ keys, needs: needsOf(mine), base, at: place => at(mine, place) })
    } catch (error) {
      // It is tried again, or not.
      const isFull = (error as { readonly code?: string }).code === '53100'
      if (!(error instanceof ProcessDied) && !isFull) watch.broke('a stick breaks nothing', `${name}: ${String(error)}`)
      return null
    }
  }

  /** As it goes on beside the sessions; whoever dies leaves it. */
  const refresh = (mine: Life, view: SnapshotView): void => {
    const step = async (place: string): Promise<void> => {
      at(mine, `${place}, before`)
      await new Promise<void>((resolve, reject) =>
        time.after(random() * 400, () => (mine.isOver() ? reject(new ProcessDied(place)) : resolve())),
      )
      at(mine, `${place}, after`)
    }
    base.snapshots.refresh(view, step).catch((error: unknown) => {
      if (!(error instanceof ProcessDied)) throw error
    })
  }
  /** Some seconds after the feed has grown. */
  const lookSoon = (mine: Life): (() => void) => {
    let isSoon = false
    return base.onRing(() => {
      if (isSoon) return
      isSoon = true
      const look = (): void => {
        isSoon = false
        for (const view of base.snapshots.views()) refresh(mine, view)
      }
      time.after(500 + random() * 8_000, look, mine)
    })
  }

  return {
    isUp: () => !life.over,
    start: () => {
      if (!life.over) return
      life = newLife(false)
      const mine = life
      watch.tell(() => `${name} starts, epoch ${base.epoch()}`)
      let waiting = false
      const stopLooking = deps.snapshots ? lookSoon(mine) : () => {}
      const stopRinging = base.onRing(() => {
        if (waiting) return
        waiting = true
        time.after(
          HINT_EVERY_MS,
          () => {
            waiting = false
            if (random() < HINT_LOST) return
            base
              .feedNumber()
              .then(feedNumber => sessions.forEach(session => session.hint(feedNumber)))
              .catch(() => {})
          },
          mine,
        )
      })
      stopHints = () => {
        stopLooking()
        stopRinging()
      }
    },
    stop: () => die('by order'),
    dieAfter: steps => {
      stepsLeft = steps
    },
    setDiskFull: full => {
      diskFull = full
    },
    setVersions: next => {
      versions = next
    },
    isOld: () => versions !== null,
    takeStick: stick =>
      atStick(async sticks => {
        const answer = await takeStick(sticks, stick)
        counts.add('stick brought')
        watch.tell(() => `${name} took a stick`)
        return answer
      }),
    giveBack: (enrolment, isFull) =>
      atStick(async sticks => {
        const answer = await giveBack(sticks, enrolment, isFull)
        counts.add('stick given back')
        watch.tell(() => `${name} writes a file for ${enrolment.certificate.body.deviceId.slice(0, 4)}`)
        return answer
      }),
    drop: (deviceId, why = 'sync.device-revoked') => {
      for (const session of sessions.values())
        if (session.deviceId() === deviceId) session.refuse(fault(why, deviceId)).catch(() => {})
    },
    accept: side => {
      const mine = life
      let heardAtMs = time.nowMs()
      const end = (): void => {
        sessions.delete(side)
        side.drop()
      }
      const session = createGateSession(
        needsOf(mine),
        {
          send: async frame => {
            at(mine, 'send, before')
            side.send(frame)
            at(mine, 'send, after')
          },
          close: () => {
            sessions.delete(side)
            side.close()
          },
          pause: () => {},
          resume: () => {},
        },
        {
          opened: deviceId => {
            watch.tell(() => `${name} welcomes ${deviceId.slice(0, 4)}`)
            // As the gate does: a device has one session, and copies of a store take turns.
            for (const other of sessions.values())
              if (other !== session && other.deviceId() === deviceId)
                other.refuse(fault('sync.replaced', deviceId)).catch(() => {})
          },
          refused: reason => watch.tell(() => `${name} refuses: ${reason.fault} ${reason.detail ?? ''}`),
          failed: cause => watch.tell(() => `${name}: ${String(cause)}`),
        },
      )
      sessions.set(side, session)
      time.after(
        PROVE_WITHIN_MS,
        () => {
          if (session.deviceId() === undefined) end()
        },
        mine,
      )
      const lookForSilence = (): void => {
        if (!sessions.has(side)) return
        const silentMs = time.nowMs() - heardAtMs
        if (silentMs >= SILENT_FOR_MS) end()
        else time.after(SILENT_FOR_MS - silentMs, lookForSilence, mine)
      }
      lookForSilence()
      return {
        life: mine,
        hear: frame => {
          heardAtMs = time.nowMs()
          if (sessions.has(side)) session.hear(frame)
        },
        closed: () => void sessions.delete(side),
      }
    },
  }
}

/** The process may die before and after each of what it writes. */
const stepping = (files: FakeFiles, ask: <T>(place: string, work: () => Promise<T>) => Promise<T>): FakeFiles => ({
  ...files,
  begin: (...of) => ask('an upload begun', () => files.begin(...of)),
  append: (...of) => ask('a piece stored', () => files.append(...of)),
  finish: (...of) => ask('a file put together', () => files.finish(...of)),
})

function newLife(over: boolean): { over: boolean } & Life {
  const life = { over, isOver: () => life.over }
  return life
}
