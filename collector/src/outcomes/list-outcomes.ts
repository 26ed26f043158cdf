/**
 * Outcomes as people look at them: each with what stands of it, and whether it is the one that
 * stands for its interview. Decided by the same rule as for a run (outcome-states.ts); a horizon
 * is the model's affair and not looked at here.
 */
import type { ReadDb } from '../db/handles.ts'
import { outcomePage, outcomesOfInterviews, type OutcomeFilter, type StoredRow } from './outcome-repo.ts'
import { standingOf, type OwnState } from './outcome-states.ts'

export interface ListedOutcome extends StoredRow {
  readonly state: OwnState
  /** Why it does not count, where another outcome or its batch is the reason. */
  readonly why: string | null
  /** What is known of its interview. */
  readonly stands: boolean
}

export interface OutcomePage extends Omit<OutcomeFilter, 'state'> {
  readonly state?: OwnState | undefined
  readonly limit: number
  readonly after: number
}

export interface ListedPage {
  readonly outcomes: readonly ListedOutcome[]
  /** The last that was looked at; null where there is nothing behind it. */
  readonly next: number | null
}

export async function listOutcomes(db: ReadDb, { state, limit, after, ...filter }: OutcomePage): Promise<ListedPage> {
  const found: ListedOutcome[] = []
  for (let from = after; ;) {
    const rows = await outcomePage(db, { ...filter, limit, after: from })
    const beside = await outcomesOfInterviews(db, [...new Set(rows.map(({ instanceId }) => instanceId))])
    for (const one of withStates(rows, beside)) {
      if (state === undefined || one.state === state) found.push(one)
      if (found.length === limit) return { outcomes: found, next: one.seq }
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < limit) return { outcomes: found, next: null }
    from = last.seq
  }
}

/** @param beside All outcomes of the interviews of these rows. */
export function withStates(rows: readonly StoredRow[], beside: readonly StoredRow[]): readonly ListedOutcome[] {
  const byInterview = Map.groupBy(beside, ({ instanceId }) => instanceId)
  return rows.map(row => {
    const others = byInterview.get(row.instanceId) ?? [row]
    const ofInterview = standingOf(others, 0)
    const stands = ofInterview.state === 'verified' && ofInterview.outcome.seq === row.seq
    if (row.state !== 'verified') return { ...row, why: row.whyNot, stands }
    // Alone with those of its own day and later ones withdrawn: is it contradicted there?
    const day = Math.floor(row.observedAtMs / 86_400_000)
    const ofDay = standingOf(
      others.filter(({ observedAtMs }) => Math.floor(observedAtMs / 86_400_000) === day),
      0,
    )
    return ofDay.state === 'disputed'
      ? { ...row, state: 'disputed' as const, why: ofDay.why, stands }
      : { ...row, why: null, stands }
  })
}
