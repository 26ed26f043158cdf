/**
 * The ledger as a run needs it: what was looked at before, under the number that the interview has now.
 *
 * LL1 an interview that was corrected after a look was looked at: its household and its outcome were seen
 */
import type { InstanceId } from '@murram/ground'
import type { ReadDb } from '../db/handles.ts'
import { readLedger } from '../registry/looks-repo.ts'
import type { LedgerState } from './holdout-look.ts'
import { interviewsNow } from './visit-pages.ts'

export async function ledgerOf(
  read: ReadDb,
  { runId, modelName }: { readonly runId: string; readonly modelName: string },
  nowMs: number,
): Promise<LedgerState> {
  const { seen, ...ledger } = await readLedger(read, modelName, nowMs, runId)
  const asCorrected = new Map(seen)
  for (const [before, { instanceId }] of await interviewsNow(read, [...seen.keys()] as InstanceId[]))
    asCorrected.set(instanceId, Math.max(asCorrected.get(instanceId) ?? 0, seen.get(before) ?? 0))
  return { ...ledger, seen: asCorrected }
}
