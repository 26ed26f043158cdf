/**
 * Takes in a graph that was made elsewhere: what it asks is held against the questions of a
 * recipe, it is tried, and its test rows are written. From there on it is a model like ours.
 *
 *   ZipMap left out → operators allowed? → ports ↔ questions → classes → tried with blanks → test rows
 *
 * A question finds its port by name. A single port of as many columns as there are questions
 * takes them in the recipe's order; that is noted, for nobody can check it.
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { isMissing, type FeatureRow } from './answers.ts'
import { ForeignSchema, type ForeignInput, type ForeignModel, type ForeignPort } from './foreign-model.ts'
import type { ModelInput } from './manifest.ts'
import type { Task } from './model-format-2.ts'
import { checkOps, type OnnxFacts, type OnnxPort } from './onnx-facts.ts'
import { openPredictor, type Predictor } from './predictor.ts'
import { makeRows, vectorRows, vectorsOf, type Vectors } from './vectors.ts'
import { withoutZipMap } from './without-zipmap.ts'

export interface ImportOrder {
  readonly bytes: Uint8Array
  /** The questions, in the order in which the graph was trained on them. */
  readonly inputs: readonly Pick<ModelInput, 'name' | 'kind'>[]
  readonly task: Task
  /** `[negative, positive]`, or several; none for an amount. */
  readonly classes: readonly string[]
  /** Some rows like those that it will score: what is likely and typical is taken from them. */
  readonly sample: readonly FeatureRow[]
}

export interface ImportedOnnx {
  readonly model: ForeignModel
  /** The file as it goes into the bundle. */
  readonly onnx: Uint8Array
  readonly vectors: Vectors
  readonly facts: OnnxFacts
  /** What a person should know about how it was read. */
  readonly notes: readonly string[]
}

export async function importOnnx(order: ImportOrder): Promise<Result<ImportedOnnx, Fault>> {
  const { inputs, task, classes, sample } = order
  const notes: string[] = []
  const onnx = withoutZipMap(order.bytes)
  if (onnx !== order.bytes) notes.push('its ZipMap was left out: devices read probabilities as a table')
  const checked = checkOps(onnx)
  if (!checked.ok) return checked
  const facts = checked.value
  const ports = matchPorts(facts.inputs, inputs, notes)
  if (!ports.ok) return ports
  const columns = classColumns(facts.classes, classes, notes)
  if (!columns.ok) return columns
  const output = findOutput(facts.outputs, task, classes.length)
  if (!output.ok) return output
  if (sample.length === 0) notes.push('without sample rows its test rows are drawn blindly')

  const likely = inputs.map(input => likelyAnswers(input, sample))
  for (const takesBlanks of [true, false]) {
    const model = ForeignSchema.parse({
      format: 2,
      kind: 'foreign',
      task,
      classes,
      classColumns: columns.value,
      inputs: likely,
      ports: ports.value,
      output: output.value,
      takesBlanks,
    })
    const tried = await sayRows(onnx, model)
    if (tried.ok) {
      if (!takesBlanks) notes.push('it takes no blank answers: what is typical stands in for them')
      return ok({ model, onnx, vectors: tried.value, facts, notes })
    }
    if (!takesBlanks) return tried
  }
  throw new Error('either it takes blanks or it does not')
}

async function sayRows(onnx: Uint8Array, model: ForeignModel): Promise<Result<Vectors, Fault>> {
  const opened = await openPredictor(onnx, model)
  if (!opened.ok) return opened
  await using predictor: Predictor = opened.value
  const rows = makeRows(model)
  const said = await predictor.predict(vectorRows(rows))
  return said.ok ? ok(vectorsOf(model, rows, [...said.value])) : said
}

const plainName = (name: string): string => name.replaceAll(/[^A-Za-z0-9]/g, '_').toLowerCase()

