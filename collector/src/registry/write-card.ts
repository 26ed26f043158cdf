/**
 * The card of one model: the recipe's text for people, then the facts of this very model. No
 * dates in it, so that the same model has the same bytes.
 *
 * @see Mitchell et al. 2019, "Model Cards for Model Reporting".
 */
import type { Recipe } from './recipe.ts'

export interface CardFacts {
  readonly recipe: Recipe
  readonly kind: 'prior' | 'logistic' | 'trees'
  readonly inputs: number
  readonly snapshot: string | null
  readonly trainedRows: number
  readonly metrics: Readonly<Record<string, number>>
  readonly handicap: string | null
}

const source = {
  prior: 'Points set by hand and a base rate. Nothing was fitted to data.',
  logistic: 'Logistic regression on verified outcomes, calibrated on households it had not seen.',
  trees: 'Gradient-boosted trees on verified outcomes, calibrated on households they had not seen.',
}

export function writeCard(
  text: string,
  { recipe, kind, inputs, snapshot, trainedRows, metrics, handicap }: CardFacts,
): string {
  const facts: readonly (readonly [string, string | number])[] = [
    ['Model', recipe.name],
    ['Form', recipe.form],
    ['Outcome', `${recipe.outcome.classes.join(' or ')}; the probability is of “${recipe.outcome.positive}”`],
    ['Made by', source[kind]],
    ['Questions it reads', inputs],
    ['Named positive from', recipe.threshold],
    ...(snapshot === null ? [] : [['Trained on', `${trainedRows} interviews, snapshot ${snapshot}`] as const]),
    ...(handicap === null ? [] : [['Spoilt on purpose', handicap] as const]),
    ...Object.entries(metrics).map(([name, value]) => [`Holdout: ${name}`, Number(value.toFixed(4))] as const),
  ]
  const table = facts.map(([name, value]) => `| ${name} | ${value} |`).join('\n')
  return `${text.trimEnd()}\n\n## This model\n\n| | |\n| --- | --- |\n${table}\n`
}
