/** What one submission says of entities, aliases and other submissions: read, and not yet written. */
import type { EntityWrite, Submission } from '@murram/fold'
import type { AliasPart, DistinctPart, ReviewPart } from './built-in-forms.ts'

export interface Said {
  readonly submission: Submission
  readonly writes: readonly EntityWrite[]
  readonly alias: AliasPart | null
  readonly distinct: DistinctPart | null
  readonly review: ReviewPart | null
  /** Answers to nodes that its published version does not have. */
  readonly unknown: readonly string[]
}
