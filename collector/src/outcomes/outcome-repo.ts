/** The SQL of outcomes. One statement for a batch. */
import { and, asc, count, eq, gt, inArray, lte, max, sql } from 'drizzle-orm'
import type { InstanceId } from '@murram/ground'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { OutcomeSource, OwnState, Seen, Selection } from './outcome-states.ts'
import { outcomeImports, outcomes } from './tables.ts'

export interface LinkedOutcome {
  readonly outcomeId: string
  readonly instanceId: InstanceId
  readonly formId: string
  readonly value: string
  readonly method: string
  readonly verifier: string
  readonly observedAtMs: number
  readonly selection: Selection
  readonly probability: number | null
}

/** Where an outcome came from, beside who saw it. */
export type OutcomeOrigin = Pick<
  typeof outcomes.$inferInsert,
  'source' | 'importId' | 'sourceInstanceId' | 'state' | 'settledAtMs'
>

/** PostgreSQL takes 65,535 parameters in one statement. */
const BATCH = 3_000

export interface KnownOutcome {
  readonly importId: string | null
  readonly isBatchWithdrawn: boolean
}

export async function knownOutcomes(
  db: ReadDb,
  outcomeIds: readonly string[],
): Promise<ReadonlyMap<string, KnownOutcome>> {
  const known = new Map<string, KnownOutcome>()
  for (let at = 0; at < outcomeIds.length; at += BATCH) {
    const found = await db
      .select({ outcomeId: outcomes.outcomeId, importId: outcomes.importId, batch: outcomeImports.state })
      .from(outcomes)
      .leftJoin(outcomeImports, eq(outcomeImports.importId, outcomes.importId))
      .where(inArray(outcomes.outcomeId, outcomeIds.slice(at, at + BATCH)))
    for (const { outcomeId, importId, batch } of found)
      known.set(outcomeId, { importId, isBatchWithdrawn: batch === 'withdrawn' })
  }
  return known
}

/** @returns How many were new. */
export async function appendOutcomes(
  db: WriteDb,
  linked: readonly (LinkedOutcome & OutcomeOrigin)[],
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

/** What stands of a row: what people said of it, unless its batch or its follow-up is out of force. */
const effectiveState = sql<OwnState>`case
  when not ${outcomes.live} or ${outcomeImports.state} = 'withdrawn' then 'withdrawn'
  else ${outcomes.state} end`

/** Verified outcomes of a form beyond `afterSeq`: how many, and the number of the last of any state. */
export async function countOutcomesAfter(
  db: ReadDb,
  formId: string,
  afterSeq: number,
): Promise<{ readonly fresh: number; readonly lastSeq: number }> {
  const [row] = await db
    .select({ fresh: count(sql`case when ${effectiveState} = 'verified' then 1 end`), lastSeq: max(outcomes.seq) })
    .from(outcomes)
    .leftJoin(outcomeImports, eq(outcomeImports.importId, outcomes.importId))
    .where(and(eq(outcomes.formId, formId), gt(outcomes.seq, afterSeq)))
  return { fresh: row?.fresh ?? 0, lastSeq: row?.lastSeq ?? afterSeq }
}

/** An outcome as a run looks at it. */
export interface SeenOutcome extends Seen {
  readonly instanceId: InstanceId
  /** The name of its batch, where that was withdrawn. */
  readonly withdrawnBatch: string | null
  readonly selection: Selection
  readonly probability: number | null
}

/** All that was ever said of interviews of a form, in the order in which it came. */
export async function seenOutcomes(db: ReadDb, formId: string, uptoSeq: number): Promise<readonly SeenOutcome[]> {
  const rows = await db
    .select({
      seq: outcomes.seq,
      instanceId: outcomes.instanceId,
      value: outcomes.value,
      verifier: outcomes.verifier,
      observedAtMs: outcomes.observedAtMs,
      settledAtMs: outcomes.settledAtMs,
      selection: outcomes.selection,
      probability: outcomes.probability,
      state: effectiveState,
      withdrawnBatch: sql<
        string | null
      >`case when ${outcomeImports.state} = 'withdrawn' then ${outcomeImports.name} end`,
    })
    .from(outcomes)
    .leftJoin(outcomeImports, eq(outcomeImports.importId, outcomes.importId))
    .where(and(eq(outcomes.formId, formId), lte(outcomes.seq, uptoSeq)))
    .orderBy(asc(outcomes.seq))
  return rows.map(row => ({ ...row, instanceId: row.instanceId as InstanceId }))
}

const stored = {
  seq: outcomes.seq,
  outcomeId: outcomes.outcomeId,
  instanceId: outcomes.instanceId,
  formId: outcomes.formId,
  value: outcomes.value,
  method: outcomes.method,
  verifier: outcomes.verifier,
  observedAtMs: outcomes.observedAtMs,
  importedAtMs: outcomes.importedAtMs,
  source: outcomes.source,
  importId: outcomes.importId,
  sourceInstanceId: outcomes.sourceInstanceId,
  selection: outcomes.selection,
  probability: outcomes.probability,
  settledAtMs: outcomes.settledAtMs,
  state: effectiveState,
  whyNot: sql<string | null>`case
    when not ${outcomes.live} then 'the follow-up that said so is not in force, or is about another interview'
    when ${outcomeImports.state} = 'withdrawn' then 'its batch was withdrawn' end`,
}

export interface StoredRow extends LinkedOutcome, Seen {
  readonly importedAtMs: number
  readonly source: OutcomeSource
  readonly importId: string | null
  readonly sourceInstanceId: string | null
  readonly whyNot: string | null
}

export interface OutcomeFilter {
  readonly instanceId?: string | undefined
  readonly importId?: string | undefined
  readonly outcomeId?: string | undefined
}

export async function outcomePage(
  db: ReadDb,
  { limit, after, ...filter }: OutcomeFilter & { readonly limit: number; readonly after: number },
): Promise<readonly StoredRow[]> {
  const rows = await db
    .select(stored)
    .from(outcomes)
    .leftJoin(outcomeImports, eq(outcomeImports.importId, outcomes.importId))
    .where(
      and(
        gt(outcomes.seq, after),
        filter.instanceId === undefined ? undefined : eq(outcomes.instanceId, filter.instanceId),
        filter.importId === undefined ? undefined : eq(outcomes.importId, filter.importId),
        filter.outcomeId === undefined ? undefined : eq(outcomes.outcomeId, filter.outcomeId),
      ),
    )
    .orderBy(asc(outcomes.seq))
    .limit(limit)
  return rows.map(row => ({ ...row, instanceId: row.instanceId as InstanceId }))
}

export async function outcomesOfInterviews(
  db: ReadDb,
  instanceIds: readonly InstanceId[],
): Promise<readonly StoredRow[]> {
  if (instanceIds.length === 0) return []
  const rows = await db
    .select(stored)
    .from(outcomes)
    .leftJoin(outcomeImports, eq(outcomeImports.importId, outcomes.importId))
    .where(inArray(outcomes.instanceId, [...instanceIds]))
  return rows.map(row => ({ ...row, instanceId: row.instanceId as InstanceId }))
}
