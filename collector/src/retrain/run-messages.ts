/**
 * What the server and a run's process say to each other. Everything is plain data that
 * can be copied from one to the other.
 *
 *   server            run's process
 *   order         →
 *   visits …      →
 *   freeze        →   freezes the rows
 *                 ←   frozen       the server stores the snapshot
 *   train         →   (with the bytes, where an earlier attempt had stored them)
 *                 ←   progress …
 *                 ←   look         the server notes what it stakes, before it hears what was seen
 *                 ←   done, or failed
 *
 * A process that ends without a word has crashed: the queue tries the run again.
 */
import type { Fault } from '@murram/ground'
import type { Model } from '@murram/learn'
import type { Candidate } from '../registry/candidate.ts'
import type { GateReport } from '../registry/gate-report.ts'
import type { Recipe } from '../registry/recipe.ts'
import type { HoldoutLook, LedgerState } from './holdout-look.ts'
import type { TrainingRecord } from './run-record.ts'
import type { LeftOutVisit, SnapshotOrder, VerifiedVisit } from './snapshot.ts'
import type { Handicap } from './train-on-snapshot.ts'

export interface RunOrder {
  readonly runId: string
  readonly recipe: Recipe
  readonly card: string
  readonly snapshot: SnapshotOrder
  readonly champion: Model
  /** Whether the champion is a prior that was set by hand. */
  readonly isFromPrior: boolean
  /** What earlier looks at the holdout have cost. */
  readonly looks: LedgerState
  readonly holdoutSalt: string
  readonly handicap: Handicap | null
}

export type ToRun =
  | { readonly type: 'order'; readonly order: RunOrder }
  | { readonly type: 'visits'; readonly visits: readonly (VerifiedVisit | LeftOutVisit)[] }
  | { readonly type: 'freeze' }
  | { readonly type: 'train'; readonly snapshot: Uint8Array | null }

export interface FrozenRows {
  readonly type: 'frozen'
  readonly bytes: Uint8Array
  readonly rows: number
  readonly positives: number
  readonly leftOut: Readonly<Record<string, number>>
}

export interface RunDone {
  readonly type: 'done'
  readonly candidate: Candidate
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly report: GateReport
  /** The class of each interview that it learnt from or was judged on. */
  readonly rows: ReadonlyMap<string, string>
  readonly training: TrainingRecord
}

export type FromRun =
  | FrozenRows
  | { readonly type: 'progress'; readonly share: number; readonly step: string }
  | { readonly type: 'look'; readonly look: HoldoutLook }
  | RunDone
  | { readonly type: 'failed'; readonly fault: Fault }
