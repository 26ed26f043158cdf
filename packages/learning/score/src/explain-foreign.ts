/**
 * Why a graph that was made elsewhere says what it says: it is asked again with one question
 * taken out (a blank, or what is typical where it takes no blanks), and how far its answer
 * moves, in log odds, is what that question adds. All of it is one run of the graph.
 *
 * Unlike our own reasons these do not add up to the whole, and two questions that say the
 * same hide each other.
 */
import { ok, type Fault, type Result } from '@murram/ground'
import { heaviest, type Reason } from './explain.ts'
import type { FeatureRow } from './answers.ts'
import type { ForeignModel } from './foreign-model.ts'
import type { ModelInput } from './manifest.ts'
import type { Predictor } from './predictor.ts'

export async function foreignReasons(
  model: ForeignModel,
  inputs: readonly ModelInput[],
  { predict, width }: Predictor,
  row: FeatureRow,
  output: number,
  most: number,
): Promise<Result<Reason[], Fault>> {
  const questions = inputs.map(({ name, from }) => from ?? name)
  const distinct = [...new Set(questions)]
  const without = distinct.map(question => {
    const blanks = model.inputs
      .filter((_, i) => questions[i] === question)
      .map(
        ({ name, kind, typical }) =>
          [name, model.takesBlanks ? (kind === 'number' ? Number.NaN : '') : typical] as const,
      )
    return { ...row, ...Object.fromEntries(blanks) }
  })
  const said = await predict([row, ...without])
  if (!said.ok) return said
  const strength = (i: number): number => {
    const p = said.value[i * width + output]!
    return model.task === 'regression' ? p : Math.log(Math.max(p, 1e-7)) - Math.log(Math.max(1 - p, 1e-7))
  }
  const whole = strength(0)
  return ok(
    heaviest(
      distinct,
      Float64Array.from(distinct, (_, i) => whole - strength(i + 1)),
      most,
    ),
  )
}
