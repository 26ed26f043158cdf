/** The SQL of form versions. */
import { and, asc, desc, eq, sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { formVersions } from './tables.ts'

export type FormVersion = typeof formVersions.$inferSelect

export async function findVersion(db: ReadDb, formId: string, version: string): Promise<FormVersion | undefined> {
  const [row] = await db
    .select()
    .from(formVersions)
    .where(and(eq(formVersions.formId, formId), eq(formVersions.version, version)))
  return row
}

/** In the order in which they were published. */
export const versionsOf = (db: ReadDb, formId: string): Promise<readonly FormVersion[]> =>
  db
    .select()
    .from(formVersions)
    .where(eq(formVersions.formId, formId))
    .orderBy(asc(formVersions.publishedAtMs), asc(formVersions.version))

export async function addVersion(tx: WriteDb, row: FormVersion): Promise<void> {
  await tx.insert(formVersions).values(row)
}

export interface CountedVersion extends FormVersion {
  readonly submissions: number
}

/** The newest first. */
export async function listVersions(db: ReadDb): Promise<readonly CountedVersion[]> {
  // Spelled out: drizzle names a column without its table here, which would be the submission's own.
  const counts = sql<number>`(select count(*)::int from submissions s
    where s.form_id = ${formVersions}.form_id and s.version = ${formVersions}.version and s.state <> 'again')`
  const rows = await db
    .select({ form: formVersions, submissions: counts })
    .from(formVersions)
    .orderBy(desc(formVersions.publishedAtMs), formVersions.formId)
  return rows.map(({ form, submissions }) => ({ ...form, submissions }))
}
