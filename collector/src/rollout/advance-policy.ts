/**
 * When a release goes from one ring to the next, and when it is stopped: by what devices showed,
 * never by how many hours passed. A laptop that was offline for three weeks has shown nothing.
 *
 * Laws, in `advance-policy.test.ts`:
 *   AP1 a ring is left behind only with enough scores from enough devices; of a ring with fewer
 *       devices all of them are enough
 *   AP2 enough devices on which the model fails halt it, at once, whatever else they showed
 *       many interviews without a score do the same: a device leaves a model later than a ring can tell
 *   AP3 it is halted where decisions change more often than was promised, beyond chance, or where
 *       verified outcomes say that it is worse
 *   AP4 rings without devices are passed over; behind the last ring of the recipe all have it
 *   AP5 what a person has seen and resumed does not halt it again
 *   AP6 what a person promoted past the gate no evidence of devices carries to the next ring: devices
 *       show that it runs, not that it is right. A person opens each ring, or the gate passes another
 *
 * Not here: how figures are counted (evidence-repo.ts), and orders (give-order.ts).
 */
import { ringOf } from '@murram/score'
import { RecipeSchema, type Recipe } from '../registry/recipe.ts'

export type RolloutPolicy = Recipe['rollout'] & Pick<Recipe, 'rings'>

/** Of a recipe that says nothing of its rollout. */
export const defaultPolicy = (): RolloutPolicy => {
  const { rollout, rings } = RecipeSchema.shape
  return { ...rollout.parse({}), rings: rings.parse(undefined) }
}

/** What devices showed of one release since its ring was opened. */
export interface RingEvidence {
  /** Active devices in the ring that was opened last. */
  readonly devices: number
  /** Devices of any ring that say they installed it. */
  readonly installed: number
  /** Interviews that it scored while it was in force, and on how many devices of that ring. */
  readonly scores: number
  readonly scoredDevices: number
  /** Interviews that came without a score from devices that have it, and had another one before. */
  readonly unscored: number
  /** Devices on which it did not load, failed its test rows or said no number, ring or shadow. */
  readonly failures: readonly { readonly deviceId: string; readonly why: string }[]
  /** Interviews that it scored in shadow, and how many of them it would have decided otherwise. */
  readonly pairs: number
  readonly flips: number
  /** What the gate's report said; `null` where nothing was promised (the bytes are known already). */
  readonly promisedFlips: number | null
  /** Against the model in force, on interviews with a verified outcome. */
  readonly judged: 'too few' | 'not worse' | 'worse'
}

/** What a person has looked at and let pass. */
export interface Accepted {
  readonly devices: readonly string[]
  readonly unscored: boolean
  readonly flips: boolean
  readonly judged: boolean
}
export const NOTHING_ACCEPTED: Accepted = { devices: [], unscored: false, flips: false, judged: false }

export type Decision =
  | { readonly do: 'wait'; readonly why: string }
  | { readonly do: 'advance'; readonly why: string }
  | { readonly do: 'halt'; readonly cause: 'failures' | 'unscored' | 'flips' | 'judged'; readonly why: string }

/** Who promoted a release that the gate refuses. */
export interface PastTheGate {
  readonly by: string
}

/** @param pastTheGate `null` where the gate passed it, as a rule. */
export function decideAdvance(
  policy: RolloutPolicy,
  evidence: RingEvidence,
  accepted = NOTHING_ACCEPTED,
  pastTheGate: PastTheGate | null = null,
): Decision {
  return (
    haltOf(policy, evidence, accepted) ??
    heldBy(pastTheGate) ??
    waitOf(policy, evidence) ?? { do: 'advance', why: shown(evidence) }
  )
}

/** AP6 */
const heldBy = (pastTheGate: PastTheGate | null): Decision | null =>
  pastTheGate === null
    ? null
    : {
        do: 'wait',
        why: `${pastTheGate.by} promoted it past the gate: it stays in the open ring until a person opens the next one, or another candidate passes the gate`,
      }

