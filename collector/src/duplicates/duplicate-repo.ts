/** The SQL of this room; entities and the feed are read by name, as fold and feed stored them. */
import type { EntityId } from '@murram/ground'
import { sql, type SQL } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { DuplicateRulesSchema, type DuplicateRules } from './duplicate-rules.ts'
import type { Compared } from './normalise.ts'

export interface Candidate extends Compared {
  readonly entityId: EntityId
  readonly dataset: string
}

export interface Mark {
  readonly epoch: number
  readonly number: number
}

export async function readMark(db: ReadDb, projectId: string): Promise<Mark> {
  const { rows } = await db.execute<{ epoch: number; at: string }>(
    sql`select epoch, feed_number as at from duplicate_marks where project_id = ${projectId}`,
  )
  return { epoch: rows[0]?.epoch ?? 0, number: Number(rows[0]?.at ?? 0) }
}

export async function putMark(tx: WriteDb, projectId: string, { epoch, number }: Mark): Promise<void> {
  await tx.execute(sql`
    insert into duplicate_marks (project_id, epoch, feed_number) values (${projectId}, ${epoch}, ${number})
    on conflict (project_id) do update set epoch = excluded.epoch, feed_number = excluded.feed_number`)
}

export interface Changed {
  readonly entityId: EntityId
  readonly number: number
}

/** Entities in the order in which they last changed. */
export async function changedAfter(db: ReadDb, after: number, limit: number): Promise<readonly Changed[]> {
  const { rows } = await db.execute<{ key: EntityId; number: string }>(
    sql`select key, number from feed where kind = 'entity' and number > ${after} order by number limit ${limit}`,
  )
  return rows.map(({ key, number }) => ({ entityId: key, number: Number(number) }))
}

/** Those that stand for themselves: neither gone nor the same as another. */
export async function standing(db: ReadDb, entityIds: readonly string[]): Promise<readonly Candidate[]> {
  const { rows } = await db.execute<Candidate & Record<string, unknown>>(sql`
    select entity_id as "entityId", dataset, label, properties from entities
     where canonical_id = entity_id and entity_id = any(${sql.param(entityIds)}::text[])`)
  return rows
}

export async function putKeys(
  tx: WriteDb,
  changed: readonly string[],
  keys: readonly { readonly entityId: string; readonly key: string }[],
): Promise<void> {
  await tx.execute(sql`delete from duplicate_keys where entity_id = any(${sql.param(changed)}::text[])`)
  if (keys.length === 0) return
  await tx.execute(sql`
    insert into duplicate_keys (entity_id, key)
    select entity_id, key from unnest(
      ${sql.param(keys.map(({ entityId }) => entityId))}::text[], ${sql.param(keys.map(({ key }) => key))}::text[]) as k (entity_id, key)
    on conflict do nothing`)
}

/** A key that more than this share tells nobody apart: it is not looked at. */
const MOST_A_KEY = 20

/** Who shares a key with whom, by keys that few have. */
export async function sharing(
  db: ReadDb,
  asked: readonly { readonly entityId: string; readonly key: string }[],
): Promise<readonly { readonly entityId: EntityId; readonly other: EntityId }[]> {
  if (asked.length === 0) return []
  const { rows } = await db.execute<{ entityId: EntityId; others: EntityId[] }>(sql`
    select a.entity_id as "entityId", k.others
      from unnest(
        ${sql.param(asked.map(({ entityId }) => entityId))}::text[], ${sql.param(asked.map(({ key }) => key))}::text[]) as a (entity_id, key)
      cross join lateral (
        select array_agg(entity_id) as others from (
          select entity_id from duplicate_keys d
           where d.key = a.key and d.entity_id <> a.entity_id limit ${MOST_A_KEY + 1}) d
      ) k
     where cardinality(k.others) <= ${MOST_A_KEY}`)
  return rows.flatMap(({ entityId, others }) => others.map(other => ({ entityId, other })))
}

export interface Pair {
  readonly low: string
  readonly high: string
  readonly dataset: string
  readonly score: number
  readonly reasons: readonly string[]
}

