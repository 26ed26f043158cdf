/**
 * Linear models of any target, the strength of the penalty found on households not seen.
 *
 * In each fold the penalties are tried from the strongest to the weakest, each beginning
 * where the one before it ended. The penalty whose common loss on unseen rows is lowest fits
 * all rows; a stronger one wins where the difference is less than chance would make it.
 *
 * Not here: calibration, which is the same for trees (calibrate.ts).
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { fitLinear, type LinearFit } from './fit-linear.ts'
import { groupedFolds } from './groups.ts'
import { linearDesign, type LinearDesign, type TextPart } from './linear-design.ts'
import { toLinearInputs, toLinearInputs2 } from './linear-inputs.ts'
import { scoresOf } from './linear-passes.ts'
import type { LinearModel } from './models.ts'
import type { LinearModel2 } from './models-format-2.ts'
import { createObjective } from './objective.ts'
import { allRows, type Table, type TextColumn } from './table.ts'
import { outputsOf, takeTarget, type Target } from './target.ts'
import { readCorpus } from './text/corpus.ts'
import { gramPenalties } from './text/gram-penalties.ts'

export interface LinearTaskOptions {
  readonly seed: number
  readonly groups: readonly string[]
  readonly weights?: Float64Array
  readonly folds?: number
  /** From the strongest to the weakest. */
  readonly penalties?: readonly number[]
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void
  readonly signal?: AbortSignal
}

export interface FittedLinear {
  /** Not calibrated. Format 1 where there are two classes and no text. */
  readonly model: LinearModel | LinearModel2
  /** By output: the score of every row (a logit, or the amount) from a model that had not seen its household. */
  readonly unseen: readonly Float64Array[]
  readonly l2: number
}

const PENALTIES = [1024, 256, 64, 16, 4, 1, 0.25]
const TEXT_PENALTIES = [4, 2, 1, 0.5, 0.25]
/** Of a text: pieces of words for languages that build long ones, and words with their neighbours. */
const TEXT_KINDS = [
  { by: 'char', lengths: [2, 5], most: 50_000 },
  { by: 'word', lengths: [1, 2], most: 10_000 },
] as const
/** Fewer rows than this, and a gram that one row holds may say something. */
const FEW_ROWS = 200

/** The caller has checked table and target (`checkTarget`). An aborted training rejects. */
export async function fitLinearTask(
  table: Table,
  target: Target,
  options: LinearTaskOptions,
): Promise<Result<FittedLinear, Fault>> {
  const { weights = null } = options
  const texts = table.columns.filter(column => column.kind === 'text').flatMap(partsOf)
  const told = standardised(target)
  const { l2, unseen } = await findPenalty({ ...options, table, texts, target: told.target, weights })

  const rows = allRows(table.rows)
  const design = linearDesign(table, rows, texts, weights)
  if (design.width === 1) return err(fault('learn.too-few', 'no column says anything'))
  const parameters = fitLinear(design, told.target, rows, {
    ...fitOf(design, told.target, rows, weights, texts.length > 0),
    l2,
  })
  const model = modelOf(design, target, { rows, weights }, told.back(parameters))
  return ok({ model, unseen: unseen.map(scores => told.amounts(scores)), l2 })
}

interface Search extends Omit<LinearTaskOptions, 'weights'> {
  readonly table: Table
  readonly texts: readonly TextPart[]
  readonly target: Target
  readonly weights: Float64Array | null
}

/** A penalty whose loss on the first fold is this much above the lowest is not tried on the others. */
const HOPELESS = 1.03
/** Fewer held rows than this cannot say that a penalty is hopeless. */
const SAYING_ROWS = 300

