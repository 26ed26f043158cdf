/**
 * When may the model speak with one voice? A class stays possible for a household while its
 * probability is not below that class's cut-off; exactly one possible class is a sure answer.
 *
 * The cut-offs are class-wise, so the rare class is covered as often as the common one.
 * Law: of fresh rows of a class, about `coverage` or more keep their true class.
 *
 * `probabilities` must come from rows the model was not fitted on (out-of-fold or holdout),
 * 500 or more of them if the promise is to mean anything.
 */
import type { Labels } from './table.ts'

/** Cut-off by class name: class c is possible where p(c) >= cutoffs[c]. */
export type Cutoffs = Readonly<Record<string, number>>

export function conformalCutoffs(probabilities: ArrayLike<number>, labels: Labels, coverage: number): Cutoffs {
  const cutoffs: Record<string, number> = {}
  for (const [code, name] of labels.classes.entries()) {
    const own: number[] = []
    for (let row = 0; row < labels.codes.length; row++)
      if (labels.codes[row] === code) own.push(code === 1 ? probabilities[row]! : 1 - probabilities[row]!)
    own.sort((a, b) => a - b)
    const rank = Math.floor((1 - coverage) * (own.length + 1))
    // Too few rows to rule anything out at this coverage: the class stays possible always.
    cutoffs[name] = rank < 1 ? 0 : own[rank - 1]!
  }
  return cutoffs
}
