/**
 * What ingest and fold stored of the interviews that a run may learn from. It reads their
 * tables by name and writes none of them.
 *
 * An interview that was corrected later stands for itself through its correction: what was
 * verified about the household holds, and the better answers are learnt from.
 */
import { stampMillis, type Stamp } from '@murram/fold'
import type { InstanceId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import type { ReadDb } from '../db/handles.ts'

export interface LiveInterview {
  /** As it was asked for. */
  readonly askedFor: InstanceId
  /** The same one, or the last correction of it. */
  readonly instanceId: InstanceId
  readonly version: string
  /** The canonical household, or the interview itself where it belongs to none. */
  readonly household: string
  /** XForm values by ref. */
  readonly answers: Readonly<Record<string, string>>
}

interface InterviewRow extends Record<string, unknown> {
  readonly asked_for: InstanceId
  readonly instance_id: InstanceId
  readonly version: string
  readonly household: string
  readonly answers: Readonly<Record<string, string>>
}

/** The interview that stands for each of `asked`; of rival corrections the later stamp counts, as in the fold. */
const standingFor = (asked: readonly InstanceId[]) => sql`
    with recursive chain (asked_for, instance_id) as (
      select id, id from unnest(${sql.param(asked)}::text[]) as asked (id)
      union
      select chain.asked_for, later.instance_id
      from chain join submissions later on later.deprecated_id = chain.instance_id and later.state = 'applied'
    ),
    standing as (
      select distinct on (chain.asked_for) chain.asked_for, s.seq
      from chain
      join submissions s on s.instance_id = chain.instance_id and s.state = 'applied'
      where not exists (select 1 from submissions later where later.deprecated_id = s.instance_id and later.state = 'applied')
      order by chain.asked_for, s.stamp desc
    )`

export async function liveInterviews(
  db: ReadDb,
  instanceIds: readonly InstanceId[],
): Promise<readonly LiveInterview[]> {
  if (instanceIds.length === 0) return []
  const { rows } = await db.execute<InterviewRow>(sql`
    ${standingFor(instanceIds)}
    select standing.asked_for, s.instance_id, s.version,
           coalesce(e.canonical_id, w.entity_id, s.instance_id) as household, s.body -> 'answers' as answers
    from standing
    join submissions s on s.seq = standing.seq
    left join entity_writes w on w.instance_id = s.instance_id and w.place = 0
    left join entities e on e.entity_id = w.entity_id
    order by standing.asked_for`)
  return rows.map(row => ({
    askedFor: row.asked_for,
    instanceId: row.instance_id,
    version: row.version,
    household: row.household,
    answers: row.answers,
  }))
}

export interface InterviewInForce {
  readonly askedFor: InstanceId
  readonly instanceId: InstanceId
  /** When it was held: a correction takes the place of what it corrects. */
  readonly surveyedAtMs: number
}

export async function interviewsInForce(
  db: ReadDb,
  instanceIds: readonly InstanceId[],
): Promise<readonly InterviewInForce[]> {
  if (instanceIds.length === 0) return []
  const { rows } = await db.execute<{
    readonly asked_for: InstanceId
    readonly instance_id: InstanceId
    readonly effective: Stamp
    readonly received_at_ms: string
  }>(sql`
    ${standingFor(instanceIds)}
    select standing.asked_for, s.instance_id, coalesce(w.effective, s.stamp) as effective, s.received_at_ms
    from standing
    join submissions s on s.seq = standing.seq
    left join entity_writes w on w.instance_id = s.instance_id and w.place = 0`)
  return rows.map(row => ({
    askedFor: row.asked_for,
    instanceId: row.instance_id,
    surveyedAtMs: Math.min(stampMillis(row.effective), Number(row.received_at_ms)),
  }))
}
