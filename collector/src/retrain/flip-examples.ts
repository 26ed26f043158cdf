/**
 * Households whose class a candidate would change: the largest changes of probability in both
 * directions, with what moved both models. A person who knows the households reads them.
 */
import type { Model } from '@murram/learn'
import { createExplainer, type ModelInput } from '@murram/score'
import type { FlipExample, FlipReason } from '../registry/gate-figures.ts'
import { createFeatureRows } from './feature-row-of.ts'
import type { JudgedRows } from './judged-rows.ts'
import type { SnapshotTable } from './snapshot.ts'

/** So many in each direction. */
const EXAMPLES = 5
const REASONS = 3

export interface BothModels {
  readonly candidate: Model
  readonly champion: Model
  readonly inputs: readonly ModelInput[]
  readonly championInputs: readonly ModelInput[]
}

export function flipExamples(
  { table, labels, instances }: Pick<SnapshotTable, 'table' | 'labels' | 'instances'>,
  { codes, groups, champion, candidate, threshold }: JudgedRows,
  models: BothModels,
): readonly FlipExample[] {
  const moved = (row: number) => candidate[row]! - champion[row]!
  const flipped = [...codes.keys()].filter(row => candidate[row]! >= threshold !== champion[row]! >= threshold)
  const up = flipped.filter(row => moved(row) > 0).sort((a, b) => moved(b) - moved(a) || a - b)
  const down = flipped.filter(row => moved(row) < 0).sort((a, b) => moved(a) - moved(b) || a - b)
  const before = createReasons(models.champion, models.championInputs, table)
  const after = createReasons(models.candidate, models.inputs, table)
  return [...up.slice(0, EXAMPLES), ...down.slice(0, EXAMPLES)].map(row => ({
    instanceId: instances[row]!,
    household: groups[row]!,
    before: champion[row]!,
    after: candidate[row]!,
    outcome: labels.classes[codes[row]!]!,
    reasonsBefore: before(row),
    reasonsAfter: after(row),
  }))
}

function createReasons(
  model: Model,
  inputs: readonly ModelInput[],
  table: SnapshotTable['table'],
): (row: number) => readonly FlipReason[] {
  const explainer = createExplainer(model, inputs)
  const featureRow = createFeatureRows(table, inputs)
  return row => {
    const features = featureRow(row)
    return explainer.reasons(features, 0, REASONS).map(({ input, contribution }) => {
      const answer = features[input]
      return {
        question: input,
        contribution,
        answer: answer === undefined || answer === '' || Number.isNaN(answer) ? 'not answered' : String(answer),
      }
    })
  }
}
