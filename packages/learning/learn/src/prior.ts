/**
 * A model before there is anything to learn from: a base rate and points set by hand, like
 * the scorecards that poverty surveys print. It is a linear model as any other.
 */
import type { LinearInput, LinearModel } from './models.ts'

/** `category: { answer: logit }` · `number: { perUnit: logit }`. What is not named adds nothing. */
export type Points = Readonly<Record<string, Readonly<Record<string, number>>>>

export interface PriorColumn {
  readonly name: string
  readonly kind: 'category' | 'number'
}

export interface PriorOptions {
  readonly classes: readonly string[]
  /** Share of the positive class in (0, 1): what the model says where no point applies. */
  readonly baseRate: number
  readonly points: Points
  /** At least one: a graph without inputs could not be asked. */
  readonly columns: readonly PriorColumn[]
}

/** A hand-set slope is trusted for amounts up to a million units. */
const FURTHEST = 1_000_000

/** `points` for a column that is not given is a broken recipe and throws. */
export function priorModel({ classes, baseRate, points, columns }: PriorOptions): LinearModel {
  if (classes.length !== 2) throw new Error(`binary models only: ${classes.length} classes were given`)
  if (!(baseRate > 0 && baseRate < 1)) throw new Error(`a base rate lies between 0 and 1, not ${baseRate}`)
  const unknown = Object.keys(points).find(name => !columns.some(column => column.name === name))
  if (unknown !== undefined) throw new Error(`points for ${unknown}, which is not an input`)
  return {
    format: 1,
    kind: 'linear',
    classes: [...classes],
    inputs: columns.map(column => priorInput(column, points[column.name] ?? {})),
    intercept: Math.fround(Math.log(baseRate / (1 - baseRate))),
  }
}

function priorInput({ name, kind }: PriorColumn, points: Readonly<Record<string, number>>): LinearInput {
  if (kind === 'number') {
    const weight = Math.fround(points['perUnit'] ?? 0)
    return { name, kind, mean: 0, scale: 1, weight, low: -FURTHEST, high: FURTHEST }
  }
  const values = Object.keys(points).filter(value => value !== '')
  return {
    name,
    kind,
    values,
    weights: values.map(value => Math.fround(points[value]!)),
    missing: Math.fround(points[''] ?? 0),
  }
}
