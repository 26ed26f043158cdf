/**
 * What stands of an outcome. The words are those of docs/models.md, section "Outcomes".
 *
 *   predicted ──seen──► verified ──► disputed | withdrawn ──► verified again
 *
 * `predicted` is no row: it is an interview with an assessment and no outcome.
 *
 * Laws, in `outcome-states.test.ts`:
 *   W1 only verified outcomes count                 W2 of several the last day's stands
 *   W3 the same day, another verifier, another value: disputed, until somebody chooses, or
 *      somebody looks again on a later day          W4 in whatever order they came
 *   W5 a disputed outcome keeps its interview out; a withdrawn one is as if it never were
 *   W6 what was seen outside the horizon neither counts nor stands before what does
 *
 * Not here: where the rows lie (outcome-repo.ts).
 */

/** What people may say of an outcome. */
export const OWN_STATES = ['verified', 'disputed', 'withdrawn'] as const
export type OwnState = (typeof OWN_STATES)[number]

export const OUTCOME_SOURCES = ['import', 'follow-up', 'review'] as const
export type OutcomeSource = (typeof OUTCOME_SOURCES)[number]

/**
 * Why a household was looked at again: drawn blindly (`audit`), because of what its score or
 * the programme asked (`decision`), or for reasons that nobody planned.
 */
export const SELECTIONS = ['audit', 'decision', 'unplanned'] as const
export type Selection = (typeof SELECTIONS)[number]

/** What people said of an outcome or of a batch; `moved`: sent again, to count in another batch. */
export const WORDS = ['disputed', 'withdrawn', 'restored', 'moved'] as const
export type Word = (typeof WORDS)[number]

/** What is left of an outcome after a word on it. Restored from a doubt, or a contradiction, it is chosen. */
export const afterWord = (
  before: { readonly state: OwnState; readonly settledAtMs: number | null },
  word: Exclude<Word, 'moved'>,
  atMs: number,
): { readonly state: OwnState; readonly settledAtMs: number | null } =>
  word === 'restored'
    ? { state: 'verified', settledAtMs: before.state === 'withdrawn' ? null : (before.settledAtMs ?? atMs) }
    : { state: word, settledAtMs: null }

/** Days after the interview within which an outcome is what the model is to tell. */
export interface Horizon {
  readonly fromDays: number
  readonly toDays: number
}

/** Of one outcome, what decides whether it stands. */
export interface Seen {
  readonly seq: number
  readonly value: string
  readonly verifier: string
  readonly observedAtMs: number
  readonly state: OwnState
  readonly settledAtMs: number | null
}

export type Standing<O extends Seen> =
  | { readonly state: 'verified'; readonly outcome: O }
  | { readonly state: 'disputed' | 'withdrawn' | 'outside'; readonly why: string }

const DAY = 86_400_000
const dayOf = (ms: number): number => Math.floor(ms / DAY)

/** Above this one outcome would decide too much. */
export const MOST_WEIGHT = 10

/** What an outcome counts: as many households as it was drawn to stand for. */
export const weightOf = (probability: number | null): number =>
  probability === null ? 1 : Math.min(MOST_WEIGHT, 1 / probability)

export const BEFORE_HORIZON = 'the outcome was seen before the horizon begins'
export const AFTER_HORIZON = 'the outcome was seen after the horizon ends'

/** Where an outcome lies outside of the horizon: why. A day has begun when the interview's hour has come. */
export function outsideHorizon(
  observedAtMs: number,
  surveyedAtMs: number,
  horizon: Horizon | undefined,
): string | undefined {
  if (horizon === undefined) return undefined
  const days = (observedAtMs - surveyedAtMs) / DAY
  if (days < horizon.fromDays) return BEFORE_HORIZON
  // The last day counts as a whole: a date alone means the end of that day.
  return days >= horizon.toDays + 1 ? AFTER_HORIZON : undefined
}

/** @param seen All outcomes of one interview, in any order; at least one. */
export function standingOf<O extends Seen>(seen: readonly O[], surveyedAtMs: number, horizon?: Horizon): Standing<O> {
  const kept = seen.filter(({ state }) => state !== 'withdrawn')
  if (kept.length === 0) return { state: 'withdrawn', why: 'the outcome was withdrawn' }
  const inside = kept.filter(({ observedAtMs }) => outsideHorizon(observedAtMs, surveyedAtMs, horizon) === undefined)
  if (inside.length === 0) {
    const { observedAtMs } = last(kept, one => one.observedAtMs)
    return { state: 'outside', why: outsideHorizon(observedAtMs, surveyedAtMs, horizon) ?? AFTER_HORIZON }
  }
  const lastDay = Math.max(...inside.map(({ observedAtMs }) => dayOf(observedAtMs)))
  const ofDay = inside.filter(({ observedAtMs }) => dayOf(observedAtMs) === lastDay)

  const chosen = ofDay.filter(({ state, settledAtMs }) => state === 'verified' && settledAtMs !== null)
  if (chosen.length > 0) return { state: 'verified', outcome: last(chosen, one => one.settledAtMs!) }
  if (ofDay.some(({ state }) => state === 'disputed')) return { state: 'disputed', why: 'the outcome is disputed' }

  // Who corrects themselves on one day does not contradict themselves.
  const byVerifier = [...Map.groupBy(ofDay, ({ verifier }) => verifier).values()].map(own =>
    last(own, one => one.observedAtMs),
  )
  if (new Set(byVerifier.map(({ value }) => value)).size > 1)
    return { state: 'disputed', why: 'two verifiers contradict each other on the same day' }
  return { state: 'verified', outcome: last(byVerifier, one => one.observedAtMs) }
}

const last = <O extends Seen>(seen: readonly O[], by: (one: O) => number): O =>
  seen.reduce((a, b) => (by(b) > by(a) || (by(b) === by(a) && b.seq > a.seq) ? b : a))
