/**
 * What the model reads of one submission. The trainer and the device call this same
 * function, so training and scoring cannot drift apart; encodings live inside the graph.
 *
 * A question that was not asked in this interview and one that was left blank look alike to
 * the model: both are missing.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { isMissing, type FeatureRow } from './answers.ts'
import type { ModelInput } from './manifest.ts'
import { readNumber } from './read-number.ts'
import { textOf } from './text-of.ts'

/**
 * @param answers XForm string values by question name; `''` is a blank answer. What an
 *   expression says stands under its input's name: the house that holds the form computes it.
 * @param inputs The manifest's: names, kinds, units.
 * @param asked The questions of the form version, where the caller knows them: an input
 *   that is none of them fails with `score.input-missing`.
 */
export function toFeatureRow(
  answers: ReadonlyMap<string, string>,
  inputs: readonly ModelInput[],
  asked?: ReadonlySet<string>,
): Result<FeatureRow, FaultOf<'score.input-missing'>> {
  const entries: [string, string | number][] = []
  for (const input of inputs) {
    const { name, kind, from } = input
    const question = from ?? name
    if (asked !== undefined && input.expression === undefined && !asked.has(question))
      return err(fault('score.input-missing', question, { input: name, question }))
    const answer = answers.get(question) ?? ''
    entries.push([name, kind === 'number' ? readNumber(answer, input) : kind === 'text' ? textOf(answer) : answer])
  }
  return ok(Object.fromEntries(entries))
}

/** The inputs of a row that were not answered. */
export const missingInputs = (row: FeatureRow, inputs: readonly { readonly name: string }[]): string[] =>
  inputs.map(({ name }) => name).filter(name => isMissing(row[name]))
