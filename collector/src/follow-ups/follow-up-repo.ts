/** The SQL of chances and follow-ups. */
import type { DeviceId, InstanceId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { Chance, Selection } from './choose.ts'
import { followUpChances, followUps } from './tables.ts'

export type FollowUpRow = typeof followUps.$inferSelect
export type NewFollowUp = typeof followUps.$inferInsert

/** PostgreSQL takes 65,535 parameters in one statement. */
const BATCH = 3_000

export interface Selected {
  readonly selection: Selection
  readonly probability: number
}

/**
 * Of these interviews those that were chosen, and how likely they were to be; a correction stands
 * for what it corrects. Who is not in it was not chosen, or never looked at.
 */
export async function selectionOf(
  db: ReadDb,
  instanceIds: readonly InstanceId[],
): Promise<ReadonlyMap<InstanceId, Selected>> {
  if (instanceIds.length === 0) return new Map()
  const { rows } = await db.execute<Selected & { instance_id: InstanceId } & Record<string, unknown>>(sql`
    with recursive chain (instance_id, revision) as (
      select asked.id, asked.id from unnest(${sql.param(instanceIds)}::text[]) as asked (id)
      union
      select chain.instance_id, s.deprecated_id from chain
        join submissions s on s.instance_id = chain.revision and s.deprecated_id is not null
    )
    select distinct on (chain.instance_id) chain.instance_id, c.selection, c.probability
      from chain join follow_up_chances c on c.instance_id = chain.revision and c.selection is not null
     order by chain.instance_id, c.drawn_at_ms, c.instance_id`)
  return new Map(rows.map(({ instance_id, selection, probability }) => [instance_id, { selection, probability }]))
}

/** By officer, what was to be expected of visits that were drawn since then. */
export async function spentSince(
  db: ReadDb,
  modelName: string,
  sinceMs: number,
): Promise<ReadonlyMap<string | null, number>> {
  const { rows } = await db.execute<{ officer: string | null; spent: number }>(sql`
    select officer, sum(probability)::float8 as spent from follow_up_chances
     where model_name = ${modelName} and drawn_at_ms > ${sinceMs} and not known_before group by officer`)
  return new Map(rows.map(({ officer, spent }) => [officer, spent]))
}

export type DrawnChance = Chance & {
  readonly modelName: string
  readonly officer: string | null
  readonly knownBefore: boolean
  readonly drawnAtMs: number
}

/** Whatever is there already stays: a chance is drawn once. */
export async function addDrawn(
  tx: WriteDb,
  chances: readonly DrawnChance[],
  chosen: readonly NewFollowUp[],
): Promise<void> {
  for (let at = 0; at < chances.length; at += BATCH)
    await tx
      .insert(followUpChances)
      .values(chances.slice(at, at + BATCH))
      .onConflictDoNothing()
  for (let at = 0; at < chosen.length; at += BATCH)
    await tx
      .insert(followUps)
      .values(chosen.slice(at, at + BATCH))
      .onConflictDoNothing()
}

export interface FollowUpQuery {
  readonly modelName?: string | undefined
  readonly state?: FollowUpRow['state'] | undefined
  readonly selection?: Selection | undefined
  readonly officer?: string | undefined
  readonly entityId?: string | undefined
  readonly limit: number
  /** The id of the last one seen. */
  readonly after?: string | undefined
}

export interface ListedFollowUp extends FollowUpRow {
  readonly label: string
}

const COLUMNS = sql`
  f.follow_up_id as "followUpId", f.instance_id as "instanceId", f.entity_id as "entityId", f.model_name as "modelName",
  f.form_id as "formId", f.selection, f.probability, f.officer, f.planned_at_ms as "plannedAtMs", f.due_from_ms as "dueFromMs",
  f.due_to_ms as "dueToMs", f.state, f.sent_at_ms as "sentAtMs", f.ended_at_ms as "endedAtMs", f.done_by as "doneBy", f.reason`

/** PostgreSQL's big numbers come as text. */
type Raw = Record<string, unknown> & {
  readonly [K in keyof ListedFollowUp]: K extends `${string}AtMs` | `due${string}` ? string | null : ListedFollowUp[K]
}

const toFollowUp = ({ devices: _devices, ...row }: Raw): ListedFollowUp => ({
  ...row,
  plannedAtMs: Number(row.plannedAtMs),
  dueFromMs: orNull(row.dueFromMs),
  dueToMs: orNull(row.dueToMs),
  sentAtMs: orNull(row.sentAtMs),
  endedAtMs: orNull(row.endedAtMs),
})
const orNull = (said: string | null): number | null => (said === null ? null : Number(said))

/** The one planned last first. */
export async function listFollowUps(db: ReadDb, query: FollowUpQuery): Promise<readonly ListedFollowUp[]> {
  const { modelName, state, selection, officer, entityId, limit, after } = query
  const is = (column: string, value: string | undefined) =>
    value === undefined ? sql`true` : sql`${sql.raw(`f.${column}`)} = ${value}`
  const { rows } = await db.execute<Raw>(sql`
    select ${COLUMNS}, coalesce(e.label, '') as label from follow_ups f
      left join entities e on e.entity_id = f.entity_id
     where ${is('model_name', modelName)} and ${is('state', state)} and ${is('selection', selection)}
       and ${is('officer', officer)} and ${is('entity_id', entityId)}
       and ${after === undefined ? sql`true` : sql`(f.planned_at_ms, f.follow_up_id) < (select a.planned_at_ms, a.follow_up_id from follow_ups a where a.follow_up_id = ${after})`}
     order by f.planned_at_ms desc, f.follow_up_id desc limit ${limit}`)
  return rows.map(toFollowUp)
}

export async function findFollowUps(
  db: ReadDb,
  followUpIds: readonly string[],
): Promise<readonly (ListedFollowUp & { readonly devices: readonly DeviceId[] })[]> {
  const { rows } = await db.execute<Raw & { devices: readonly DeviceId[] | null }>(sql`
    select ${COLUMNS}, coalesce(e.label, '') as label, coalesce(e.canonical_id, f.entity_id) as "entityId",
           (select array_agg(d.device_id order by d.device_id) from devices d
             where d.officer = f.officer and d.state = 'active') as devices
      from follow_ups f left join entities e on e.entity_id = f.entity_id
     where f.follow_up_id = any(${sql.param(followUpIds)}::text[]) order by f.follow_up_id`)
  return rows.map(row => ({ ...toFollowUp(row), devices: row.devices ?? [] }))
}

/** @returns Those whose state changed. */
export async function endFollowUps(
  tx: WriteDb,
  which: { readonly ids: readonly string[] } | { readonly dueBeforeMs: number; readonly modelName: string },
  end: { readonly state: 'cancelled' | 'expired'; readonly atMs: number; readonly reason: string | null },
): Promise<readonly string[]> {
  const condition =
    'ids' in which
      ? sql`follow_up_id = any(${sql.param(which.ids)}::text[])`
      : sql`model_name = ${which.modelName} and due_to_ms < ${which.dueBeforeMs}`
  const { rows } = await tx.execute<{ id: string }>(sql`
    update follow_ups set state = ${end.state}, ended_at_ms = ${end.atMs}, reason = ${end.reason}
     where state in ('proposed', 'sent') and ${condition} returning follow_up_id as id`)
  return rows.map(({ id }) => id)
}

/**
 * Done are those whose interview, in any revision, has an outcome; and those whose household was visited
 * with the follow-up's form since an officer was told. @returns Those whose state changed.
 */
export async function settleFollowUps(tx: WriteDb, nowMs: number): Promise<readonly string[]> {
  const { rows: withOutcome } = await tx.execute<{ id: string }>(sql`
    with recursive chain (follow_up_id, revision) as (
      select follow_up_id, instance_id from follow_ups where state in ('proposed', 'sent') or done_by = 'visit'
      union
      select chain.follow_up_id, later.instance_id
        from chain join submissions later on later.deprecated_id = chain.revision
    )
    update follow_ups f set state = 'done', done_by = 'outcome', ended_at_ms = coalesce(f.ended_at_ms, ${nowMs})
     where f.follow_up_id in (select c.follow_up_id from chain c join outcomes o on o.instance_id = c.revision and o.live)
    returning f.follow_up_id as id`)
  const { rows: visited } = await tx.execute<{ id: string }>(sql`
    update follow_ups f set state = 'done', done_by = 'visit', ended_at_ms = ${nowMs}
     where f.state = 'sent' and exists (
       select 1 from entities asked join entities e on e.canonical_id = asked.canonical_id
         join entity_writes w on w.entity_id = e.entity_id and w.kind <> 'settlement'
         join submissions s on s.instance_id = w.instance_id and s.state = 'applied'
        where asked.entity_id = f.entity_id and s.form_id = f.form_id and s.deprecated_id is null
          and s.received_at_ms >= f.sent_at_ms and s.instance_id <> f.instance_id)
    returning f.follow_up_id as id`)
  return [...withOutcome, ...visited].map(({ id }) => id)
}

export interface Sendable {
  readonly followUpId: string
  readonly officer: string
  readonly selection: Selection
}

/** Proposed ones whose time has come and whose officer has a laptop: audits first, then by their window. */
export async function sendable(db: ReadDb, modelName: string, dueFromUptoMs: number): Promise<readonly Sendable[]> {
  const { rows } = await db.execute<Sendable & Record<string, unknown>>(sql`
    select f.follow_up_id as "followUpId", f.officer, f.selection from follow_ups f
     where f.model_name = ${modelName} and f.state = 'proposed' and coalesce(f.due_from_ms, 0) <= ${dueFromUptoMs}
       and exists (select 1 from devices d where d.officer = f.officer and d.state = 'active')
     order by f.selection, f.due_from_ms nulls first, f.planned_at_ms, f.follow_up_id`)
  return rows
}

/** By officer, how many were sent since then. */
export async function sentSince(db: ReadDb, modelName: string, sinceMs: number): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.execute<{ officer: string; sent: number }>(sql`
    select officer, count(*)::int as sent from follow_ups
     where model_name = ${modelName} and sent_at_ms > ${sinceMs} and officer is not null group by officer`)
  return new Map(rows.map(({ officer, sent }) => [officer, sent]))
}

export async function markSent(tx: WriteDb, followUpIds: readonly string[], nowMs: number): Promise<void> {
  await tx.execute(sql`update follow_ups set state = 'sent', sent_at_ms = ${nowMs}
    where state = 'proposed' and follow_up_id = any(${sql.param(followUpIds)}::text[])`)
}

/** Whether an officer may be on the way with one of these forms. */
export async function hasSent(db: ReadDb, formIds: readonly string[]): Promise<boolean> {
  const { rows } = await db.execute(sql`select 1 from follow_ups
    where state = 'sent' and form_id = any(${sql.param([...new Set(formIds)])}::text[]) limit 1`)
  return rows.length > 0
}
