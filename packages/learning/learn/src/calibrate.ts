/**
 * From a fitted model and what its like said of unseen rows to a calibrated model, with the
 * correction inside it: a slope and intercepts in its weights and leaves; for two classes also
 * an offset a region and a rising line.
 *
 * Laws, in `calibrate.test.ts`:
 *   C1 what the model says of its unseen scores is what `outOfFold` holds, where nothing but
 *      slope and intercepts were fitted      C2 a rising line, and the offsets, were fitted
 *      on other households than those whose `outOfFold` they give
 */
import { groupedFolds } from './groups.ts'
import { fitIsotonic } from './isotonic.ts'
import { rowLosses } from './measures.ts'
import { sigmoid, type Model, type Tree } from './models.ts'
import type { AnyModel, LinearModel2, Model2, RegionOffsets, TreeModel2 } from './models-format-2.ts'
import { calibrateLinear, calibrateTrees, fitPlatt, shortLogit } from './platt.ts'
import { softmaxRows, riseOf } from './predict-model.ts'
import { fitRegionOffsets } from './region-offsets.ts'
import { fitSoftmaxScale, type SoftmaxScale } from './softmax-scale.ts'
import type { Table } from './table.ts'
import type { ClassTarget, Target } from './target.ts'

export type Calibration = 'platt' | 'isotonic' | 'auto' | 'none'

export interface CalibrateOptions {
  readonly seed: number
  readonly groups: readonly string[]
  readonly calibration: Calibration
  readonly weights?: Float64Array | undefined
  readonly regionColumn?: string | undefined
  readonly folds?: number
}

export interface Calibrated {
  readonly model: AnyModel
  readonly outOfFold: Float64Array
  readonly notes: readonly string[]
}

export function calibrate(
  model: AnyModel,
  unseen: readonly Float64Array[],
  table: Table,
  target: Target,
  options: CalibrateOptions,
): Calibrated {
  if (target.task === 'regression') return { model, outOfFold: unseen[0]!.slice(), notes: [] }
  if (target.task === 'binary') return calibrateBinary(model, unseen[0]!, table, target, options)
  const notes = options.calibration === 'isotonic' ? ['a rising line is for two classes: a slope was fitted'] : []
  if (options.calibration === 'none') return { model, outOfFold: softmaxRows(unseen), notes }
  const scale = fitSoftmaxScale(unseen, target.codes, { weights: options.weights })
  const scaled = unseen.map((scores, k) => scores.map(score => score * scale.slope + scale.intercepts[k]!))
  return { model: scaleModel(toFormat2(model), scale), outOfFold: softmaxRows(scaled), notes }
}

function calibrateBinary(
  fitted: AnyModel,
  unseen: Float64Array,
  table: Table,
  target: ClassTarget,
  options: CalibrateOptions,
): Calibrated {
  const { calibration, regionColumn, groups, seed, folds: k = 5 } = options
  const platt =
    calibration === 'none' ? { slope: 1, intercept: 0 } : fitPlatt(unseen, target.codes, { weights: options.weights })
  let model: AnyModel =
    fitted.format === 2
      ? scaleModel(fitted, { slope: platt.slope, intercepts: [platt.intercept] })
      : fitted.kind === 'linear'
        ? calibrateLinear(fitted, platt)
        : calibrateTrees(fitted, platt)
  let logits: Float64Array = unseen.map(logit => platt.slope * logit + platt.intercept)
  const folds = groupedFolds(groups, k, seed)
  const notes: string[] = []

  if (regionColumn !== undefined) {
    const corrected = correctRegions(regionColumn, logits, table, target, folds, k)
    logits = corrected.logits
    if (corrected.regions !== null) model = { ...toFormat2(model), regions: corrected.regions }
    notes.push(...corrected.notes)
  }
  const plain = logits.map(sigmoid)
  if (calibration !== 'isotonic' && (calibration !== 'auto' || table.rows < LINE_FROM))
    return { model, outOfFold: plain, notes }
  const risen = crossFitLine(logits, target.codes, folds, k)
  if (calibration === 'auto' && !isBetter(risen, plain, target.codes)) return { model, outOfFold: plain, notes }
  const isotonic = fitIsotonic(logits, target.codes)
  return {
    model: { ...toFormat2(model), isotonic },
    outOfFold: risen,
    notes: [...notes, `calibrated by a rising line of ${isotonic.value.length} knots`],
  }
}

/** Fewer rows, and a rising line is not tried unless it is asked for. */
const LINE_FROM = 2_000

