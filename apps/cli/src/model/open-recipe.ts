/**
 * A recipe as the model verbs use it: what it reads, of which form, and the card beside it.
 *
 * The form is the one that was named, or `form.xlsx` or `form.md` beside the recipe. Without
 * a form a recipe can still be used where it lists its features with their kinds.
 */
import { classesOf, modelInputs, parseRecipe, type Recipe } from '@murram/collector'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import type { ModelInput } from '@murram/score'
import { createAnswersEvaluator, type Form } from '@murram/xform'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathOf } from '../print.ts'
import { openFormFile } from '../read-forms.ts'
import { readGiven } from '../read-given.ts'
import { cellsOf, type CsvTable } from '../table.ts'

export interface OpenRecipe {
  readonly recipe: Recipe
  readonly classes: readonly string[]
  readonly inputs: readonly ModelInput[]
  readonly form: Form | null
  /** What people should read; `''` where none lies beside the recipe. */
  readonly card: string
}

const FORMS = ['form.xlsx', 'form.md', 'form.xml']

export async function openRecipe(file: string, formFile: string | undefined): Promise<Result<OpenRecipe, Fault>> {
  const bytes = readGiven(file)
  if (!bytes.ok) return bytes
  const recipe = parseRecipe(new TextDecoder().decode(bytes.value))
  if (!recipe.ok) return recipe
  const folder = dirname(pathOf(file))
  const beside = FORMS.map(name => join(folder, name)).find(path => existsSync(path))
  const found = formFile ?? beside
  const form = found === undefined ? ok(null) : await openFormFile(found)
  if (!form.ok) return form
  if (form.value !== null && form.value.formId !== recipe.value.form)
    return err(
      fault('recipe.invalid', `form: the recipe is for ${recipe.value.form}, ${found} is ${form.value.formId}`),
    )
  const inputs = form.value === null ? listedInputs(recipe.value) : modelInputs(recipe.value, form.value)
  if (!inputs.ok) return inputs
  const card = join(folder, 'card.md')
  return ok({
    recipe: recipe.value,
    classes: classesOf(recipe.value),
    inputs: inputs.value,
    form: form.value,
    card: existsSync(card) ? readFileSync(card, 'utf8') : '',
  })
}

/** Without a form nobody knows what a question is but the recipe itself. */
function listedInputs({ features }: Recipe): Result<readonly ModelInput[], Fault> {
  if (features === 'all')
    return err(fault('recipe.invalid', 'features: all of which form? Give --form, or list them with their kinds'))
  const problems: string[] = []
  const inputs = features.flatMap((feature): ModelInput[] => {
    const { name, kind, unit, expression } =
      typeof feature === 'string' ? { name: feature, kind: undefined, unit: undefined, expression: undefined } : feature
    if (expression !== undefined) problems.push(`${name}: an expression needs its form, give --form`)
    else if (kind === undefined)
      problems.push(`${name}: a category, a number or a text? Say {name, kind}, or give --form`)
    else return [{ name, kind, ...(unit === undefined ? {} : { unit }) }]
    return []
  })
  return problems.length === 0
    ? ok(inputs)
    : err(fault('recipe.invalid', `features: ${problems.join('; ')}`, { lines: problems }))
}

/** The table with a column for each expression, computed from the questions that it has. */
export function withExpressions(table: CsvTable, { inputs, form }: OpenRecipe): Result<CsvTable, Fault> {
  const expressions = inputs.flatMap(({ name, expression }) => (expression === undefined ? [] : [{ name, expression }]))
  if (expressions.length === 0 || form === null) return ok(table)
  const evaluate = createAnswersEvaluator(form, expressions)
  if (!evaluate.ok) return evaluate
  const columns = form.questions
    .filter(({ name, repeat }) => repeat === null && table.columns.has(name))
    .map(({ name, path }) => [path, cellsOf(table, name)] as const)
  const computed = Array.from({ length: table.rows }, (_, row) =>
    evaluate.value(Object.fromEntries(columns.map(([path, cells]) => [path, cells[row] ?? '']))),
  )
  const added = expressions.map(({ name }) => [name, computed.map(values => values.get(name) ?? '')] as const)
  return ok({
    header: [...table.header, ...expressions.map(({ name }) => name)],
    rows: table.rows,
    columns: new Map([...table.columns, ...added]),
  })
}
