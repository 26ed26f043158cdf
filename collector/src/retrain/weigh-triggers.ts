/**
 * What would start a run of a model now, what would not, and why: each trigger with its value,
 * its limit and the moment at which it is looked at next.
 *
 * Laws, in `weigh-triggers.test.ts`:
 *   W1 between two runs that no person asked for lie `hoursBetween`, whatever the trigger
 *   W2 degradation starts one only beyond the one-sided 95 % bound, on outcomes enough
 *   W3 a region is off only by more than the limit, beyond chance, however many regions are looked at
 *   W4 nothing starts while a run goes on or the project recovers, and that is said
 *   W5 degradation and calibration wait for something new to learn from
 *
 * Drift alone is no trigger: it may say what changed, not that a new model would be better.
 * Pure; where the facts come from is gather-evidence.ts.
 */
import { nextOfCron } from '../registry/cron.ts'
import type { Recipe } from '../registry/recipe.ts'
import { isOff, type AuditEvidence, type RegionEvidence } from './measure-evidence.ts'
import type { RunRow } from './run-repo.ts'

export interface TriggerFacts {
  readonly triggers: Recipe['triggers']
  readonly nowMs: number
  readonly recovering: boolean
  /** What the open run says of itself; `null` where none is open. */
  readonly openRun: string | null
  /** When the last run that no person asked for ended. */
  readonly lastAutomaticEndMs: number | null
  /** Outcomes that no run has seen. */
  readonly fresh: number
  /** `null`: none has come since. */
  readonly audit: AuditEvidence | null
  readonly regions: readonly RegionEvidence[]
  /** The clock has just said that the schedule is due. */
  readonly isDue: boolean
}

export interface WeighedTrigger {
  readonly trigger: RunRow['trigger']
  /** `held`: its condition is met and something else stands in the way. */
  readonly verdict: 'starts' | 'held' | 'waits' | 'too-few' | 'off'
  readonly value: number | null
  readonly limit: number | null
  readonly why: string
  /** When it may start a run at the earliest, where that is a matter of time alone. */
  readonly nextAtMs: number | null
}

const HOUR = 3_600_000

export function weighTriggers(facts: TriggerFacts): readonly WeighedTrigger[] {
  const restsUntilMs = restOf(facts)
  return [outcomes(facts), degradation(facts), calibration(facts), schedule(facts)]
    .map(weighed => hold(weighed, facts, restsUntilMs))
    .concat(person(facts))
}

function restOf({ lastAutomaticEndMs, triggers, nowMs }: TriggerFacts): number | null {
  if (lastAutomaticEndMs === null) return null
  const until = lastAutomaticEndMs + triggers.hoursBetween * HOUR
  return until > nowMs ? until : null
}

function hold(weighed: WeighedTrigger, facts: TriggerFacts, restsUntilMs: number | null): WeighedTrigger {
  if (weighed.verdict !== 'starts') return weighed
  const held = (why: string, nextAtMs: number | null): WeighedTrigger => ({
    ...weighed,
    verdict: 'held',
    why: `${weighed.why}; ${why}`,
    nextAtMs,
  })
  if (facts.recovering) return held('held while the project recovers from a restore', null)
  if (facts.openRun !== null) return held(`held by a run that goes on: ${facts.openRun}`, null)
  if (restsUntilMs !== null)
    return held(
      `held: ${facts.triggers.hoursBetween} h lie between two runs that no person asked for`,
      // A schedule that fell into the rest is not made up for: the model has just been trained.
      weighed.trigger === 'schedule' ? weighed.nextAtMs : restsUntilMs,
    )
  return weighed
}

function outcomes({ fresh, triggers: { newOutcomes } }: TriggerFacts): WeighedTrigger {
  const starts = fresh >= newOutcomes
  return {
    trigger: 'outcomes',
    verdict: starts ? 'starts' : 'waits',
    value: fresh,
    limit: newOutcomes,
    why: `${counted(fresh, 'verified outcome')} since the last run, ${newOutcomes} start one`,
    nextAtMs: null,
  }
}