function matchPorts(
  ports: readonly OnnxPort[],
  inputs: readonly Pick<ModelInput, 'name' | 'kind'>[],
  notes: string[],
): Result<readonly ForeignPort[], Fault> {
  const refuse = (why: string) => err(fault('bundle.incompatible', why))
  const odd = ports.find(({ type }) => type === 'other')
  if (odd !== undefined) return refuse(`input ${odd.name} takes neither texts nor numbers`)
  const [only] = ports
  const isTable = only !== undefined && ports.length === 1 && (inputs.length > 1 || only.name !== inputs[0]?.name)
  if (isTable && (only.columns === null || only.columns === inputs.length)) {
    const text = inputs.find(({ kind }) => kind !== 'number')
    if (only.type !== 'string' && text !== undefined)
      notes.push(`input ${only.name} takes numbers alone: answers to ${text.name} must be whole or decimal numbers`)
    notes.push(`input ${only.name} takes all ${inputs.length} questions, in the order of the recipe`)
    return ok([{ port: only.name, type: only.type as ForeignPort['type'], columns: inputs.map(({ name }) => name) }])
  }
  if (isTable)
    return refuse(`input ${only.name} takes ${only.columns} columns; the recipe has ${inputs.length} questions`)
  const found: ForeignPort[] = []
  for (const { name, type, columns } of ports) {
    const input = inputs.find(one => one.name === name) ?? inputs.find(one => plainName(one.name) === plainName(name))
    if (input === undefined) return refuse(`it asks for ${name}, which is no question of the recipe`)
    if (columns !== null && columns !== 1) return refuse(`input ${name} takes ${columns} columns, not one`)
    if (type === 'string' && input.kind === 'number')
      return refuse(`it takes ${name} as text; the recipe says a number`)
    found.push({ port: name, type: type as ForeignPort['type'], columns: [input.name] })
  }
  const asked = new Set(found.flatMap(({ columns }) => columns))
  const left = inputs.find(({ name }) => !asked.has(name))
  if (left !== undefined) return refuse(`it does not ask for ${left.name}, which is a question of the recipe`)
  return ok(found)
}

/** Where the graph says each class of the recipe. */
function classColumns(
  known: readonly string[] | null,
  classes: readonly string[],
  notes: string[],
): Result<readonly number[], Fault> {
  if (known === null || classes.length === 0) return ok(classes.map((_, column) => column))
  const columns = classes.map(name => known.indexOf(name))
  if (known.length === classes.length && !columns.includes(-1)) return ok(columns)
  const areCodes = known.length === classes.length && known.every((code, i) => code === String(i))
  if (!areCodes)
    return err(
      fault('bundle.incompatible', `it knows the classes ${known.join(', ')}; the recipe ${classes.join(', ')}`),
    )
  notes.push(`its classes are codes: ${classes.map((name, i) => `${i} is read as ${name}`).join(', ')}`)
  return ok(classes.map((_, column) => column))
}

function findOutput(outputs: readonly OnnxPort[], task: Task, classes: number): Result<string, Fault> {
  const numbers = outputs.filter(({ type }) => type === 'float' || type === 'double')
  const fits = numbers.filter(({ columns }) =>
    task === 'regression'
      ? columns === null || columns === 1
      : columns === null || columns === classes || classes === 2,
  )
  const best = fits.find(({ name }) => name.toLowerCase().includes('prob')) ?? fits[0]
  return best === undefined
    ? err(fault('bundle.incompatible', `none of its outputs (${outputs.map(({ name }) => name).join(', ')}) fits`))
    : ok(best.name)
}

const MOST_LIKELY = 20

/** Quantiles of numbers, the most frequent answers of categories: never somebody's row. */
function likelyAnswers({ name, kind }: Pick<ModelInput, 'name' | 'kind'>, sample: readonly FeatureRow[]): ForeignInput {
  const answers = sample.map(row => row[name]).filter(answer => !isMissing(answer)) as (string | number)[]
  if (kind === 'number') {
    const sorted = answers
      .map(Number)
      .filter(Number.isFinite)
      .sort((a, b) => a - b)
    if (sorted.length === 0) return { name, kind, typical: 0, likely: [0, 1, 10] }
    const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!
    const steps = Array.from({ length: MOST_LIKELY }, (_, i) => at(i / (MOST_LIKELY - 1)))
    return { name, kind, typical: at(0.5), likely: [...new Set(steps)] }
  }
  if (kind === 'text') return { name, kind, typical: '', likely: [''] }
  const counts = new Map<string, number>()
  for (const answer of answers) counts.set(String(answer), (counts.get(String(answer)) ?? 0) + 1)
  const frequent = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([value]) => value)
  return {
    name,
    kind,
    typical: frequent[0] ?? '',
    likely: frequent.length === 0 ? [''] : frequent.slice(0, MOST_LIKELY),
  }
}
