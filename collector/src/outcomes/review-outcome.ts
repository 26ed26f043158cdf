/**
 * A reviewer at the centre says what they found out about the household of one interview: a
 * verified outcome like any other, with the reviewer as its verifier.
 */
import { err, fault, ok, type Fault, type InstanceId, type Result } from '@murram/ground'
import { canonicalBytes, sha256 } from '@murram/seal'
import { inTransaction } from '../db/handles.ts'
import type { ImportDeps } from './import-outcomes.ts'
import { appendOutcomes } from './outcome-repo.ts'
import { readOutcomeList } from './outcome-row.ts'

export interface ReviewedOutcome {
  readonly value: string
  readonly method: string
  readonly reviewer: string
  /** A date, or an instant with its zone. */
  readonly observedAt: string
}

export type ReviewOutcome = (
  instanceId: InstanceId,
  said: ReviewedOutcome,
) => Promise<Result<{ readonly outcomeId: string }, Fault>>

export const createReviewOutcome =
  ({ read, write, visitsOf, classesOf, selectionOf, afterImport, now }: ImportDeps): ReviewOutcome =>
  async (instanceId, { value, method, reviewer, observedAt }) => {
    const [visit] = await visitsOf(read, { entityIds: [], instanceIds: [instanceId] })
    if (visit === undefined) return err(fault('http.not-found', `no interview in force: ${instanceId}`))
    const { rows, refused } = readOutcomeList([{ instanceId, value, method, verifier: reviewer, observedAt }], now())
    const [row] = rows
    if (row === undefined) return err(refused[0]!.fault)
    if (row.observedAtMs < visit.capturedAtMs)
      return err(fault('outcome.invalid', `observedAt ${observedAt} lies before the interview`))
    const classes = await classesOf(visit.formId)
    if (classes === null) return err(fault('outcome.invalid', `no model reads the form ${visit.formId}`))
    if (!classes.includes(row.value))
      return err(
        fault('outcome.invalid', `value '${row.value}' is none of the classes of the model (${classes.join(', ')})`),
      )
    const { observedAtMs, verifier } = row
    const outcomeId = sha256(canonicalBytes(['review', instanceId, row.value, row.method, verifier, observedAtMs]))
    const chosen = (await selectionOf([instanceId])).get(instanceId)
    const outcome = {
      outcomeId,
      instanceId,
      formId: visit.formId,
      value: row.value,
      method: row.method,
      verifier,
      observedAtMs,
      source: 'review' as const,
      ...(chosen ?? { selection: 'unplanned' as const, probability: null }),
    }
    const added = await inTransaction(write, tx => appendOutcomes(tx, [outcome], now()))
    if (added > 0) await afterImport([visit.formId])
    return ok({ outcomeId })
  }
