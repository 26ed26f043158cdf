/**
 * The weights of a linear model: logistic, multinomial, or least squares, each with an L2
 * penalty on the sum of the losses (`l2` 1 is what others call C = 1). Intercepts are free.
 *
 * In units of each parameter's own standard error the valley is round: a rare answer and a
 * common one need steps of the same length, and 5 % of an error is near enough (of the tens of
 * thousands of grams of a text, 20 %: there each has little to say).
 */
import { addGradient, scoresOf, squaresOf } from './linear-passes.ts'
import type { LinearDesign } from './linear-design.ts'
import { minimise } from './minimise.ts'
import { sigmoid } from './models.ts'
import { outputsOf, type Target } from './target.ts'

export interface LinearFit {
  readonly l2: number
  readonly weights?: Float64Array | null
  /** Factors of `l2`, one a parameter. */
  readonly penalties?: Float64Array
  /** Stops once no parameter would move by more than this share of its standard error. */
  readonly tolerance?: number
  /** Parameters to begin from: those of a neighbouring penalty. */
  readonly start?: Float64Array
}

type Vector = Float64Array<ArrayBuffer>

/** Parameters of all outputs, as linear-passes.ts lays them out. */
export function fitLinear(
  design: LinearDesign,
  target: Target,
  rows: Int32Array,
  { l2, weights = null, penalties, tolerance = 0.05, start }: LinearFit,
): Vector {
  const outputs = outputsOf(target)
  const free = (design.width - 1) * outputs
  const classes = shares(target, rows, weights)
  const units = unitsOf(design, rows, weights, classes, l2, penalties)
  const scores = new Float64Array(rows.length * outputs)
  const at = new Float64Array(design.width * outputs)
  const begin = start === undefined ? startAt(classes, free, at.length) : start.slice()

  const scaled = minimise(
    (steps, gradient) => {
      for (let j = 0; j < at.length; j++) at[j] = steps[j]! * units[j]!
      scoresOf(design, rows, at, outputs, scores)
      let loss = toResiduals(target, rows, weights, scores)
      for (let j = 0; j < free; j++) {
        const penalty = penalties === undefined ? l2 : l2 * penalties[j]!
        loss += (penalty / 2) * at[j]! ** 2
        gradient[j] = penalty * at[j]!
      }
      for (let j = free; j < at.length; j++) gradient[j] = 0
      addGradient(design, rows, scores, outputs, gradient)
      for (let j = 0; j < at.length; j++) gradient[j]! *= units[j]!
      return loss
    },
    begin.map((value, j) => value / units[j]!),
    { maxSteps: 300, tolerance },
  )
  return scaled.map((value, j) => value * units[j]!)
}

/** By output: the share of its class, and the logit to begin from, were there nothing but it. */
function shares(target: Target, rows: Int32Array, weights: Float64Array | null): readonly Share[] {
  if (target.task === 'regression') return []
  const counts = target.classes.map(() => 0)
  let sum = 0
  for (const row of rows) {
    counts[target.codes[row]!]! += weights?.[row] ?? 1
    sum += weights?.[row] ?? 1
  }
  return target.task === 'binary'
    ? [{ rate: counts[1]! / sum, logit: Math.log((counts[1]! + 1) / (sum - counts[1]! + 1)) }]
    : counts.map(count => ({ rate: count / sum, logit: Math.log((count + 1) / (sum + counts.length)) }))
}

interface Share {
  readonly rate: number
  readonly logit: number
}

function startAt(classes: readonly Share[], free: number, length: number): Vector {
  const start = new Float64Array(length)
  for (const [k, { logit }] of classes.entries()) start[free + k] = logit
  return start
}

/** About one standard error of each parameter, were it alone. */
function unitsOf(
  design: LinearDesign,
  rows: Int32Array,
  weights: Float64Array | null,
  classes: readonly Share[],
  l2: number,
  penalties: Float64Array | undefined,
): Vector {
  const squares = squaresOf(design, rows, weights)
  const outputs = Math.max(1, classes.length)
  const units = new Float64Array(squares.length * outputs)
  for (let k = 0; k < outputs; k++) {
    const rate = classes[k]?.rate
    const spread = rate === undefined ? 1 : Math.max(0.01, rate * (1 - rate))
    for (let j = 0; j < squares.length; j++) {
      const penalty = j === squares.length - 1 ? 0 : l2 * (penalties?.[j * outputs + k] ?? 1)
      units[j * outputs + k] = 1 / Math.sqrt(spread * squares[j]! + penalty + 1e-9)
    }
  }
  return units
}

/** The loss; scores give way to what is left of them: prediction minus truth. */
function toResiduals(target: Target, rows: Int32Array, weights: Float64Array | null, scores: Float64Array): number {
  let loss = 0
  if (target.task === 'multiclass')
    return toSoftmaxResiduals(target.codes, target.classes.length, rows, weights, scores)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const weight = weights?.[row] ?? 1
    const z = scores[i]!
    if (target.task === 'regression') {
      const residual = z - target.values[row]!
      loss += (weight * residual ** 2) / 2
      scores[i] = weight * residual
    } else {
      const y = target.codes[row]!
      loss += weight * (Math.max(z, 0) - z * y + Math.log1p(Math.exp(-Math.abs(z))))
      scores[i] = weight * (sigmoid(z) - y)
    }
  }
  return loss
}

function toSoftmaxResiduals(
  codes: Uint8Array,
  outputs: number,
  rows: Int32Array,
  weights: Float64Array | null,
  scores: Float64Array,
): number {
  let loss = 0
  for (let i = 0; i < rows.length; i++) {
    const first = i * outputs
    const weight = weights?.[rows[i]!] ?? 1
    const code = codes[rows[i]!]!
    let most = Number.NEGATIVE_INFINITY
    for (let k = 0; k < outputs; k++) most = Math.max(most, scores[first + k]!)
    let sum = 0
    for (let k = 0; k < outputs; k++) sum += Math.exp(scores[first + k]! - most)
    const total = Math.log(sum) + most
    loss += weight * (total - scores[first + code]!)
    for (let k = 0; k < outputs; k++)
      scores[first + k] = weight * (Math.exp(scores[first + k]! - total) - (k === code ? 1 : 0))
  }
  return loss
}
