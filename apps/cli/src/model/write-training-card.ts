/**
 * The card of a model that was trained on a table: what it is for as far as that is known,
 * what it was made of, how good it is, and what it is no good for. No dates in it, so that
 * the same model has the same bytes.
 *
 * @see Mitchell et al. 2019, "Model Cards for Model Reporting".
 */
import type { TrainedRows } from './trained-rows.ts'

export interface CardFacts {
  readonly name: string
  readonly found: TrainedRows
  /** The recipe's own card: it says what the model is for. */
  readonly text: string
}

export const LEARNER_WORDS: Readonly<Record<string, string>> = {
  logistic: 'a linear model with a penalty (logistic or ridge regression)',
  gbdt: 'gradient-boosted trees',
  text: 'a linear model on words and letters of a text',
}

export function writeTrainingCard({ name, found, text }: CardFacts): string {
  const { outcome, features, training, test, notes } = found.rows
  const { trained, metrics } = found
  const told =
    outcome.task === 'regression'
      ? 'an amount'
      : outcome.classes.length === 2
        ? `the probability of “${outcome.classes[1]}” against “${outcome.classes[0]}”`
        : `one of ${outcome.classes.length} classes: ${outcome.classes.join(', ')}`
  const figures = Object.entries(metrics).map(
    ([key, value]) => `| ${key} | ${value === null ? 'not to be had' : value.toFixed(4)} |`,
  )
  const inputs = features.map(({ column, input }) => `${column} (${kindOf(input)})`)
  const purpose =
    text === ''
      ? `# ${name}\n\n## What it is for\n\nIt tells ${told}. Whoever uses it should write here whose decision it helps, and what must never hang on it. No person's case may be decided by it alone.`
      : `${text.trimEnd()}\n\n# This model\n\nIt tells ${told}.`
  return `${purpose}

## What it was made of

${LEARNER_WORDS[trained.learner] ?? trained.learner}, fitted to ${training.cells.rows} rows by \`murram model train\`. It reads ${features.length} columns: ${inputs.join(', ')}.

${notes.map(note => `- ${note}`).join('\n')}

## How good it is

On ${test.cells.rows} rows that it never saw:

| measure | value |
| --- | --- |
${figures.join('\n')}

## Limits

- It knows what its table held: other places, other years and other ways of asking may differ.
- Where an answer is missing it goes by what is usual; with more than three in ten missing it is never called sure.
- That it ranks well does not say why anything is so.
`
}

const kindOf = ({ kind, read }: { readonly kind: string; readonly read?: string | undefined }): string =>
  read === undefined ? kind : 'date'
