/**
 * A tombstone is told for half a year; then it goes, for a feed that only grows is read by every
 * new device. Absence still deletes nothing: who has read less than what was dropped is shown
 * the feed under another name of its view, reads it from nought, and then removes what was not
 * told again, as after any other change of its view.
 *
 *   a mark a day (number, time) ─► marks older than 180 days ─► the newest of them is the floor:
 *   tombstones up to it go ─► `view~floor` for whoever has read less
 *
 * O1 no tombstone younger than `KEPT_MS` goes
 * O2 a device that missed a dropped tombstone does not keep the row
 * O3 one that has read up to the floor is not bothered
 *
 * Not here: devices of version 1, which know no view: they keep such a row until it changes.
 */
import type { Hello } from '@murram/wire'
import { sql } from 'drizzle-orm'
import { inTransaction, type ReadDb, type WriteDb } from '../db/handles.ts'

export const KEPT_MS = 180 * 86_400_000
const MARK_EVERY_MS = 86_400_000

export interface OldTombstonesDeps {
  readonly read: ReadDb
  readonly write: WriteDb
  readonly projectId: string
  readonly now: () => number
}

/** Marks, and drops what is old enough. @returns How many tombstones went. */
export async function dropOldTombstones({ write, projectId, now }: OldTombstonesDeps): Promise<number> {
  return inTransaction(write, async tx => {
    const nowMs = Math.floor(now())
    await tx.execute(sql`
      insert into feed_marks (number, at_ms)
      select feed_number, ${nowMs} from projects where project_id = ${projectId} and not exists (
        select 1 from feed_marks where at_ms > ${nowMs - MARK_EVERY_MS})
      on conflict do nothing`)
    const { rows } = await tx.execute<{ count: number }>(sql`
      with floor as (
        update feed_marks set is_floor = true where not is_floor and number = (
          select max(number) from feed_marks where at_ms < ${nowMs - KEPT_MS})
        returning number
      ), gone as (
        delete from feed using floor where body is null and feed.number <= floor.number returning 1
      ) select count(*)::int as count from gone`)
    return rows[0]?.count ?? 0
  })
}

/** Up to where tombstones are gone; 0 where all are here. */
export async function readFloor(read: ReadDb): Promise<number> {
  const { rows } = await read.execute<{ floor: string | null }>(
    sql`select max(number) as floor from feed_marks where is_floor`,
  )
  return Number(rows[0]?.floor ?? 0)
}

/** Whether the device may hold what was removed, and is told so no more. */
export const isBelowFloor = (hello: Hello, epoch: number, floor: number): boolean => {
  const { checkpoint } = hello.more ?? {}
  return checkpoint !== undefined && checkpoint.epoch === epoch && checkpoint.number > 0 && checkpoint.number < floor
}

/** O2 O3. The name under which this device is shown its view. */
export function viewNameFor(hello: Hello, view: string, { epoch, floor }: { epoch: number; floor: number }): string {
  if (isBelowFloor(hello, epoch, floor)) return `${view}~${floor}`
  const known = hello.more?.view
  return known?.startsWith(`${view}~`) === true ? known : view
}
