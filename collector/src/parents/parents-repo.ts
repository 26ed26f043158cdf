/**
 * What stored submissions wait for: the one they correct, an entity that they update, their own
 * device's write of what they settle.
 *
 * A row stays where it was given up, so that a parent that comes after all finds its children.
 */
import type { InstanceId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { textList } from '../db/text-list.ts'

export async function addAwaited(
  tx: WriteDb,
  aside: ReadonlyMap<InstanceId, { readonly awaits: readonly string[] }>,
  sinceMs: number,
): Promise<void> {
  const rows = [...aside].flatMap(([instanceId, { awaits }]) => awaits.map(id => ({ instanceId, awaits: id })))
  if (rows.length === 0) return
  await tx.execute(sql`
    insert into awaited (instance_id, awaits, since_ms)
    select distinct "instanceId", awaits, ${sinceMs}::bigint
      from json_to_recordset(${JSON.stringify(rows)}::json) as a ("instanceId" text, awaits text)
    on conflict (instance_id, awaits) do nothing`)
}

/**
 * Who waited for one of these, or was folded without it; the one that came first is first. What is
 * held until its officer has a part in a household waits for what that officer wrote, and not for
 * everybody's visits: a device that settles what is none of its business costs nobody anything.
 */
export async function waitersFor(db: ReadDb, ids: readonly string[]): Promise<readonly InstanceId[]> {
  if (ids.length === 0) return []
  const { rows } = await db.execute<{ id: InstanceId }>(sql`
    select a.instance_id as id from awaited a
     where a.awaits = any(${textList(ids)}) and not exists (
       select 1 from submissions s left join devices mine on mine.device_id = s.device_id
        where s.instance_id = a.instance_id and s.state = 'held' and not exists (
          select 1 from entity_writes w left join devices author on author.device_id = w.device_id
           where w.entity_id = any(${textList(ids)}) and w.kind <> 'settlement'
             and (w.device_id = s.device_id or author.officer = mine.officer)))
     group by 1 order by min(a.since_ms), 1`)
  return rows.map(({ id }) => id)
}

export async function dropAwaited(tx: WriteDb, waiters: readonly InstanceId[], ids: readonly string[]): Promise<void> {
  await tx.execute(sql`
    delete from awaited where awaits = any(${textList(ids)})
       and instance_id = any(${textList(waiters)})`)
}

export async function givenUpOn(
  db: ReadDb,
  instanceIds: readonly InstanceId[],
): Promise<readonly { readonly instanceId: InstanceId; readonly awaits: string }[]> {
  const { rows } = await db.execute<{ instanceId: InstanceId; awaits: string }>(sql`
    select instance_id as "instanceId", awaits from awaited
     where given_up and instance_id = any(${sql.param(instanceIds)}::text[])`)
  return rows
}

/** Marks what has been waited for since before that moment. */
export async function giveUpBefore(tx: WriteDb, beforeMs: number): Promise<readonly InstanceId[]> {
  const { rows } = await tx.execute<{ id: InstanceId }>(
    sql`update awaited set given_up = true where since_ms < ${beforeMs} and not given_up
         and exists (select 1 from submissions s where s.instance_id = awaited.instance_id and s.state = 'waiting')
        returning instance_id as id`,
  )
  return [...new Set(rows.map(({ id }) => id))]
}