function degradation({ triggers, audit, fresh }: TriggerFacts): WeighedTrigger {
  const base = {
    trigger: 'degradation',
    value: audit?.lower ?? null,
    limit: audit?.atPromotion ?? null,
    nextAtMs: null,
  } as const
  if (triggers.degradation === 'off') return { ...base, verdict: 'off', why: 'the recipe says: off' }
  const { atLeast } = triggers.degradation
  const seen = audit?.outcomes ?? 0
  if (audit?.atPromotion === null)
    return {
      ...base,
      verdict: 'off',
      why: 'the champion was never measured on a holdout: there is nothing to hold it against',
    }
  if (audit === null || seen < atLeast)
    return {
      ...base,
      verdict: 'too-few',
      why: `too few: ${counted(seen, 'outcome')} of the audit share since the champion was made, ${atLeast} are needed`,
    }
  const figures = `log-loss ${audit.logLoss.toFixed(3)} on ${counted(seen, 'outcome')} of the audit share, at least ${audit.lower.toFixed(3)} (one-sided 95 %); ${audit.atPromotion.toFixed(3)} when it was promoted`
  if (!(audit.lower > audit.atPromotion))
    return { ...base, verdict: 'waits', why: `not worse beyond chance: ${figures}` }
  return unlessStale({ ...base, verdict: 'starts', why: `the champion has become worse: ${figures}` }, triggers, fresh)
}

function calibration({ triggers, regions, fresh }: TriggerFacts): WeighedTrigger {
  const asked = triggers.calibration
  const base = { trigger: 'calibration', value: null, limit: asked?.offBy ?? null, nextAtMs: null } as const
  if (asked === undefined)
    return {
      ...base,
      verdict: 'off',
      why: 'the recipe names no question that tells the region (triggers.calibration.question)',
    }
  const enough = regions.filter(({ outcomes: seen }) => seen >= asked.atLeast)
  if (enough.length === 0)
    return {
      ...base,
      verdict: 'too-few',
      why: `too few: no answer to ${asked.question} has ${asked.atLeast} outcomes since the champion was made`,
    }
  const worst = enough.toSorted((a, b) => offBy(b) - offBy(a))[0]!
  const off = enough.filter(one => isOff(one, asked.offBy)).toSorted((a, b) => offBy(b) - offBy(a))
  const value = offBy(off[0] ?? worst)
  if (off.length === 0)
    return {
      ...base,
      verdict: 'waits',
      value,
      why: `no region is off beyond chance; ${worst.region}: ${inWords(worst)}`,
    }
  const why = `off in ${off.map(one => `${one.region} (${inWords(one)})`).join(', ')}`
  return unlessStale({ ...base, verdict: 'starts', value, why }, triggers, fresh)
}

const offBy = ({ said, was }: RegionEvidence) => Math.abs(said - was)
const inWords = ({ said, was, outcomes: seen }: RegionEvidence) =>
  `said ${percent(said)}, was ${percent(was)} of ${counted(seen, 'outcome')}`

function unlessStale(weighed: WeighedTrigger, { freshAtLeast }: Recipe['triggers'], fresh: number): WeighedTrigger {
  if (fresh >= freshAtLeast) return weighed
  const why = `${weighed.why}; waits for something new to learn from: ${counted(fresh, 'outcome')} since the last run, ${freshAtLeast} are needed`
  return { ...weighed, verdict: 'waits', why }
}

function schedule({ triggers, nowMs, isDue }: TriggerFacts): WeighedTrigger {
  const base = { trigger: 'schedule', value: null, limit: null } as const
  if (triggers.schedule === undefined)
    return { ...base, verdict: 'off', why: 'the recipe names no schedule', nextAtMs: null }
  const nextAtMs = nextOfCron(triggers.schedule, nowMs)
  const why = `due by the schedule ${triggers.schedule} (UTC)`
  return { ...base, verdict: isDue ? 'starts' : 'waits', why: isDue ? why : `next ${why}`, nextAtMs }
}

function person({ recovering, openRun }: TriggerFacts): WeighedTrigger {
  const base = { trigger: 'person', value: null, limit: null, nextAtMs: null } as const
  if (recovering)
    return { ...base, verdict: 'held', why: 'nobody starts one while the project recovers from a restore' }
  if (openRun !== null) return { ...base, verdict: 'held', why: `one run at a time: ${openRun}` }
  return { ...base, verdict: 'waits', why: 'starts whenever somebody asks' }
}

const counted = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`
const percent = (share: number) => `${(100 * share).toFixed(1)} %`
