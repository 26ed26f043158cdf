/**
 * When may the model speak with one voice? A class stays possible for a household while its
 * probability is not below that class's cut-off; exactly one possible class is a sure answer.
 *
 * The cut-offs are class-wise, so the rare class is covered as often as the common one.
 * Law: of fresh rows of a class, about `coverage` or more keep their true class.
 *
 * `probabilities` must come from rows the model was not fitted on (out-of-fold or holdout),
 * 500 or more of them if the promise is to mean anything. Of two classes they are P(second);
 * of several a probability a class, row by row.
 *
 * @see Vovk 2012, "Conditional validity of inductive conformal predictors", section 5.
 */
import { binomialInterval } from './binomial.ts'
import type { Labels } from './table.ts'

/** Cut-off by class name: class c is possible where p(c) >= cutoffs[c]. */
export type Cutoffs = Readonly<Record<string, number>>

/** @param weights what each row counts, above 0: a row of weight 2 counts as two rows */
export function conformalCutoffs(
  probabilities: ArrayLike<number>,
  labels: Labels,
  coverage: number,
  weights?: ArrayLike<number>,
): Cutoffs {
  const cutoffs: Record<string, number> = {}
  for (const [code, name] of labels.classes.entries()) {
    const own: { readonly p: number; readonly weight: number }[] = []
    let total = 0
    for (let row = 0; row < labels.codes.length; row++) {
      if (labels.codes[row] !== code) continue
      const weight = weights?.[row] ?? 1
      own.push({ p: probabilityOf(probabilities, labels, row, code), weight })
      total += weight
    }
    own.sort((a, b) => a.p - b.p)
    const rank = Math.floor((1 - coverage) * (total + 1))
    // Too few rows to rule anything out at this coverage: the class stays possible always.
    let below = 0
    cutoffs[name] = rank < 1 ? 0 : own.find(({ weight }) => (below += weight) >= rank)!.p
  }
  return cutoffs
}

export interface Coverage {
  /** A region, or '' for all rows. */
  readonly region: string
  readonly rows: number
  /** Share of rows whose true class stayed possible. */
  readonly covered: number
  /** Share of rows with one possible class: those the model is sure of. */
  readonly sure: number
  /** Where `covered` lies by chance in 95 of 100 samples of this size, were the promise kept. */
  readonly interval: { readonly lower: number; readonly upper: number }
  /** Not below the interval: covering more than was promised breaks no promise. */
  readonly isKept: boolean
}

/** Whether cut-offs keep their promise on rows they were not made from: of all, then by region. */
export function coverageOf(
  probabilities: ArrayLike<number>,
  labels: Labels,
  { cutoffs, coverage }: { readonly cutoffs: Cutoffs; readonly coverage: number },
  regions: readonly (string | null)[] = [],
): Coverage[] {
  const tallies = new Map<string, { rows: number; covered: number; sure: number }>()
  for (let row = 0; row < labels.codes.length; row++) {
    const possible = labels.classes.flatMap((name, code) =>
      probabilityOf(probabilities, labels, row, code) >= (cutoffs[name] ?? 0) ? [code] : [],
    )
    const region = regions[row] ?? ''
    for (const key of region === '' ? [''] : ['', region]) {
      const tally = tallies.get(key) ?? { rows: 0, covered: 0, sure: 0 }
      tally.rows += 1
      tally.covered += possible.includes(labels.codes[row]!) ? 1 : 0
      tally.sure += possible.length === 1 ? 1 : 0
      tallies.set(key, tally)
    }
  }
  return [...tallies]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([region, { rows, covered, sure }]) => {
      const interval = binomialInterval(rows, coverage, 0.95)
      const isKept = covered / rows >= interval.lower
      return { region, rows, covered: covered / rows, sure: sure / rows, interval, isKept }
    })
}

function probabilityOf(probabilities: ArrayLike<number>, { classes }: Labels, row: number, code: number): number {
  if (classes.length > 2) return probabilities[row * classes.length + code]!
  return code === 1 ? probabilities[row]! : 1 - probabilities[row]!
}
