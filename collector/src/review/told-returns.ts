/**
 * What an officer is told of their submissions that were sent back: a row of the feed while one is
 * returned and nobody has corrected it, a tombstone afterwards.
 *
 * TR1 every laptop of the officer is told, also one that is enrolled or comes back later
 * TR2 a laptop that left or is stolen is told no more of it than it was
 */
import type { DeviceId, EntityId, FormId, InstanceId } from '@murram/ground'
import { stampMillis, type Stamp } from '@murram/fold'
import type { ReturnBody } from '@murram/wire'
import { sql } from 'drizzle-orm'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import { isThere } from '../db/is-there.ts'
import type { Feed, FeedEntry } from '../feed/feed.ts'
import { isBuiltIn } from '../fold/built-in-forms.ts'
import { verdictOn } from './review-repo.ts'

interface Row extends Record<string, unknown> {
  readonly instanceId: InstanceId
  readonly deviceId: DeviceId
  /** Those that go by the same officer's name. */
  readonly laptops: readonly DeviceId[] | null
  readonly formId: FormId
  readonly version: string
  readonly label: string | null
  readonly entityId: EntityId | null
  /** Returned, and not corrected since. */
  readonly asksForAnswer: boolean
  readonly isTold: boolean
}

/** Inside the transaction that changed their state, or stored a correction of them. */
export async function tellReturns(
  { feed }: { readonly feed: Pick<Feed, 'append'> },
  tx: WriteDb,
  instanceIds: readonly InstanceId[],
): Promise<void> {
  if (instanceIds.length === 0) return
  const { rows } = await tx.execute<Row>(sql`
    select s.instance_id as "instanceId", s.device_id as "deviceId", s.form_id as "formId", s.version, w.entity_id as "entityId",
           coalesce(w.label, e.label) as label,
           (select array_agg(o.device_id order by o.device_id) from devices author
              join devices o on o.officer = author.officer and o.state = 'active'
             where author.device_id = s.device_id) as laptops,
           s.state = 'returned' and not ${isThere(
             sql`submissions d where d.deprecated_id = s.instance_id and d.state in ('applied', 'returned')`,
           )} as "asksForAnswer",
           ${isThere(sql`feed f where f.kind = 'return' and f.key = s.instance_id and f.body is not null`)} as "isTold"
      from submissions s
      left join entity_writes w on w.instance_id = s.instance_id and w.place = 0
      left join entities e on e.entity_id = w.entity_id
     where s.instance_id = any(${sql.param(instanceIds)}::text[])
       and (s.state = 'returned' or ${isThere(sql`feed f where f.kind = 'return' and f.key = s.instance_id`)})`)
  const entries: FeedEntry[] = []
  for (const row of rows) {
    const { instanceId, deviceId, laptops, formId, version, label, entityId, isTold } = row
    // What was decided on a device and taken back at the centre asks its officer for nothing.
    if (row.asksForAnswer && !isBuiltIn(row.formId)) {
      const verdict = await verdictOn(tx, instanceId)
      if (verdict === undefined) continue
      const { comments, stamp } = verdict
      const atMs = stampMillis(stamp as Stamp)
      const about = { formId, version, label: label ?? '' }
      const body: ReturnBody = { instanceId, entityId, comments: [...comments], atMs, about }
      entries.push({ kind: 'return', key: instanceId, body, scope: [...new Set([deviceId, ...(laptops ?? [])])] })
    } else if (isTold) entries.push({ kind: 'return', key: instanceId, body: null })
  }
  if (entries.length > 0) await feed.append(tx, entries)
}

/** TR1. What is asked of its officer, and was asked before this laptop was there. */
export async function tellNewLaptop(
  deps: { readonly feed: Pick<Feed, 'append' | 'ring'> },
  write: WriteDb,
  deviceId: DeviceId,
): Promise<void> {
  // Looked up by name: planned as a join, every laptop that comes would have the whole inbox read.
  const { rows } = await write.execute<{ instanceId: InstanceId }>(sql`
    select f.key as "instanceId" from feed f
     where f.kind = 'return' and f.body is not null and not ${deviceId} = any(f.scope)
       and (select array_agg(s.device_id) from submissions s where s.instance_id = f.key) && (
         select array_agg(author.device_id) from devices mine join devices author on author.officer = mine.officer
          where mine.device_id = ${deviceId} and mine.state = 'active')`)
  if (rows.length === 0) return
  await inTransaction(write, tx =>
    tellReturns(
      deps,
      tx,
      rows.map(({ instanceId }) => instanceId),
    ),
  )
  deps.feed.ring()
}
