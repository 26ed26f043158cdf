/** The SQL of root documents, and of what is in force in the feed. */
import type { RootDocument, SignedBySeveral, StatedOrder, StatedRelease } from '@murram/score'
import { asc, sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { rootDocuments } from './tables.ts'

export type RootRow = typeof rootDocuments.$inferSelect

/** In order, the first one first. */
export const allRoots = (db: ReadDb): Promise<readonly RootRow[]> =>
  db.select().from(rootDocuments).orderBy(asc(rootDocuments.version))

/** What is there already stays as it is. */
export async function appendRoot(db: WriteDb, row: RootRow): Promise<void> {
  await db.insert(rootDocuments).values(row).onConflictDoNothing()
}

export const toRow = (signed: SignedBySeveral<RootDocument>, publishedAtMs: number): RootRow => ({
  version: signed.body.version,
  signed,
  publishedAtMs,
})

/** By model: what every device is offered. */
export async function releasesInFeed(db: ReadDb): Promise<Readonly<Record<string, StatedRelease>>> {
  const { rows } = await db.execute<{ key: string; releaseId: string; counter: string }>(sql`
    select key, body #>> '{signed,body,releaseId}' as "releaseId", body #>> '{signed,body,counter}' as counter
      from feed where kind = 'release' and body is not null order by key`)
  return Object.fromEntries(rows.map(({ key, releaseId, counter }) => [key, { releaseId, counter: Number(counter) }]))
}

/** By model: the newest order, where one of these keys signed it; what another signed, no device believes. */
export async function ordersInFeed(
  db: ReadDb,
  keyIds: readonly string[],
): Promise<Readonly<Record<string, StatedOrder>>> {
  const { rows } = await db.execute<{
    key: string
    keyId: string
    releaseId: string
    counter: string
    n: string
    state: StatedOrder['state']
  }>(sql`
    select key, body #>> '{order,keyId}' as "keyId", body #>> '{order,body,releaseId}' as "releaseId",
           body #>> '{order,body,counter}' as counter, body #>> '{order,body,orderNumber}' as n,
           body #>> '{order,body,state}' as state
      from feed where kind = 'rollout' and body is not null order by key`)
  return Object.fromEntries(
    rows
      .filter(({ keyId }) => keyIds.includes(keyId))
      .map(({ key, releaseId, counter, n, state }) => [
        key,
        { releaseId, counter: Number(counter), orderNumber: Number(n), state },
      ]),
  )
}
