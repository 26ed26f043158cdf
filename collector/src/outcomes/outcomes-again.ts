/**
 * Outcomes, their batches, and what people said of them, as a restored database has forgotten
 * them: stored again out of a journal.
 *
 * Laws, in `change-outcome.test.ts`:
 *   A1 what comes again stands as it stood                A2 twice changes nothing
 *   A3 what was said later counts, in whatever order it comes back
 *
 * An outcome that a follow-up brought counts again when the follow-up is here (read-follow-ups.ts);
 * with it come back how its household was chosen and what was said of it.
 */
import { and, eq, gt, isNull, ne, sql } from 'drizzle-orm'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import { afterWord } from './outcome-states.ts'
import { outcomeEvents, outcomeImports, outcomes } from './tables.ts'

export type OutcomeAgain = Omit<typeof outcomes.$inferSelect, 'seq' | 'live'>
export type ImportAgain = Omit<typeof outcomeImports.$inferSelect, 'state'>
export type WordAgain = Omit<typeof outcomeEvents.$inferSelect, 'eventId'>

export async function outcomeAgain(write: WriteDb, row: OutcomeAgain): Promise<undefined> {
  await write
    .insert(outcomes)
    .values({ ...row, live: row.source !== 'follow-up' })
    .onConflictDoNothing({ target: outcomes.outcomeId })
}

/** A batch that came in pieces is kept with each: the highest counts are those of the whole. */
export async function importAgain(write: WriteDb, row: ImportAgain): Promise<undefined> {
  const most = (name: 'imported' | 'known' | 'refused') =>
    sql`greatest(${outcomeImports[name]}, ${sql.raw(`excluded.${name}`)})`
  await write
    .insert(outcomeImports)
    .values({ ...row, state: 'standing' })
    .onConflictDoUpdate({
      target: outcomeImports.importId,
      set: { imported: most('imported'), known: most('known'), refused: most('refused') },
    })
}

/** After the outcomes and the batches. @returns Why not. */
export const wordAgain = (write: WriteDb, word: WordAgain): Promise<undefined | string> =>
  inTransaction(write, async tx => {
    const why = word.outcomeId === null ? await ofBatch(tx, word) : await ofOutcome(tx, word, word.outcomeId)
    if (why === undefined) await tx.insert(outcomeEvents).values(word)
    return why
  })

async function ofOutcome(tx: WriteDb, { kind, importId, atMs }: WordAgain, outcomeId: string) {
  const [row] = await tx.select().from(outcomes).where(eq(outcomes.outcomeId, outcomeId)).for('update')
  if (row === undefined) return 'the outcome that it speaks of is not there'
  const isMove = kind === 'moved'
  const later = await tx.$count(
    outcomeEvents,
    and(
      eq(outcomeEvents.outcomeId, outcomeId),
      gt(outcomeEvents.atMs, atMs),
      isMove ? eq(outcomeEvents.kind, 'moved') : ne(outcomeEvents.kind, 'moved'),
    ),
  )
  if (later > 0) return undefined // A3
  await tx
    .update(outcomes)
    .set(isMove ? { importId } : afterWord(row, kind, atMs))
    .where(eq(outcomes.outcomeId, outcomeId))
  return undefined
}

async function ofBatch(tx: WriteDb, { kind, importId, atMs }: WordAgain) {
  if (importId === null) return 'it speaks of nothing'
  const later = await tx.$count(
    outcomeEvents,
    and(eq(outcomeEvents.importId, importId), isNull(outcomeEvents.outcomeId), gt(outcomeEvents.atMs, atMs)),
  )
  if (later > 0) return undefined // A3
  const { rowCount } = await tx
    .update(outcomeImports)
    .set({ state: kind === 'withdrawn' ? 'withdrawn' : 'standing' })
    .where(eq(outcomeImports.importId, importId))
  return rowCount === 0 ? 'the batch that it speaks of is not there' : undefined
}
