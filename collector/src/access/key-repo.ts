/** The SQL of API keys. */
import { and, desc, eq, isNull } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { apiKeys } from './tables.ts'

export type ApiKeyRow = typeof apiKeys.$inferSelect

export async function addKey(db: WriteDb, row: ApiKeyRow): Promise<void> {
  await db.insert(apiKeys).values(row)
}

export async function findKey(db: ReadDb, keyId: string): Promise<ApiKeyRow | undefined> {
  const [row] = await db.select().from(apiKeys).where(eq(apiKeys.keyId, keyId))
  return row
}

/** Newest first. */
export const listKeys = (db: ReadDb): Promise<readonly ApiKeyRow[]> =>
  db.select().from(apiKeys).orderBy(desc(apiKeys.createdAtMs), apiKeys.keyId)

export async function noteUse(db: WriteDb, keyId: string, nowMs: number): Promise<void> {
  await db.update(apiKeys).set({ lastUsedAtMs: nowMs }).where(eq(apiKeys.keyId, keyId))
}

/** The first revocation stands. */
export async function revokeKey(db: WriteDb, keyId: string, nowMs: number): Promise<void> {
  await db
    .update(apiKeys)
    .set({ revokedAtMs: nowMs })
    .where(and(eq(apiKeys.keyId, keyId), isNull(apiKeys.revokedAtMs)))
}
