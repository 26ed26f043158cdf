/** The SQL of snapshots. */
import { and, desc, eq, sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { ViewSnapshot } from './build-snapshot.ts'
import { viewSnapshots } from './tables.ts'

export async function newestSnapshot(db: ReadDb, view: string, epoch: number): Promise<ViewSnapshot | undefined> {
  const [found] = await db
    .select()
    .from(viewSnapshots)
    .where(and(eq(viewSnapshots.view, view), eq(viewSnapshots.epoch, epoch)))
    .orderBy(desc(viewSnapshots.number))
    .limit(1)
  return found
}

/** Of the whole feed, tombstones too; near enough to decide by. */
export async function rowsInFeed(db: ReadDb): Promise<number> {
  const { rows } = await db.execute<{ count: number }>(sql`select count(*)::int as count from feed`)
  return rows[0]?.count ?? 0
}

/**
 * Keeps the two newest of a view and takes away the files that no snapshot names any more.
 *
 * @returns How many files went.
 */
export async function dropOldSnapshots(db: WriteDb, view: string): Promise<number> {
  const { rows } = await db.execute<{ count: number }>(sql`
    with old as (
      delete from view_snapshots s where view = ${view} and (
        select count(*) from view_snapshots n where n.view = s.view and (n.epoch, n.number) > (s.epoch, s.number)
      ) >= 2
      returning epoch, number, files
    ), gone as (
      delete from blobs where sha256 in (select json_array_elements_text(files) from old)
        and sha256 not in (
          select json_array_elements_text(k.files) from view_snapshots k
           where not exists (select 1 from old where k.view = ${view} and old.epoch = k.epoch and old.number = k.number))
      returning 1
    ) select count(*)::int as count from gone`)
  return rows[0]?.count ?? 0
}
