/**
 * Which interviews are followed up, and how likely each of them was to be.
 *
 * An interview is chosen for the audit share by a draw that hangs on its name alone; otherwise
 * it may be chosen because it matters to know how it was. Both draws are numbers in [0, 1)
 * by hash, so that they are the same whoever draws, and whenever:
 *
 *     chosen = audit draw < share   or   decision draw < chance        (apart from each other)
 *     probability of it = share + (1 - share) · chance                 (chance 0: it does not matter)
 *
 * Laws, tested in `choose.test.ts`:
 *   FU1 the audit share hangs on salt and interview alone: not on score, order or how often one plans
 *   FU2 outcomes weighted by one over their probability say what all outcomes would say
 *   FU3 the budget of an officer's week bounds what is expected of decisions; no audit is left out for it
 *
 * Why a chance by hash and not the most doubtful first: with who is chosen for sure or never,
 * nothing can be said of those who were not. The chance hangs on how many there are and never
 * on a draw, or the weights would be wrong (decision 29).
 */
import { sha256 } from '@murram/seal'

export type Selection = 'audit' | 'decision'
export type Cause = 'unsure' | 'near' | 'overridden'

export interface FollowUpRules {
  readonly auditShare: number
  /** Visits of one officer in seven days. */
  readonly perWeek: number
  /** So near to the threshold an assessment is a guess. */
  readonly near: number
}

/** What of an assessment says whether it matters to know. */
export interface Doubt {
  readonly probability: number
  readonly sure: boolean
  readonly overridden: boolean
}

export interface Drawable {
  readonly instanceId: string
  /** `null`: it was not scored. */
  readonly doubt: Doubt | null
  readonly officer: string | null
  /** Nobody needs to go: its outcome is here. It may still belong to the audit share. */
  readonly known: boolean
}

export interface Chance {
  readonly instanceId: string
  readonly selection: Selection | null
  readonly probability: number
  readonly auditShare: number
  readonly cause: Cause | null
}

export const causeOf = (
  { doubt }: Pick<Drawable, 'doubt'>,
  { near, threshold }: { readonly near: number; readonly threshold: number },
): Cause | null => {
  if (doubt === null) return null
  if (doubt.overridden) return 'overridden'
  if (!doubt.sure) return 'unsure'
  return Math.abs(doubt.probability - threshold) <= near ? 'near' : null
}

/** A number in [0, 1) that hangs on nothing else. */
export const drawOf = (salt: string, purpose: Selection, instanceId: string): number =>
  Number.parseInt(sha256(`follow-up:${purpose}:${salt}:${instanceId}`).slice(0, 13), 16) / 16 ** 13

/**
 * @param spent By officer: the sum of the probabilities of what was drawn within these seven days.
 */
export function chooseFollowUps(
  interviews: readonly Drawable[],
  {
    salt,
    threshold,
    rules,
    spent,
  }: {
    readonly salt: string
    readonly threshold: number
    readonly rules: FollowUpRules
    readonly spent: ReadonlyMap<string | null, number>
  },
): readonly Chance[] {
  const { auditShare, perWeek, near } = rules
  const causes = new Map(
    interviews.map(one => [one.instanceId, one.known ? null : causeOf(one, { near, threshold })] as const),
  )
  const byOfficer = Map.groupBy(interviews, ({ officer }) => officer)
  const chances = new Map(
    [...byOfficer].map(([officer, theirs]) => {
      const worthy = theirs.filter(({ instanceId }) => causes.get(instanceId) !== null).length
      const audits = auditShare * theirs.filter(({ known }) => !known).length
      const left = perWeek - (spent.get(officer) ?? 0) - audits // FU3
      return [officer, worthy === 0 ? 0 : Math.min(1, Math.max(0, left / (worthy * (1 - auditShare))))] as const
    }),
  )
  return interviews.map(({ instanceId, officer }) => {
    const cause = causes.get(instanceId) ?? null
    const chance = cause === null ? 0 : (chances.get(officer) ?? 0)
    const selection =
      drawOf(salt, 'audit', instanceId) < auditShare
        ? 'audit'
        : drawOf(salt, 'decision', instanceId) < chance
          ? 'decision'
          : null
    return { instanceId, selection, probability: auditShare + (1 - auditShare) * chance, auditShare, cause }
  })
}
