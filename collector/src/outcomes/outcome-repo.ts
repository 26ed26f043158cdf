/** The SQL of outcomes. One statement for a batch. */
import { and, asc, count, desc, eq, gt, inArray, lte, max } from 'drizzle-orm'
import type { InstanceId } from '@murram/ground'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { outcomes } from './tables.ts'

export interface LinkedOutcome {
  readonly outcomeId: string
  readonly instanceId: InstanceId
  readonly formId: string
  readonly value: string
  readonly method: string
  readonly verifier: string
  readonly observedAtMs: number
}

/** PostgreSQL takes 65,535 parameters in one statement. */
const BATCH = 5_000

export async function knownOutcomeIds(db: ReadDb, outcomeIds: readonly string[]): Promise<ReadonlySet<string>> {
  const known = new Set<string>()
  for (let at = 0; at < outcomeIds.length; at += BATCH) {
    const found = await db
      .select({ outcomeId: outcomes.outcomeId })
      .from(outcomes)
      .where(inArray(outcomes.outcomeId, outcomeIds.slice(at, at + BATCH)))
    for (const { outcomeId } of found) known.add(outcomeId)
  }
  return known
}

/** @returns How many were new. */
export async function appendOutcomes(
  db: WriteDb,
  linked: readonly LinkedOutcome[],
  importedAtMs: number,
): Promise<number> {
  let added = 0
  for (let at = 0; at < linked.length; at += BATCH) {
    const rows = linked.slice(at, at + BATCH).map(outcome => ({ ...outcome, importedAtMs }))
    const stored = await db
      .insert(outcomes)
      .values(rows)
      .onConflictDoNothing({ target: outcomes.outcomeId })
      .returning({ seq: outcomes.seq })
    added += stored.length
  }
  return added
}

/** Outcomes of a form beyond `afterSeq`: how many, and the number of the last. */
export async function countOutcomesAfter(
  db: ReadDb,
  formId: string,
  afterSeq: number,
): Promise<{ readonly fresh: number; readonly lastSeq: number }> {
  const [row] = await db
    .select({ fresh: count(), lastSeq: max(outcomes.seq) })
    .from(outcomes)
    .where(and(eq(outcomes.formId, formId), gt(outcomes.seq, afterSeq)))
  return { fresh: row?.fresh ?? 0, lastSeq: row?.lastSeq ?? afterSeq }
}

export interface StandingOutcome {
  readonly instanceId: InstanceId
  readonly value: string
  readonly observedAtMs: number
}

/**
 * What stands for each interview of a form: of several outcomes the one observed last.
 * In order of instance id, so that a snapshot of the same rows is the same bytes.
 */
export async function standingOutcomes(
  db: ReadDb,
  formId: string,
  uptoSeq: number,
): Promise<readonly StandingOutcome[]> {
  const rows = await db
    .selectDistinctOn([outcomes.instanceId], {
      instanceId: outcomes.instanceId,
      value: outcomes.value,
      observedAtMs: outcomes.observedAtMs,
    })
    .from(outcomes)
    .where(and(eq(outcomes.formId, formId), lte(outcomes.seq, uptoSeq)))
    .orderBy(asc(outcomes.instanceId), desc(outcomes.observedAtMs), desc(outcomes.seq))
  return rows.map(row => ({ ...row, instanceId: row.instanceId as InstanceId }))
}

export const listOutcomes = (db: ReadDb, { limit, after }: { readonly limit: number; readonly after: number }) =>
  db.select().from(outcomes).where(gt(outcomes.seq, after)).orderBy(asc(outcomes.seq)).limit(limit)
