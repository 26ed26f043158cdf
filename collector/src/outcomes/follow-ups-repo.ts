/**
 * The SQL of follow-ups: what their submissions say, and what was made of them. It reads what
 * forms, feed, fold and ingest stored, by name, and writes none of it.
 */
import { stampMillis, type Stamp } from '@murram/fold'
import type { InstanceId } from '@murram/ground'
import { eq, sql } from 'drizzle-orm'
import { textList } from '../db/text-list.ts'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { OwnState } from './outcome-states.ts'
import { followUpMarks, outcomes } from './tables.ts'

export interface Mark {
  readonly epoch: number
  readonly feedNumber: number
  /** As it was written: another text is another set of questions. */
  readonly questions: string
}

export async function readMark(db: ReadDb, projectId: string): Promise<Mark | undefined> {
  const [row] = await db.select().from(followUpMarks).where(eq(followUpMarks.projectId, projectId))
  return row === undefined
    ? undefined
    : { epoch: row.epoch, feedNumber: row.feedNumber, questions: JSON.stringify(row.questions) }
}

export async function putMark(tx: WriteDb, projectId: string, { questions, ...at }: Mark): Promise<void> {
  const row = { ...at, questions: JSON.parse(questions) as unknown }
  await tx
    .insert(followUpMarks)
    .values({ projectId, ...row })
    .onConflictDoUpdate({ target: followUpMarks.projectId, set: row })
}

/** How far the feed is, in this life of the database. */
export async function feedNow(
  db: ReadDb,
  projectId: string,
): Promise<{ readonly epoch: number; readonly feedNumber: number }> {
  const { rows } = await db.execute<{ epoch: number; number: string }>(
    sql`select epoch, feed_number as number from projects where project_id = ${projectId}`,
  )
  return { epoch: rows[0]?.epoch ?? 0, feedNumber: Number(rows[0]?.number ?? 0) }
}

export async function formVersions(
  db: ReadDb,
): Promise<readonly { readonly formId: string; readonly version: string }[]> {
  const { rows } = await db.execute<{ formId: string; version: string }>(
    sql`select form_id as "formId", version from form_versions order by form_id, version`,
  )
  return rows
}

/** Entities in the order in which they last changed. */
export async function changedAfter(
  db: ReadDb,
  after: number,
  limit: number,
): Promise<readonly { readonly entityId: string; readonly number: number }[]> {
  const { rows } = await db.execute<{ key: string; number: string }>(
    sql`select key, number from feed where kind = 'entity' and number > ${after} order by number limit ${limit}`,
  )
  return rows.map(({ key, number }) => ({ entityId: key, number: Number(number) }))
}

/** Every entity that a submission of these forms is about, in order, beyond `after`. */
export async function entitiesOfForms(
  db: ReadDb,
  formIds: readonly string[],
  after: string,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await db.execute<{ id: string }>(sql`
    select distinct w.entity_id as id
    from submissions s join entity_writes w on w.instance_id = s.instance_id
    where s.form_id = any(${textList(formIds)}) and w.entity_id > ${after}
    order by id limit ${limit}`)
  return rows.map(({ id }) => id)
}

/** These, and those that corrections of their follow-ups are about: a correction may name another household. */
export async function withMovedFollowUps(db: ReadDb, entityIds: readonly string[]): Promise<readonly string[]> {
  if (entityIds.length === 0) return []
  const { rows } = await db.execute<{ id: string }>(sql`
    with recursive tips (at) as (
      select o.source_instance_id from outcomes o join entity_writes w on w.instance_id = o.source_instance_id
      where o.source = 'follow-up' and w.entity_id = any(${textList(entityIds)})
      union
      select later.instance_id from tips join submissions later on later.deprecated_id = tips.at
    )
    select distinct w.entity_id as id from tips join entity_writes w on w.instance_id = tips.at`)
  return [...new Set([...entityIds, ...rows.map(({ id }) => id)])]
}

