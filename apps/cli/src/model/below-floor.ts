/** What a recipe asks of a model whatever else there is, and a model that does not reach it. */
import type { Recipe } from '@murram/collector'
import type { Figures } from '@murram/learn'

/** A warning for each figure below the floor; none where the recipe sets none. */
export const belowFloor = (metrics: Figures, recipe: Recipe | undefined): string[] =>
  Object.entries(recipe?.floor ?? {}).flatMap(([name, least]) => {
    const value = metrics[name] ?? null
    return least === undefined || (value !== null && value >= least)
      ? []
      : [
          `warning: the recipe asks for ${name} ${least}; this model has ${value === null ? 'none' : value.toFixed(4)}. It should not be used`,
        ]
  })
