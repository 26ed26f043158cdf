/**
 * Two models on the same interviews, once their outcomes are verified: the one that the officer was
 * shown, and the one that was scored in shadow.
 *
 * Laws, in `shadow-verdict.test.ts`:
 *   SV1 with few pairs nothing is said, whichever way they lean
 *   SV2 *worse* is said only where chance does not explain it; *not worse* is no proof of *better*
 *
 * Why log-loss: it is what the gate judges by, and two probabilities that name the same class may
 * still differ in how well they are meant.
 */
export interface JudgedPair {
  readonly isPositive: boolean
  /** Of the positive class. */
  readonly champion: number
  readonly shadow: number
}

export interface ShadowVerdict {
  readonly pairs: number
  readonly championLogLoss: number | null
  readonly shadowLogLoss: number | null
  /** Champion's loss less the shadow's; above nought the shadow is better. */
  readonly gain: { readonly mean: number; readonly lower: number; readonly upper: number } | null
  readonly verdict: 'too few' | 'not worse' | 'worse'
  readonly words: string
}

/** SV1 */
const FEWEST_PAIRS = 50
const Z_95 = 1.645
const NEAREST = 1e-6

export function judgeShadow(pairs: readonly JudgedPair[]): ShadowVerdict {
  const count = pairs.length
  if (count === 0)
    return {
      pairs: 0,
      championLogLoss: null,
      shadowLogLoss: null,
      gain: null,
      verdict: 'too few',
      words: 'Too few: no interview that it scored in shadow has a verified outcome yet.',
    }
  const losses = pairs.map(({ isPositive, champion, shadow }) => ({
    champion: lossOf(champion, isPositive),
    shadow: lossOf(shadow, isPositive),
  }))
  const gains = losses.map(({ champion, shadow }) => champion - shadow)
  const mean = meanOf(gains)
  const spread = Math.sqrt(gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / Math.max(1, count - 1) / count)
  const gain = { mean, lower: mean - Z_95 * spread, upper: mean + Z_95 * spread }
  const verdict = count < FEWEST_PAIRS ? 'too few' : gain.upper < 0 ? 'worse' : 'not worse' // SV2
  return {
    pairs: count,
    championLogLoss: meanOf(losses.map(({ champion }) => champion)),
    shadowLogLoss: meanOf(losses.map(({ shadow }) => shadow)),
    gain,
    verdict,
    words: wordsOf(verdict, count, gain),
  }
}

const lossOf = (probability: number, isPositive: boolean): number =>
  -Math.log(Math.min(1 - NEAREST, Math.max(NEAREST, isPositive ? probability : 1 - probability)))

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function wordsOf(
  verdict: ShadowVerdict['verdict'],
  pairs: number,
  { mean, lower, upper }: { mean: number; lower: number; upper: number },
): string {
  const figures = `${pairs} interviews with a verified outcome; log-loss gain ${mean.toFixed(4)} (${lower.toFixed(4)} to ${upper.toFixed(4)})`
  if (verdict === 'too few') return `Too few: ${figures}. Below ${FEWEST_PAIRS} nothing is said.`
  return verdict === 'worse'
    ? `Worse than the model in force: ${figures}.`
    : `Not worse than the model in force: ${figures}.`
}