/** A live submission about a household. */
export interface HouseholdVisit {
  readonly instanceId: InstanceId
  /** What it corrected first, or itself: it stays the same whatever is corrected again. */
  readonly root: InstanceId
  readonly household: string
  readonly formId: string
  readonly version: string
  readonly effective: Stamp
  readonly effectiveMs: number
  readonly scored: boolean
  /** The officer of its device. */
  readonly officer: string
  /** Of a follow-up: what was answered. */
  readonly answers: Readonly<Record<string, string>> | null
}

/** All live submissions of the households that these entities belong to, by household and in order. */
export async function visitsOfHouseholds(
  db: ReadDb,
  entityIds: readonly string[],
  followUpForms: readonly string[],
): Promise<readonly HouseholdVisit[]> {
  const { rows } = await db.execute<
    Omit<HouseholdVisit, 'effectiveMs'> & Record<string, unknown> & { readonly received: string }
  >(sql`
    with recursive visits as (
      select distinct on (s.seq) s.seq, s.instance_id, s.deprecated_id, e.canonical_id as household, s.form_id, s.version,
             w.effective, s.received_at_ms as received, coalesce(d.officer, s.device_id) as officer, s.body
      from entities asked
      join entities e on e.canonical_id = asked.canonical_id
      join entity_writes w on w.entity_id = e.entity_id and w.kind <> 'settlement'
      join submissions s on s.instance_id = w.instance_id and s.state = 'applied'
      left join devices d on d.device_id = s.device_id
      where asked.entity_id = any(${textList(entityIds)})
        and not exists (
          select 1 from submissions later where later.deprecated_id = s.instance_id and later.state = 'applied')
      order by s.seq, w.place
    ),
    chain (seq, id, before, depth) as (
      select seq, instance_id, deprecated_id, 0 from visits
      union all
      select chain.seq, parent.instance_id, parent.deprecated_id, chain.depth + 1
      from chain join submissions parent on parent.instance_id = chain.before and chain.depth < 1000
    ),
    roots as (select distinct on (seq) seq, id from chain order by seq, depth desc)
    select v.instance_id as "instanceId", roots.id as root, v.household, v.form_id as "formId", v.version, v.effective,
           v.received, v.officer, (v.body ->> 'assessment') is not null as scored,
           case when v.form_id = any(${textList(followUpForms)}) then v.body -> 'answers' end as answers
    from visits v join roots on roots.seq = v.seq
    order by v.household, v.effective, v.instance_id`)
  return rows.map(({ received, ...row }) => ({
    ...row,
    effectiveMs: Math.min(stampMillis(row.effective), Number(received)),
  }))
}

export interface FollowUpOutcome {
  readonly outcomeId: string
  readonly sourceInstanceId: string
  readonly formId: string
  readonly value: string
  readonly live: boolean
  readonly state: OwnState
  readonly settledAtMs: number | null
}

/** Outcomes that follow-ups about these entities ever made, in force or not. */
export async function outcomesOfFollowUps(
  db: ReadDb,
  entityIds: readonly string[],
  roots: readonly string[],
): Promise<readonly FollowUpOutcome[]> {
  const { rows } = await db.execute<
    Omit<FollowUpOutcome, 'settledAtMs'> & Record<string, unknown> & { readonly settled: string | null }
  >(sql`
    select o.outcome_id as "outcomeId", o.source_instance_id as "sourceInstanceId", o.form_id as "formId", o.value, o.live,
           o.state, o.settled_at_ms as settled
    from outcomes o
    where o.source = 'follow-up' and o.source_instance_id in (
      select unnest(${textList(roots)})
      union
      select w.instance_id from entity_writes w
      where w.entity_id = any(${textList(entityIds)}) or w.entity_id in (
        select e.entity_id from entities asked join entities e on e.canonical_id = asked.canonical_id
        where asked.entity_id = any(${textList(entityIds)})))
    order by o.seq`)
  return rows.map(({ settled, ...row }) => ({ ...row, settledAtMs: settled === null ? null : Number(settled) }))
}

export async function putLive(tx: WriteDb, outcomeIds: readonly string[], live: boolean): Promise<void> {
  if (outcomeIds.length === 0) return
  await tx
    .update(outcomes)
    .set({ live })
    .where(sql`${outcomes.outcomeId} = any(${textList(outcomeIds)})`)
}
