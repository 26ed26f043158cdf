/**
 * The interviews that a run may learn from, each with the outcome that stands for it, and those
 * it must leave out with the reason.
 *
 * Several interviews that one correction replaced are one interview, and what was seen of any of
 * them was seen of it. Which outcome stands is decided before answers are read
 * (outcomes/outcome-states.ts): answers come a page at a time.
 */
import type { InstanceId } from '@murram/ground'
import type { ReadDb } from '../db/handles.ts'
import { seenOutcomes, type SeenOutcome } from '../outcomes/outcome-repo.ts'
import { standingOf, type Horizon } from '../outcomes/outcome-states.ts'
import type { LeftOutVisit, VerifiedVisit } from './snapshot.ts'
import { interviewsInForce, liveInterviews } from './training-rows-repo.ts'

export interface VisitsOrder {
  readonly formId: string
  /** What stands by an outcome at or below this number is passed over. */
  readonly afterSeq?: number
  /** Outcomes at or below this number belong to the run. */
  readonly uptoSeq: number
  readonly horizon: Horizon | undefined
  /** Answers together with what expressions say of them. */
  readonly computedIn: (
    version: string,
    answers: Readonly<Record<string, string>>,
  ) => Promise<Readonly<Record<string, string>>>
}

/** How many interviews are read at once: the event loop sees one page at a time. */
const PAGE = 500
/** Without their answers. */
const LIGHT_PAGE = 5_000

interface Standing {
  readonly instanceId: InstanceId
  readonly surveyedAtMs: number
  readonly outcome: SeenOutcome
}

export async function* visitPages(
  read: ReadDb,
  { formId, afterSeq = 0, uptoSeq, horizon, computedIn }: VisitsOrder,
): AsyncGenerator<readonly (VerifiedVisit | LeftOutVisit)[]> {
  const seen = await seenOutcomes(read, formId, uptoSeq)
  const inForce = await interviewsNow(
    read,
    seen.map(({ instanceId }) => instanceId),
  )
  const { standing: all, leftOut } = decideStanding(seen, inForce, horizon)
  const standing = all.filter(({ outcome }) => outcome.seq > afterSeq)
  yield leftOut
  for (let at = 0; at < standing.length; at += PAGE) {
    const page = standing.slice(at, at + PAGE)
    const byId = new Map(page.map(one => [one.instanceId, one]))
    const visits: VerifiedVisit[] = []
    for (const { instanceId, household, version, answers } of await liveInterviews(read, [...byId.keys()])) {
      const { surveyedAtMs, outcome } = byId.get(instanceId) ?? {}
      // Corrected between the two questions: the next run has it.
      if (outcome === undefined || surveyedAtMs === undefined) continue
      const { value, observedAtMs, selection, probability } = outcome
      visits.push({
        instanceId,
        household,
        version,
        value,
        answers: await computedIn(version, answers),
        surveyedAtMs,
        observedAtMs,
        selection,
        probability,
      })
    }
    yield visits
  }
}

export type InterviewsNow = ReadonlyMap<InstanceId, { readonly instanceId: InstanceId; readonly surveyedAtMs: number }>

/** What each interview is now: itself, or the last correction of it. One that is not in force is not there. */
export async function interviewsNow(read: ReadDb, instanceIds: Iterable<InstanceId>): Promise<InterviewsNow> {
  const asked = [...new Set(instanceIds)].toSorted()
  const inForce = new Map<InstanceId, { readonly instanceId: InstanceId; readonly surveyedAtMs: number }>()
  for (let at = 0; at < asked.length; at += LIGHT_PAGE)
    for (const one of await interviewsInForce(read, asked.slice(at, at + LIGHT_PAGE))) inForce.set(one.askedFor, one)
  return inForce
}

export function decideStanding(
  seen: readonly SeenOutcome[],
  inForce: InterviewsNow,
  horizon: Horizon | undefined,
): { readonly standing: readonly Standing[]; readonly leftOut: readonly LeftOutVisit[] } {
  const standing: Standing[] = []
  const leftOut: LeftOutVisit[] = []
  for (const [instanceId, outcomes] of Map.groupBy(
    seen,
    one => inForce.get(one.instanceId)?.instanceId ?? one.instanceId,
  )) {
    const interview = inForce.get(outcomes[0]!.instanceId)
    if (interview === undefined) {
      leftOut.push({ instanceId, leftOut: 'the interview is not in force' })
      continue
    }
    const found = standingOf(outcomes, interview.surveyedAtMs, horizon)
    if (found.state === 'verified') standing.push({ ...interview, outcome: found.outcome })
    else leftOut.push({ instanceId, leftOut: found.why })
  }
  return { standing, leftOut }
}