/** `p` is a pair: whether the latest decision in force says that they are two. */
const isDismissed = sql`coalesce(
  (select not d.undone from distinctions d where d.low = p.low and d.high = p.high and d.live
    order by d.stamp desc, d.instance_id desc limit 1), p.state = 'dismissed')`

/** What is open about these entities becomes this list; what a person dismissed stays dismissed. */
export async function replaceOpen(
  tx: WriteDb,
  changed: readonly string[],
  pairs: readonly Pair[],
  nowMs: number,
): Promise<void> {
  await tx.execute(sql`
    delete from duplicate_pairs p
     where not ${isDismissed} and (low = any(${sql.param(changed)}::text[]) or high = any(${sql.param(changed)}::text[]))
       and not exists (
         select 1 from json_to_recordset(${JSON.stringify(pairs)}::json) as n (low text, high text)
          where n.low = p.low and n.high = p.high)`)
  if (pairs.length === 0) return
  await tx.execute(sql`
    insert into duplicate_pairs (low, high, dataset, score, reasons, state, found_at_ms)
    select low, high, dataset, score, reasons, 'open', ${nowMs}::bigint
      from json_to_recordset(${JSON.stringify(pairs)}::json) as n (low text, high text, dataset text, score float8, reasons json)
    on conflict (low, high) do update set score = excluded.score, reasons = excluded.reasons, dataset = excluded.dataset`)
}

/** How it stands; `undefined`: there is no such pair. */
export async function stateOfPair(
  db: ReadDb,
  { low, high }: Pick<Pair, 'low' | 'high'>,
): Promise<FoundPair['state'] | undefined> {
  const { rows } = await db.execute<{ dismissed: boolean }>(
    sql`select ${isDismissed} as dismissed from duplicate_pairs p where low = ${low} and high = ${high}`,
  )
  return rows[0] === undefined ? undefined : rows[0].dismissed ? 'dismissed' : 'open'
}

export interface FoundPair extends Pair, Record<string, unknown> {
  readonly state: 'open' | 'dismissed'
  readonly foundAtMs: number
}

export interface ListQuery {
  readonly state: 'open' | 'dismissed'
  readonly dataset?: string
  readonly limit: number
}

/** The most alike first; only pairs of which both still stand for themselves. */
export async function listPairs(
  db: ReadDb,
  { state, dataset, limit }: ListQuery,
): Promise<{ readonly pairs: readonly FoundPair[]; readonly total: number }> {
  const conditions: SQL[] = [state === 'open' ? sql`not ${isDismissed}` : isDismissed]
  if (dataset !== undefined) conditions.push(sql`p.dataset = ${dataset}`)
  const from = sql`
    from duplicate_pairs p
    join entities l on l.entity_id = p.low and l.canonical_id = p.low
    join entities h on h.entity_id = p.high and h.canonical_id = p.high
   where ${sql.join(conditions, sql` and `)}`
  const { rows } = await db.execute<FoundPair>(sql`
    select p.low, p.high, p.dataset, p.score, p.reasons, ${state} as state, p.found_at_ms::float8 as "foundAtMs" ${from}
     order by p.score desc, p.low, p.high limit ${limit}`)
  const { rows: counted } = await db.execute<{ total: number }>(sql`select count(*)::int as total ${from}`)
  return { pairs: rows, total: counted[0]?.total ?? 0 }
}

export async function readRules(db: ReadDb): Promise<ReadonlyMap<string, DuplicateRules>> {
  const { rows } = await db.execute<{ dataset: string; rules: unknown }>(
    sql`select dataset, rules from duplicate_rules`,
  )
  return new Map(rows.map(({ dataset, rules }) => [dataset, DuplicateRulesSchema.parse(rules)]))
}

/** The whole dataset is looked at anew by these. */
export async function putRules(tx: WriteDb, dataset: string, rules: DuplicateRules, nowMs: number): Promise<void> {
  await tx.execute(sql`
    insert into duplicate_rules (dataset, rules, updated_at_ms)
    values (${dataset}, ${JSON.stringify(rules)}::json, ${nowMs})
    on conflict (dataset) do update set rules = excluded.rules, updated_at_ms = excluded.updated_at_ms`)
}
