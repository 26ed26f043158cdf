/**
 * Interviews that may be followed up, as ingest and fold stored them. It reads their tables by
 * name and writes none of them.
 *
 * An interview goes by its first revision: a correction of it is the same interview.
 */
import type { EntityId, InstanceId } from '@murram/ground'
import { stampMillis, type Stamp } from '@murram/fold'
import { sql } from 'drizzle-orm'
import type { ReadDb } from '../db/handles.ts'
import type { Doubt, Drawable } from './choose.ts'

export interface Interview extends Drawable {
  /** Of its first revision. */
  readonly instanceId: InstanceId
  /** The household; after all aliases. */
  readonly entityId: EntityId
  readonly capturedAtMs: number
}

interface Row extends Record<string, unknown> {
  readonly root: InstanceId
  readonly entity_id: EntityId
  readonly effective: Stamp
  readonly received_at_ms: string
  readonly officer: string | null
  readonly doubt: { readonly probability?: unknown; readonly sure?: unknown; readonly override?: unknown } | null
  readonly known: boolean
}

/**
 * Live interviews of a form about a household that nobody has drawn yet, in the order in which they
 * were received.
 */
export async function undrawnInterviews(
  db: ReadDb,
  {
    formId,
    receivedFromMs,
    known,
  }: {
    readonly formId: string
    readonly receivedFromMs: number
    /** Any revisions whose outcome is here, beside what is stored. */
    readonly known: readonly InstanceId[]
  },
): Promise<readonly Interview[]> {
  const { rows } = await db.execute<Row>(sql`
    with recursive live as (
      select s.instance_id, s.deprecated_id, s.seq, s.device_id, s.received_at_ms, s.stamp, s.body -> 'assessment' as assessment
        from submissions s
       where s.form_id = ${formId} and s.state = 'applied' and s.received_at_ms >= ${receivedFromMs}
         and not exists (select 1 from submissions later where later.deprecated_id = s.instance_id and later.state = 'applied')
         and (s.deprecated_id is not null
              or not exists (select 1 from follow_up_chances c where c.instance_id = s.instance_id))
    ), chain (instance_id, revision, parent) as (
      select instance_id, instance_id, deprecated_id from live
      union
      select chain.instance_id, before.instance_id, before.deprecated_id
        from chain join submissions before on before.instance_id = chain.parent
    )
    select first.revision as root, coalesce(e.canonical_id, w.entity_id) as entity_id,
           coalesce(w.effective, live.stamp) as effective, live.received_at_ms, d.officer,
           case when json_typeof(live.assessment) = 'object' then json_build_object(
             'probability', live.assessment -> 'probability', 'sure', live.assessment -> 'sure',
             'override', live.assessment -> 'override') end as doubt,
           exists (select 1 from chain any_of where any_of.instance_id = live.instance_id
                      and (any_of.revision = any(${sql.param(known)}::text[])
                           or exists (select 1 from outcomes o where o.instance_id = any_of.revision and o.live))) as known
      from live
      join chain first on first.instance_id = live.instance_id
       and not exists (select 1 from chain further where further.instance_id = live.instance_id and further.revision = first.parent)
      join entity_writes w on w.instance_id = live.instance_id and w.place = 0 and w.kind <> 'settlement'
      left join entities e on e.entity_id = w.entity_id
      left join devices d on d.device_id = live.device_id
     where not exists (select 1 from chain any_of join follow_up_chances c on c.instance_id = any_of.revision
                        where any_of.instance_id = live.instance_id)
     order by live.seq`)
  return [...new Map(rows.map(row => [row.root, toInterview(row)])).values()]
}

const toInterview = (row: Row): Interview => ({
  instanceId: row.root,
  entityId: row.entity_id,
  capturedAtMs: Math.min(stampMillis(row.effective), Number(row.received_at_ms)),
  doubt: doubtOf(row.doubt),
  officer: row.officer,
  known: row.known,
})

/** What a device says of a score is text from outside; one without a number is no score. */
const doubtOf = (said: Row['doubt']): Doubt | null =>
  typeof said?.probability === 'number' && Number.isFinite(said.probability)
    ? {
        probability: said.probability,
        sure: said.sure === true,
        overridden: said.override !== null && said.override !== undefined,
      }
    : null
