/**
 * What a device is told of its own submissions that were sent back: a row of the feed while one
 * is returned and nobody has corrected it, a tombstone afterwards.
 */
import type { DeviceId, EntityId, InstanceId } from '@murram/ground'
import { stampMillis, type Stamp } from '@murram/fold'
import type { ReturnBody } from '@murram/wire'
import { sql } from 'drizzle-orm'
import type { WriteDb } from '../db/handles.ts'
import type { Feed, FeedEntry } from '../feed/feed.ts'
import { isBuiltIn } from '../fold/built-in-forms.ts'
import { verdictOn } from './review-repo.ts'

interface Row extends Record<string, unknown> {
  readonly instanceId: InstanceId
  readonly deviceId: DeviceId
  readonly formId: string
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
    select s.instance_id as "instanceId", s.device_id as "deviceId", s.form_id as "formId", w.entity_id as "entityId",
           s.state = 'returned' and not exists (
             select 1 from submissions d where d.deprecated_id = s.instance_id and d.state in ('applied', 'returned')
           ) as "asksForAnswer",
           exists (
             select 1 from feed f where f.kind = 'return' and f.key = s.instance_id and f.body is not null
           ) as "isTold"
      from submissions s
      left join entity_writes w on w.instance_id = s.instance_id and w.place = 0
     where s.instance_id = any(${sql.param(instanceIds)}::text[])
       and (s.state = 'returned' or exists (select 1 from feed f where f.kind = 'return' and f.key = s.instance_id))`)
  const entries: FeedEntry[] = []
  for (const row of rows) {
    const { instanceId, deviceId, entityId, isTold } = row
    // What was decided on a device and taken back at the centre asks its officer for nothing.
    if (row.asksForAnswer && !isBuiltIn(row.formId)) {
      const verdict = await verdictOn(tx, instanceId)
      if (verdict === undefined) continue
      const { comments, stamp } = verdict
      const body: ReturnBody = { instanceId, entityId, comments: [...comments], atMs: stampMillis(stamp as Stamp) }
      entries.push({ kind: 'return', key: instanceId, body, scope: [deviceId] })
    } else if (isTold) entries.push({ kind: 'return', key: instanceId, body: null })
  }
  if (entries.length > 0) await feed.append(tx, entries)
}
