/**
 * A backup that an operator made and verified by their own means (a managed PostgreSQL): by
 * the time at which it was taken, or by the marks that were read out of the restored copy.
 *
 * TB1 by its time counts what had arrived a good while before: a transaction that was under
 *     way at that moment may not be in the copy
 */
import { err, fault, ok, StoreIdSchema, type Fault, type Result } from '@murram/ground'
import pg from 'pg'
import { z } from 'zod'
import { inTransaction, reasonOf, type WriteDb } from '../db/handles.ts'
import { addBackup, lifeOf, raiseSafe, raiseSafeBefore } from './backup-repo.ts'

/** TB1: longer than any batch takes, and than clocks of two machines of one centre differ. */
const MARGIN_MS = 5 * 60_000

export const CopyMarks = z.object({
  projectId: z.string(),
  epoch: z.number(),
  lineage: z.string(),
  marks: z.array(z.object({ storeId: StoreIdSchema, durableUpto: z.int().nonnegative() })),
})
export type CopyMarks = z.infer<typeof CopyMarks>

/** `at`: when the copy was taken. `marks`: what stood in it. */
export type ToldBackup = { readonly atMs: number } | { readonly marks: CopyMarks }

export async function tellBackup(
  deps: { readonly write: WriteDb; readonly projectId: string; readonly now: () => number; readonly since: number },
  told: ToldBackup,
): Promise<Result<{ readonly safeSubmissions: number }, Fault>> {
  const { write, projectId, now, since } = deps
  const nowMs = now()
  if ('atMs' in told && told.atMs > nowMs) return err(fault('http.bad-request', 'at: this time is still to come'))
  if ('atMs' in told && told.atMs < since)
    return err(fault('backup.other-project', 'it was taken before this epoch of the database began'))
  return inTransaction(write, async tx => {
    const life = await lifeOf(tx, projectId)
    if (life === undefined) throw new Error('a project without its row')
    if ('marks' in told) {
      const { epoch, lineage } = told.marks
      if (told.marks.projectId !== projectId || epoch !== life.epoch || lineage !== life.lineage)
        return err(fault('backup.other-project', `${told.marks.projectId}, epoch ${epoch}; here ${life.epoch}`))
    }
    const safeSubmissions = await ('marks' in told
      ? raiseSafe(tx, told.marks.marks)
      : raiseSafeBefore(tx, told.atMs - MARGIN_MS))
    const takenAtMs = 'marks' in told ? nowMs : told.atMs
    await addBackup(tx, {
      name: `told-${new Date(nowMs).toISOString()}`,
      epoch: life.epoch,
      kind: 'told',
      folder: null,
      takenAtMs,
      verifiedAtMs: nowMs,
      sizeBytes: null,
      safeSubmissions,
    })
    return ok({ safeSubmissions })
  })
}

/** What stands in a restored copy, for `tellBackup`. The copy is only read. */
export async function readMarksOf(databaseUrl: string): Promise<Result<CopyMarks, Fault>> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 })
  try {
    await client.connect()
    const { rows } = await client.query<{ projectId: string; epoch: number; lineage: string; marks: unknown }>(`
      select project_id as "projectId", epoch, lineage,
             (select coalesce(json_agg(json_build_object('storeId', store_id, 'durableUpto', durable_upto)), '[]') from stores) as marks
        from projects`)
    return ok(CopyMarks.parse(rows[0]))
  } catch (cause) {
    return err(fault('house.database-unreachable', reasonOf(cause)))
  } finally {
    await client.end().catch(() => {})
  }
}
