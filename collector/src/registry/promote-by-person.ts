/**
 * A named person promotes what the gate alone would not: too few outcomes, many flips, or another
 * line that a person may answer for. It goes to the staff devices (ring 0) alone.
 *
 * Laws, in `promote-by-person.test.ts`:
 *   P1 without a name and a reason nothing is promoted
 *   P2 parity, size, scores that are no number, a run spoilt on purpose and one on outcomes that were
 *      withdrawn since are nobody's to override
 *   P3 the release begins at ring 0, and release and report say who did it and why
 *   P4 it stays there whatever devices show, until a person orders the next ring with a reason, or
 *      another candidate passes the gate (rollout/advance-policy.ts)
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import type { HouseDeps } from '../main/room.ts'
import type { ReleaseRow } from '../rollout/release-repo.ts'
import type { Candidate } from './candidate.ts'
import { barredLines, failedLines } from './gate-report.ts'
import type { Recipe } from './recipe.ts'
import { findCandidate, lockModel, putApproval } from './registry-repo.ts'

export interface PromoteOrder {
  readonly modelName: string
  readonly candidateId: string
  readonly by: string
  readonly reason: string
}

export type PromoteByPerson = (order: PromoteOrder) => Promise<Result<ReleaseRow, Fault>>

/** What it needs of the room of releases. */
export interface PromoteNeeds {
  readonly releaseIn: (
    tx: WriteDb,
    order: {
      readonly candidate: Candidate
      readonly recipe: Recipe
      readonly reason: 'promotion'
      readonly note: string
      readonly who: string
      readonly fromRing: 0
    },
  ) => Promise<ReleaseRow>
  readonly announce: (row: ReleaseRow) => void
}

export function createPromoteByPerson(
  { write, now, recovering }: Pick<HouseDeps, 'write' | 'now' | 'recovering'>,
  { releaseIn, announce }: PromoteNeeds,
): PromoteByPerson {
  return async ({ modelName, candidateId, by, reason }) => {
    if (recovering.isOpen()) return err(fault('house.recovering'))
    const released = await inTransaction(write, async (tx): Promise<Result<ReleaseRow, Fault>> => {
      const model = await lockModel(tx, modelName)
      const row = model === undefined ? undefined : await findCandidate(tx, candidateId)
      if (model === undefined || row === undefined || row.candidate.modelName !== modelName)
        return err(fault('http.not-found', `candidate ${candidateId} of ${modelName}`))
      const { candidate, report } = row
      if (model.championId === candidateId)
        return err(fault('http.bad-request', `candidateId: ${candidateId} is the champion already`))
      if (report === null) return err(fault('http.not-found', `a report of the gate on candidate ${candidateId}`))
      const barred = barredLines(report)
      if (barred.length > 0 || candidate.handicap !== null)
        return err(
          fault('gate.barred', barred.map(({ name, why }) => `${name}: ${why}`).join(' ') || `spoilt on purpose`, {
            lines: barred,
          }),
        )
      await putApproval(tx, candidateId, {
        by,
        reason,
        atMs: now(),
        overridden: failedLines(report).map(({ name }) => name),
      })
      const { recipe } = model
      const note = `${by}: ${reason}`
      return ok(await releaseIn(tx, { candidate, recipe, reason: 'promotion', note, who: by, fromRing: 0 }))
    })
    if (released.ok) announce(released.value)
    return released
  }
}
