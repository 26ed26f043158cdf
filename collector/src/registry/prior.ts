/**
 * The honest prior: a base rate and round points that an expert set by hand. Nothing in it was
 * fitted to anything, and its card says so.
 *
 * A missing answer adds nothing; a number counts from its `centre`.
 */
import { priorModel, type LinearModel } from '@murram/learn'
import type { ModelInput } from '@murram/score'
import { isSlope, orderedClasses, type Recipe } from './recipe.ts'

export function priorOf(recipe: Recipe, inputs: readonly ModelInput[]): LinearModel {
  // A recipe of two classes has one (recipe.ts).
  const { baseRate, points } = recipe.prior ?? { baseRate: 0.5, points: {} }
  const model = priorModel({
    classes: orderedClasses(recipe),
    baseRate,
    points: Object.fromEntries(
      Object.entries(points).map(([name, point]) => [name, isSlope(point) ? { perUnit: point.perUnit } : point]),
    ),
    columns: inputs.map(({ name, kind }) => ({ name, kind: kind === 'number' ? 'number' : 'category' })),
  })
  return {
    ...model,
    inputs: model.inputs.map(input => {
      const point = points[input.name]
      if (input.kind !== 'number' || point === undefined || !isSlope(point)) return input
      const { centre, from = input.low, to = input.high } = point
      return { ...input, mean: Math.fround(centre), low: Math.fround(from), high: Math.fround(to) }
    }),
  }
}
