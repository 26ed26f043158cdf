/**
 * Which interviews an outcome may be about. It reads what ingest and fold stored, by name,
 * and writes none of it.
 *
 * Of a household, the live ones: folded, and not replaced by a correction. A household that
 * was declared the same as another brings the other's interviews with it. By its own id, any
 * that was folded: what was verified holds, whatever was corrected since.
 */
import type { EntityId, InstanceId } from '@murram/ground'
import { stampMillis, type Stamp } from '@murram/fold'
import { sql, type SQL } from 'drizzle-orm'
import type { ReadDb } from '../db/handles.ts'
import type { Visit } from './import-outcomes.ts'

interface VisitRow extends Record<string, unknown> {
  readonly instance_id: InstanceId
  readonly form_id: string
  readonly entity_id: EntityId | null
  /** Place in order: of a correction, that of what it replaced. */
  readonly effective: Stamp
  readonly received_at_ms: string
  readonly scored: boolean
}

const isLive = sql`s.state = 'applied'
  and not exists (select 1 from submissions later where later.deprecated_id = s.instance_id and later.state = 'applied')`

/** @param about No more ids than PostgreSQL takes in one array: some hundred thousand. */
export async function visitsOf(
  db: ReadDb,
  about: { readonly entityIds: readonly EntityId[]; readonly instanceIds: readonly InstanceId[] },
): Promise<readonly Visit[]> {
  const ask = async (query: SQL): Promise<readonly Visit[]> => (await db.execute<VisitRow>(query)).rows.map(toVisit)
  const ofHouseholds = await ask(sql`
    select s.instance_id, s.form_id, asked.entity_id, w.effective, s.received_at_ms, (s.body ->> 'assessment') is not null as scored
    from entities asked
    join entities e on e.canonical_id = asked.canonical_id
    join entity_writes w on w.entity_id = e.entity_id and w.kind <> 'settlement'
    join submissions s on s.instance_id = w.instance_id
    where asked.entity_id = any(${sql.param(about.entityIds)}::text[]) and ${isLive}`)
  const named = await ask(sql`
    select s.instance_id, s.form_id, null as entity_id, coalesce(w.effective, s.stamp) as effective, s.received_at_ms,
           (s.body ->> 'assessment') is not null as scored
    from submissions s
    left join entity_writes w on w.instance_id = s.instance_id and w.place = 0
    where s.instance_id = any(${sql.param(about.instanceIds)}::text[]) and s.state = 'applied'`)
  return [...ofHouseholds, ...named]
}

const toVisit = (row: VisitRow): Visit => ({
  instanceId: row.instance_id,
  formId: row.form_id,
  entityId: row.entity_id,
  capturedAtMs: Math.min(stampMillis(row.effective), Number(row.received_at_ms)),
  scored: row.scored,
})
