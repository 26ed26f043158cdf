/**
 * From an interview to what a model reads of it, on a device and at the centre alike: the answers
 * by name, and beside them what expressions say. The form is not known here: the house that holds
 * it says how an interview is read.
 */
import { err, ok, type Fault, type Result } from '@murram/ground'
import type { FeatureRow } from './answers.ts'
import { toFeatureRow } from './feature-row.ts'
import type { ModelInput } from './manifest.ts'

/** What a form says of its interviews, whatever they are held as. */
export interface Reading<Interview> {
  /** XForm string values by question name; a question that was not asked is blank. */
  readonly byName: (interview: Interview) => ReadonlyMap<string, string>
  readonly prepare: (
    expressions: readonly { readonly name: string; readonly expression: string }[],
  ) => Result<(interview: Interview) => ReadonlyMap<string, string>, Fault>
}

/** Expressions are made ready once; fails where the form cannot compute one of them. */
export function createRowReader<Interview>(
  inputs: readonly ModelInput[],
  { byName, prepare }: Reading<Interview>,
): Result<(interview: Interview) => Result<FeatureRow, Fault>, Fault> {
  const expressions = inputs.flatMap(({ name, expression }) => (expression === undefined ? [] : [{ name, expression }]))
  if (expressions.length === 0) return ok(interview => toFeatureRow(byName(interview), inputs))
  const evaluate = prepare(expressions)
  return evaluate.ok
    ? ok(interview => toFeatureRow(new Map([...byName(interview), ...evaluate.value(interview)]), inputs))
    : err(evaluate.error)
}
