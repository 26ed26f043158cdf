/** Where records come from: a stream of them, and what should be said of the source itself. */
import { describeFault, fault, type Fault } from '@murram/ground'
import type { NamedRecord } from '@murram/xform/workers'

export interface RecordSource {
  readonly records: AsyncIterable<NamedRecord>
  readonly notes: readonly string[]
}

/** Thrown in the middle of a stream; the command tells it as the fault it holds. */
export class UnreadableRecords extends Error {
  readonly fault: Fault
  constructor(problem: Fault) {
    super(describeFault(problem))
    this.fault = problem
  }
}

export const unreadable = (file: string, cause: unknown): UnreadableRecords =>
  new UnreadableRecords(fault('table.unreadable', `${file}: ${cause instanceof Error ? cause.message : String(cause)}`))