/** By more than two standard errors of the difference. */
function isBetter(after: Float64Array, before: Float64Array, codes: Uint8Array): boolean {
  const [lossAfter, lossBefore] = [rowLosses(after, codes), rowLosses(before, codes)]
  const gains = lossBefore.map((loss, row) => loss - lossAfter[row]!)
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length
  const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / gains.length
  return mean > 2 * Math.sqrt(variance / gains.length)
}

function crossFitLine(logits: Float64Array, codes: Uint8Array, folds: readonly number[], k: number): Float64Array {
  const said = new Float64Array(logits.length)
  for (let fold = 0; fold < k; fold++) {
    const others = logits.filter((_, row) => folds[row] !== fold)
    const othersCodes = codes.filter((_, row) => folds[row] !== fold)
    if (others.length === 0) continue
    const line = fitIsotonic(others, othersCodes)
    for (const [row, logit] of logits.entries()) if (folds[row] === fold) said[row] = riseOf(line, logit)
  }
  return said
}

interface Corrected {
  /** Each row's offset comes from other households. */
  readonly logits: Float64Array
  readonly regions: RegionOffsets | null
  readonly notes: readonly string[]
}

function correctRegions(
  name: string,
  logits: Float64Array,
  table: Table,
  target: ClassTarget,
  folds: readonly number[],
  k: number,
): Corrected {
  const column = table.columns.find(one => one.name === name)
  if (column?.kind !== 'category')
    return { logits, regions: null, notes: [`${name} is no category: no region was corrected`] }
  const all = folds.map((_, row) => row)
  const shifted = logits.slice()
  for (let fold = 0; fold < k; fold++) {
    const others = all.filter(row => folds[row] !== fold)
    const { values, offsets } = fitRegionOffsets(name, column.values, logits, target.codes, others)
    const offsetOf = new Map(values.map((value, at) => [value, offsets[at]!]))
    for (const row of all) if (folds[row] === fold) shifted[row]! += offsetOf.get(column.values[row] ?? '') ?? 0
  }
  const regions = fitRegionOffsets(name, column.values, logits, target.codes, all)
  return {
    logits: shifted,
    regions,
    notes: [`${regions.values.length} values of ${name} have an intercept of their own`],
  }
}

/** Every score times the slope, plus the output's intercept. */
function scaleModel<M extends Model2>(model: M, scale: SoftmaxScale): M
function scaleModel(model: Model2, { slope, intercepts }: SoftmaxScale): Model2 {
  const scaled = (weight: number): number => Math.fround(weight * slope)
  if (model.kind === 'trees') {
    const scaleTree = (tree: Tree): Tree => ({ ...tree, value: tree.value.map(value => shortLogit(value * slope)) })
    return {
      ...model,
      base: model.base.map((base, k) => Math.fround(base * slope + intercepts[k]!)),
      trees: model.trees.map(ofOutput => ofOutput.map(scaleTree)),
    }
  }
  return {
    ...model,
    intercepts: model.intercepts.map((intercept, k) => Math.fround(intercept * slope + intercepts[k]!)),
    inputs: model.inputs.map(input => {
      if (input.kind === 'number') return { ...input, weight: input.weight.map(scaled) }
      if (input.kind === 'category')
        return {
          ...input,
          weights: input.weights.map(weights => weights.map(scaled)),
          missing: input.missing.map(scaled),
        }
      return { ...input, blocks: input.blocks.map(block => ({ ...block, step: scaled(block.step) })) }
    }),
  }
}

/** A binary model of format 1 says the same in format 2. */
export function toFormat2(model: AnyModel): Model2 {
  if (model.format === 2) return model
  return model.kind === 'trees' ? treesToFormat2(model) : linearToFormat2(model)
}

const treesToFormat2 = ({ classes, inputs, base, trees }: Extract<Model, { kind: 'trees' }>): TreeModel2 => ({
  format: 2,
  kind: 'trees',
  task: 'binary',
  classes,
  inputs: inputs.map(input =>
    input.kind === 'category' ? { name: input.name, kind: input.kind, orders: [input.order] } : input,
  ),
  base: [base],
  trees: [trees],
})

const linearToFormat2 = ({ classes, inputs, intercept }: Extract<Model, { kind: 'linear' }>): LinearModel2 => ({
  format: 2,
  kind: 'linear',
  task: 'binary',
  classes,
  inputs: inputs.map(input =>
    input.kind === 'category'
      ? { ...input, weights: input.weights.map(weight => [weight]), missing: [input.missing] }
      : { ...input, weight: [input.weight] },
  ),
  intercepts: [intercept],
})
