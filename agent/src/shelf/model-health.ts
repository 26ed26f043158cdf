/**
 * Whether a release that is in force here still works, and which ones this device has left again.
 * Kept in the encrypted store, so that a restart, or a crash while a model is loaded, forgets nothing.
 *
 *   leaves  its test rows fail · it fails to load three times · more than one score in a hundred, and
 *           at least three, is no number
 *
 * MH1 a try is counted before it is made: a model that takes the process down with it counts too
 * MH2 what was left is not tried again; a later release is
 * MH3 what the device itself does wrong (a cut link, a full disk, an unknown key) counts for nothing
 */
import type { Fault } from '@murram/ground'
import type { Manifest } from '@murram/score'
import type { DeviceReport } from '@murram/wire'
import type { DeviceValues } from '../store/device-values.ts'

export type ReleaseReport = Extract<DeviceReport, { kind: 'release' }>

export const MOST_LOADS = 3
const FEWEST_NOT_FINITE = 3
const NOT_FINITE_SHARE = 0.01
/** Of what was left; older ones cannot come back, for their counters are too low. */
const MOST_LEFT = 50

/** MH3 */
const OF_THE_MODEL: ReadonlySet<string> = new Set([
  'bundle.malformed',
  'bundle.hash-mismatch',
  'bundle.load-failed',
  'score.thread-ended',
])

export interface ModelHealth {
  /** MH1. @returns How many tries there were before this one without success. */
  readonly beginLoad: (counter: number) => number
  readonly loaded: (counter: number) => void
  /** MH3 */
  readonly isOfTheModel: (failure: Fault) => boolean
  /** Whether a failure to load is a reason to leave it now. */
  readonly mustLeave: (counter: number, failure: Fault) => boolean
  /** Of one score. @returns Whether the model is to be left. */
  readonly scored: (counter: number, isFinite: boolean) => boolean
  readonly leave: (manifest: Pick<Manifest, 'releaseId' | 'counter'>, failure: Fault) => ReleaseReport
  readonly isLeft: (counter: number) => boolean
  /** For the collector, at each session. */
  readonly left: () => readonly ReleaseReport[]
}

const LOADING = 'model.loading'
const LEFT = 'model.left'
const FIGURES = 'model.figures'

interface Figures {
  readonly counter: number
  readonly scored: number
  readonly notFinite: number
}

export function openModelHealth(values: DeviceValues, now: () => number): ModelHealth {
  const read = <T>(name: string, otherwise: T): T => {
    const kept = values.get(name)
    return kept === null ? otherwise : (JSON.parse(kept) as T)
  }
  let tries = read<Readonly<Record<string, number>>>(LOADING, {})
  let left = read<readonly ReleaseReport[]>(LEFT, [])
  let figures = read<readonly Figures[]>(FIGURES, [])

  const keepTries = (next: Readonly<Record<string, number>>): void => {
    tries = next
    values.set(LOADING, JSON.stringify(tries))
  }

  return {
    beginLoad: counter => {
      const before = tries[counter] ?? 0
      keepTries({ ...tries, [counter]: before + 1 })
      return before
    },
    loaded: counter => {
      if (tries[counter] === undefined) return
      const { [counter]: _, ...others } = tries
      keepTries(others)
    },
    isOfTheModel: ({ fault }) => OF_THE_MODEL.has(fault) || fault === 'bundle.vectors-failed',
    mustLeave: (counter, { fault }) =>
      fault === 'bundle.vectors-failed' || (OF_THE_MODEL.has(fault) && (tries[counter] ?? 0) >= MOST_LOADS),
    scored: (counter, isFinite) => {
      const before = figures.find(one => one.counter === counter) ?? { counter, scored: 0, notFinite: 0 }
      const { scored, notFinite } = before
      const after = { counter, scored: scored + 1, notFinite: notFinite + (isFinite ? 0 : 1) }
      figures = [...figures.filter(one => one.counter !== counter), after].slice(-10)
      // A good score may be forgotten; one that is no number is not.
      if (!isFinite) values.set(FIGURES, JSON.stringify(figures))
      return after.notFinite >= FEWEST_NOT_FINITE && after.notFinite > NOT_FINITE_SHARE * after.scored
    },
    leave: ({ releaseId, counter }, failure) => {
      const known = left.find(one => one.counter === counter)
      if (known !== undefined) return known
      const report: ReleaseReport = {
        kind: 'release',
        releaseId,
        counter,
        state: 'rolled-back',
        fault: failure,
        atMs: now(),
      }
      left = [...left, report].slice(-MOST_LEFT)
      values.set(LEFT, JSON.stringify(left))
      return report
    },
    isLeft: counter => left.some(one => one.counter === counter),
    left: () => left,
  }
}
