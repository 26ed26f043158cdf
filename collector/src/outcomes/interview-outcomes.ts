/**
 * What is known of the household of one interview, for whoever reviews it: the state, each
 * outcome, and what people said of it.
 *
 * An outcome of any version of the interview counts: what was verified holds, whatever was
 * corrected since.
 */
import type { InstanceId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import { textList } from '../db/text-list.ts'
import type { ReadDb } from '../db/handles.ts'
import type { InterviewOutcomes, OutcomeWord } from '../http/api-types.ts'
import { withStates } from './list-outcomes.ts'
import { outcomesOfInterviews, type StoredRow } from './outcome-repo.ts'
import { standingOf } from './outcome-states.ts'
import { visitsOf } from './visits-repo.ts'

export interface InterviewDeps {
  readonly read: ReadDb
  readonly classesOf: (formId: string) => Promise<readonly string[] | null>
}

/** @returns `undefined` where no such interview is in force. */
export async function interviewOutcomes(
  { read, classesOf }: InterviewDeps,
  instanceId: InstanceId,
): Promise<InterviewOutcomes | undefined> {
  const [visit] = await visitsOf(read, { entityIds: [], instanceIds: [instanceId] })
  if (visit === undefined) return undefined
  // They speak of one interview, whichever version each was said of.
  const said = (await outcomesOfInterviews(read, await versionsOf(read, instanceId)))
    .map(row => ({ ...row, instanceId }))
    .toSorted((a, b) => a.seq - b.seq)
  const words = await wordsOn(read, said)
  const { state, why } = stateOf(said, visit.scored)
  return {
    state,
    why,
    classes: await classesOf(visit.formId),
    outcomes: withStates(said, said).map(one => ({ ...one, words: words.get(one.outcomeId) ?? [] })),
  }
}

function stateOf(said: readonly StoredRow[], scored: boolean): Pick<InterviewOutcomes, 'state' | 'why'> {
  if (said.length === 0) return { state: scored ? 'predicted' : 'none', why: null }
  const standing = standingOf(said, 0)
  if (standing.state === 'verified') return { state: 'verified', why: null }
  return { state: standing.state === 'withdrawn' ? 'withdrawn' : 'disputed', why: standing.why }
}

/** An interview with what it corrects, and with what corrects it. */
async function versionsOf(db: ReadDb, instanceId: InstanceId): Promise<readonly InstanceId[]> {
  const { rows } = await db.execute<{ id: InstanceId }>(sql`
    with recursive versions (id, before) as (
      select instance_id, deprecated_id from submissions where instance_id = ${instanceId}
      union
      select s.instance_id, s.deprecated_id
        from versions v join submissions s on s.instance_id = v.before or s.deprecated_id = v.id
    )
    select distinct id from versions`)
  return rows.map(({ id }) => id)
}

/** By outcome: what was said of it, and of its batch as a whole. In the order in which it was said. */
async function wordsOn(db: ReadDb, said: readonly StoredRow[]): Promise<ReadonlyMap<string, readonly OutcomeWord[]>> {
  const { rows } = await db.execute<{ outcomeId: string; word: OutcomeWord }>(sql`
    select o.outcome_id as "outcomeId", json_build_object('kind', e.kind, 'reason', e.reason, 'by', e.by,
             'atMs', e.at_ms, 'ofBatch', e.outcome_id is null) as word
      from outcomes o
      join outcome_events e on e.outcome_id = o.outcome_id or (e.outcome_id is null and e.import_id = o.import_id)
     where o.outcome_id = any(${textList(said.map(({ outcomeId }) => outcomeId))})
     order by e.at_ms, e.event_id`)
  const byOutcome = Map.groupBy(rows, ({ outcomeId }) => outcomeId)
  return new Map([...byOutcome].map(([id, own]) => [id, own.map(({ word }) => word)]))
}
