/** The SQL of lists beside forms. */
import { and, asc, eq, sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { formLists, formVersions } from './tables.ts'

export type FormListRow = typeof formLists.$inferSelect

const inOrder = [asc(formLists.name), asc(formLists.number)] as const

/** Every list of a form that was ever published, of all its versions. */
export const allLists = (db: ReadDb, formId: string): Promise<readonly FormListRow[]> =>
  db
    .select()
    .from(formLists)
    .where(eq(formLists.formId, formId))
    .orderBy(asc(formLists.version), ...inOrder)

/** Those in force: of each version and name the highest number. */
export async function listsInForce(db: ReadDb, formId?: string): Promise<readonly FormListRow[]> {
  const rows = await db
    .select()
    .from(formLists)
    .where(formId === undefined ? undefined : eq(formLists.formId, formId))
    .orderBy(...inOrder)
  return [...new Map(rows.map(row => [`${row.formId}\n${row.version}\n${row.name}`, row])).values()]
}

export async function findList(
  db: ReadDb,
  formId: string,
  version: string,
  name: string,
): Promise<FormListRow | undefined> {
  const rows = await db
    .select()
    .from(formLists)
    .where(and(eq(formLists.formId, formId), eq(formLists.version, version), eq(formLists.name, name)))
    .orderBy(...inOrder)
  return rows.at(-1)
}

export async function addList(tx: WriteDb, row: FormListRow): Promise<void> {
  await tx.insert(formLists).values(row).onConflictDoNothing()
}

/** Whoever changes what belongs to a form waits here for whoever does already. */
export async function lockForm(tx: WriteDb, formId: string): Promise<void> {
  await tx.execute(sql`select 1 from ${formVersions} where form_id = ${formId} for update`)
}

/** Lists of entities that some form here writes, by name. */
export async function datasetsKnown(db: ReadDb): Promise<ReadonlySet<string>> {
  const { rows } = await db.execute<{ dataset: string }>(
    sql`select distinct dataset from entities union select dataset from form_versions where dataset is not null`,
  )
  return new Set(rows.map(({ dataset }) => dataset))
}