async function findPenalty(search: Search): Promise<{ readonly l2: number; readonly unseen: readonly Float64Array[] }> {
  const { table, texts, target, weights, groups, seed, folds: k = 5, onProgress, signal } = search
  const outputs = outputsOf(target)
  const folds = groupedFolds(groups, k, seed)
  const unseenAt = () => Array.from({ length: outputs }, () => new Float64Array(table.rows))
  let tried = (search.penalties ?? (texts.length > 0 ? TEXT_PENALTIES : PENALTIES)).map(l2 => ({
    l2,
    unseen: unseenAt(),
  }))
  for (let fold = 0; fold < k; fold++) {
    const held = allRows(table.rows).filter(row => folds[row] === fold)
    const rows = allRows(table.rows).filter(row => folds[row] !== fold)
    if (held.length === 0) continue
    const design = linearDesign(table, rows, texts, weights)
    const fit = fitOf(design, target, rows, weights, texts.length > 0)
    let parameters: Float64Array<ArrayBuffer> | undefined
    for (const [at, { l2, unseen }] of tried.entries()) {
      onProgress?.({ done: fold * tried.length + at, total: (k + 1) * tried.length })
      await new Promise(resume => setImmediate(resume))
      signal?.throwIfAborted()
      parameters = fitLinear(design, target, rows, { ...fit, l2, ...(parameters && { start: parameters }) })
      const scores = new Float64Array(held.length * outputs)
      scoresOf(design, held, parameters, outputs, scores)
      for (const [i, row] of held.entries())
        for (let output = 0; output < outputs; output++) unseen[output]![row] = scores[i * outputs + output]!
    }
    if (fold > 0 || held.length < SAYING_ROWS) continue
    const heldWeights = weights === null ? null : Float64Array.from(held, row => weights[row]!)
    const objective = createObjective(takeTarget(target, held), heldWeights)
    const losses = tried.map(({ unseen }) => objective.loss(unseen.map(of => Float64Array.from(held, row => of[row]!))))
    tried = tried.filter((_, at) => losses[at]! <= HOPELESS * Math.min(...losses))
  }
  return lowest(target, tried, weights)
}

function partsOf({ name, values }: TextColumn): readonly TextPart[] {
  const fewestRows = values.length < FEW_ROWS ? 1 : 2
  return TEXT_KINDS.map(({ by, lengths, most }) => ({
    name,
    corpus: readCorpus({ by, lengths }, values, fewestRows),
    most,
  }))
}

function fitOf(
  design: LinearDesign,
  target: Target,
  rows: Int32Array,
  weights: Float64Array | null,
  isText: boolean,
): Omit<LinearFit, 'l2'> {
  if (!isText) return { weights }
  return {
    weights,
    tolerance: 0.2,
    ...(target.task !== 'regression' && { penalties: gramPenalties(design, target, rows) }),
  }
}

/** Amounts are fitted in units of their own spread, so that a penalty means the same in every currency. */
function standardised(target: Target) {
  const same = (values: Float64Array): Float64Array => values
  if (target.task !== 'regression') return { target, back: same, amounts: same }
  const mean = target.values.reduce((sum, value) => sum + value, 0) / target.values.length
  const squares = target.values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const spread = Math.sqrt(squares / target.values.length)
  return {
    target: { ...target, values: target.values.map(value => (value - mean) / spread) },
    back: (parameters: Float64Array): Float64Array =>
      parameters.map((value, j) => value * spread + (j === parameters.length - 1 ? mean : 0)),
    amounts: (scores: Float64Array): Float64Array => scores.map(value => value * spread + mean),
  }
}

/** A weaker penalty must gain this share of the loss. */
const WORTH = 1e-4

interface Tried {
  readonly l2: number
  readonly unseen: readonly Float64Array[]
}

function lowest(target: Target, tried: readonly Tried[], weights: Float64Array | null): Tried {
  const objective = createObjective(target, weights)
  let best: Tried | null = null
  let least = Number.POSITIVE_INFINITY
  for (const one of tried) {
    const loss = objective.loss(one.unseen)
    if (best !== null && !(loss < least * (1 - WORTH))) continue
    best = one
    least = loss
  }
  if (best === null) throw new Error('no penalty was tried')
  return best
}

function modelOf(
  design: LinearDesign,
  target: Target,
  { rows, weights }: { readonly rows: Int32Array; readonly weights: Float64Array | null },
  parameters: Float64Array,
): LinearModel | LinearModel2 {
  const isPlain = design.blocks.every(block => block.kind !== 'text')
  if (target.task === 'binary' && isPlain)
    return {
      format: 1,
      kind: 'linear',
      classes: [...target.classes],
      ...toLinearInputs(design, rows, parameters, weights),
    }
  return {
    format: 2,
    kind: 'linear',
    task: target.task,
    classes: target.task === 'regression' ? [] : [...target.classes],
    ...toLinearInputs2(design, rows, parameters, outputsOf(target), weights),
  }
}
