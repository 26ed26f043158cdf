/** The SQL of batches, and of what people said of outcomes and batches. */
import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import { textList } from '../db/text-list.ts'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { AgreementCounts } from './batch-agreement.ts'
import { outcomeEvents, outcomeImports, outcomes } from './tables.ts'

export type OutcomeImport = typeof outcomeImports.$inferSelect
export type OutcomeEvent = typeof outcomeEvents.$inferSelect

/** A batch may come in several pieces: each adds to its counts. */
export async function countIntoImport(
  tx: WriteDb,
  batch: Pick<OutcomeImport, 'importId' | 'name' | 'by' | 'imported' | 'known' | 'refused' | 'createdAtMs'>,
): Promise<void> {
  await tx
    .insert(outcomeImports)
    .values({ ...batch, state: 'standing' })
    .onConflictDoUpdate({
      target: outcomeImports.importId,
      set: {
        imported: sql`${outcomeImports.imported} + excluded.imported`,
        known: sql`${outcomeImports.known} + excluded.known`,
        refused: sql`${outcomeImports.refused} + excluded.refused`,
      },
    })
}

export async function findImport(db: ReadDb, importId: string): Promise<OutcomeImport | undefined> {
  const [row] = await db.select().from(outcomeImports).where(eq(outcomeImports.importId, importId))
  return row
}

/** Newest first. */
export const listImports = (db: ReadDb, limit: number): Promise<readonly OutcomeImport[]> =>
  db.select().from(outcomeImports).orderBy(desc(outcomeImports.createdAtMs), outcomeImports.importId).limit(limit)

export async function putImportState(tx: WriteDb, importId: string, state: OutcomeImport['state']): Promise<void> {
  await tx.update(outcomeImports).set({ state }).where(eq(outcomeImports.importId, importId))
}

/** Outcomes whose own batch was withdrawn belong to another one from now on. */
export async function moveToImport(
  tx: WriteDb,
  outcomeIds: readonly string[],
  { importId, name, by, atMs }: Pick<OutcomeImport, 'importId' | 'name' | 'by'> & { readonly atMs: number },
): Promise<void> {
  await tx
    .update(outcomes)
    .set({ importId })
    .where(sql`${outcomes.outcomeId} = any(${textList(outcomeIds)})`)
  const reason = `sent again in ${name}, to count`
  await addEvents(
    tx,
    outcomeIds.map(outcomeId => ({ outcomeId, importId, kind: 'moved' as const, reason, by, atMs })),
  )
}

export const formsOfImport = async (db: ReadDb, importId: string): Promise<readonly string[]> =>
  (await db.selectDistinct({ formId: outcomes.formId }).from(outcomes).where(eq(outcomes.importId, importId))).map(
    ({ formId }) => formId,
  )

/** PostgreSQL takes 65,535 parameters in one statement. */
const BATCH = 5_000

export async function addEvents(tx: WriteDb, events: readonly (typeof outcomeEvents.$inferInsert)[]): Promise<void> {
  for (let at = 0; at < events.length; at += BATCH) await tx.insert(outcomeEvents).values(events.slice(at, at + BATCH))
}

/** In the order in which it was said. */
export const eventsOf = (
  db: ReadDb,
  about: { readonly outcomeId: string } | { readonly importId: string },
): Promise<readonly OutcomeEvent[]> =>
  db
    .select()
    .from(outcomeEvents)
    .where(
      'outcomeId' in about
        ? eq(outcomeEvents.outcomeId, about.outcomeId)
        : and(eq(outcomeEvents.importId, about.importId), isNull(outcomeEvents.outcomeId)),
    )
    .orderBy(outcomeEvents.eventId)

/** What the model on the device had said of the interviews of each batch. */
export interface ImportFigures {
  readonly agreement: AgreementCounts
  /** By class that was seen. */
  readonly seen: Readonly<Record<string, number>>
  /** By class: sum of the probabilities that the model gave it; of several classes those that it named. */
  readonly said: Readonly<Record<string, number>>
}

/** Of each outcome, what was said of its interview: the class named, and how probable one of them is, as devices record it. */
const said = sql`
  select o.seq, o.import_id, o.value, s.body -> 'assessment' ->> 'label' as label,
         s.body -> 'assessment' ->> 'positive' as positive,
         (s.body -> 'assessment' ->> 'probability')::float8 as probability
  from outcomes o join submissions s on s.instance_id = o.instance_id and s.state = 'applied'`

/** How probable the class is that was named. */
const ofNamed = sql`sum(case when label = positive then probability else 1 - probability end)`

export async function importFigures(
  db: ReadDb,
  importIds: readonly string[],
): Promise<ReadonlyMap<string, ImportFigures>> {
  if (importIds.length === 0) return new Map()
  const { rows: counts } = await db.execute<{
    import_id: string
    value: string
    rows: number
    scored: number
    agreed: number
    expected: number | null
  }>(sql`
    select import_id, value, count(*)::int as rows, count(label)::int as scored,
           (count(*) filter (where label = value))::int as agreed, ${ofNamed} as expected
    from (${said} where o.import_id = any(${textList(importIds)})) a group by import_id, value`)
  const { rows: sums } = await db.execute<{ import_id: string; positive: string; rows: number; sum: number }>(sql`
    select import_id, positive, count(*)::int as rows, sum(probability) as sum
    from (${said} where o.import_id = any(${textList(importIds)})) a
    where label is not null and positive is not null group by import_id, positive`)
  return new Map(
    importIds.map(importId => {
      const own = counts.filter(row => row.import_id === importId)
      const total = (of: (row: (typeof own)[number]) => number) => own.reduce((sum, row) => sum + of(row), 0)
      return [
        importId,
        {
          agreement: {
            scored: total(row => row.scored),
            agreed: total(row => row.agreed),
            expected: total(row => row.expected ?? 0),
          },
          seen: Object.fromEntries(own.map(({ value, rows }) => [value, rows])),
          said: saidOf(
            sums.filter(row => row.import_id === importId),
            own.map(({ value }) => value),
          ),
        },
      ]
    }),
  )
}

/** Of two classes the other one's probability is the rest. */
function saidOf(
  sums: readonly { readonly positive: string; readonly rows: number; readonly sum: number }[],
  seen: readonly string[],
): Readonly<Record<string, number>> {
  const told = Object.fromEntries(sums.map(({ positive, sum }) => [positive, sum]))
  const [only] = sums
  const [other, third] = seen.filter(value => !(value in told))
  return only === undefined || sums.length > 1 || other === undefined || third !== undefined
    ? told
    : { ...told, [other]: only.rows - only.sum }
}

/** So many of the newest are enough to compare with. */
const OTHERS = 5_000

/** Agreement of what is standing and came in another way. */
export async function agreementBeside(db: ReadDb, importId: string): Promise<AgreementCounts> {
  const { rows } = await db.execute<{ scored: number; agreed: number; expected: number | null }>(sql`
    select count(label)::int as scored, (count(*) filter (where label = value))::int as agreed,
           ${ofNamed} as expected
    from (${said}
      left join outcome_imports i on i.import_id = o.import_id
      where o.live and o.state = 'verified' and o.import_id is distinct from ${importId}
        and coalesce(i.state, 'standing') = 'standing'
        and o.form_id in (select form_id from outcomes where import_id = ${importId})
      order by o.seq desc limit ${OTHERS}) a`)
  const { scored = 0, agreed = 0, expected = 0 } = rows[0] ?? {}
  return { scored, agreed, expected: expected ?? 0 }
}