function haltOf(policy: RolloutPolicy, evidence: RingEvidence, accepted: Accepted): Decision | null {
  const failed = evidence.failures.filter(({ deviceId }) => !accepted.devices.includes(deviceId)) // AP5
  const tried = evidence.installed + failed.length
  const isShare = tried >= policy.minDevices && failed.length > policy.haltShare * tried
  if (failed.length >= policy.haltDevices || isShare) {
    const reasons = [...new Set(failed.map(({ why }) => why))].join(', ')
    return { do: 'halt', cause: 'failures', why: `it failed on ${failed.length} of ${tried} devices (${reasons})` } // AP2
  }
  const { unscored, scores, pairs, flips, promisedFlips } = evidence
  const interviews = scores + unscored
  if (!accepted.unscored && unscored >= FEWEST_UNSCORED && lowerBound(unscored, interviews) > UNSCORED_SHARE)
    return {
      do: 'halt',
      cause: 'unscored',
      why: `${unscored} of ${interviews} interviews came without a score`,
    }
  const isFar = promisedFlips !== null && lowerBound(flips, pairs) > promisedFlips + policy.flipMargin
  if (!accepted.flips && isFar && pairs >= FEWEST_PAIRS)
    return {
      do: 'halt',
      cause: 'flips',
      why: `it changes ${percent(flips / pairs)} of ${pairs} decisions; the gate's report said ${percent(promisedFlips)}`,
    }
  if (!accepted.judged && evidence.judged === 'worse')
    return { do: 'halt', cause: 'judged', why: 'on interviews with a verified outcome it is worse than the one before' }
  return null
}

/** AP1 */
function waitOf(policy: RolloutPolicy, { devices, scores, scoredDevices }: RingEvidence): Decision | null {
  if (devices === 0)
    return { do: 'wait', why: 'no device is in the open ring: name some of the staff, or open the next' }
  const wanted = Math.min(policy.minDevices, devices)
  if (scoredDevices >= wanted && scores >= policy.minScores) return null
  const of = wanted < policy.minDevices ? `all ${devices} of its devices` : `${wanted} devices`
  return {
    do: 'wait',
    why: `${scores} of ${policy.minScores} scores have come, from ${scoredDevices} devices; ${of} are asked for`,
  }
}

const shown = ({ scores, scoredDevices, pairs, flips, judged }: RingEvidence): string =>
  [
    `${scores} scores from ${scoredDevices} devices, and no failure that halts it`,
    pairs === 0 ? 'nothing was scored in shadow' : `${flips} of ${pairs} decisions in shadow change`,
    judged === 'too few' ? 'too few verified outcomes to compare by' : `by verified outcomes ${judged}`,
  ].join('; ')

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

/** Looked at again and again, a handful of pairs would be far off one day by chance alone. */
const FEWEST_PAIRS = 50
/** As on the device (shelf/model-health.ts), over all devices of the rings. */
const FEWEST_UNSCORED = 3
const UNSCORED_SHARE = 0.01
const Z_99 = 2.326

/** Of a share, one-sided at 99 % (Wilson 1927): what chance alone explains is not held against it. */
function lowerBound(hits: number, of: number): number {
  if (of === 0) return 0
  const share = hits / of
  const z2 = Z_99 ** 2
  const spread = Z_99 * Math.sqrt((share * (1 - share)) / of + z2 / (4 * of ** 2))
  return (share + z2 / (2 * of) - spread) / (1 + z2 / of)
}

export interface Opening {
  readonly openRing: number
  readonly state: 'advancing' | 'complete'
}

/**
 * AP4. The ring that is opened next: the first of the recipe beyond `after` that brings devices.
 *
 * @param after The ring that is open; -1 for a release that begins.
 */
export function nextOpening(
  { rings, shares }: Pick<RolloutPolicy, 'rings' | 'shares'>,
  fleet: { readonly modelName: string; readonly staff: readonly string[]; readonly deviceIds: readonly string[] },
  after: number,
): Opening {
  const { modelName, staff, deviceIds } = fleet
  const of = deviceIds.map(deviceId => ringOf({ modelName, shares, staff }, deviceId))
  const last = shares.length
  for (const ring of rings) {
    if (ring <= after || !of.some(one => one > after && one <= ring)) continue
    const isAll = ring >= last || of.every(one => one <= ring)
    return isAll ? { openRing: last, state: 'complete' } : { openRing: ring, state: 'advancing' }
  }
  return { openRing: last, state: 'complete' }
}
