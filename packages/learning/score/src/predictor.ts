/**
 * A model and its graph as one thing that answers: rows or columns in, probabilities or
 * amounts out, nothing that is no number.
 *
 * What is said of a row is `width` numbers: the probability of the positive class, or of each
 * class, or an amount.
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { columnFeeds, rowFeeds, type ToFeeds } from './feeds.ts'
import type { FeatureColumns, FeatureRow } from './answers.ts'
import { taskOf, type Model } from './model.ts'
import { openGraph, type Graph } from './onnx.ts'

export interface Predictor extends AsyncDisposable {
  readonly width: number
  /** `said[row * width + i]`; one row without a usable number fails them all. */
  readonly predict: (rows: readonly FeatureRow[]) => Promise<Result<Float64Array, Fault>>
  readonly predictColumns: (table: FeatureColumns) => Promise<Result<Float64Array, Fault>>
}

/** Rows of text at once: each holds its whole vocabulary while it is read. */
const TEXT_ROWS = 64
const ROWS = 4_096

export async function openPredictor(bytes: Uint8Array, model: Model, threads = 1): Promise<Result<Predictor, Fault>> {
  const opened = await openGraph(bytes, threads)
  if (!opened.ok) return opened
  const graph = opened.value
  const fits = checkPorts(graph, model)
  if (!fits.ok) {
    await graph[Symbol.asyncDispose]()
    return fits
  }
  const width = Math.max(1, taskOf(model) === 'multiclass' ? model.classes.length : 1)
  const output = model.kind === 'foreign' ? model.output : taskOf(model) === 'regression' ? 'value' : 'probabilities'
  const atOnce = model.inputs.some(({ kind }) => kind === 'text') ? TEXT_ROWS : ROWS

  const predictAll = async (rows: number, feeds: ToFeeds): Promise<Result<Float64Array, Fault>> => {
    const said = new Float64Array(rows * width)
    for (let from = 0; from < rows; from += atOnce) {
      const to = Math.min(rows, from + atOnce)
      const part = await graph.run(feeds(from, to), to - from, output)
      if (!part.ok) return part
      const copied = copyInto(said, part.value.values, from, to, model)
      if (!copied.ok) return copied
    }
    return ok(said)
  }
  return ok({
    width,
    predict: rows => predictAll(rows.length, rowFeeds(model, rows)),
    predictColumns: table => predictAll(table.rows, columnFeeds(model, table)),
    [Symbol.asyncDispose]: () => graph[Symbol.asyncDispose](),
  })
}

function copyInto(
  said: Float64Array,
  values: ArrayLike<number>,
  from: number,
  to: number,
  model: Model,
): Result<void, Fault> {
  const rows = to - from
  const columns = values.length / rows
  const { read, isRest } = columnsOf(model, columns)
  if (read.length === 0) return err(fault('bundle.load-failed', `the graph says ${columns} numbers a row`))
  for (let row = 0; row < rows; row++)
    for (const [i, column] of read.entries()) {
      const value = values[row * columns + column]!
      if (!Number.isFinite(value)) return err(fault('score.not-finite', `row ${from + row}`))
      said[(from + row) * read.length + i] = isRest ? 1 - value : value
    }
  return ok(undefined)
}

/** Which columns of the output are what is said; none where it has another width. */
function columnsOf(model: Model, columns: number): { readonly read: readonly number[]; readonly isRest: boolean } {
  const order = model.kind === 'foreign' ? model.classColumns : model.classes.map((_, i) => i)
  const task = taskOf(model)
  if (task === 'regression') return { read: columns === 1 ? [0] : [], isRest: false }
  if (task === 'multiclass') return { read: columns === order.length ? order : [], isRest: false }
  // Of two classes a graph says both, or the second alone.
  if (columns === 1) return { read: [0], isRest: order[1] === 0 }
  return { read: columns === 2 ? [order[1]!] : [], isRest: false }
}

/** The graph asks what the model says it asks, by name and kind, and nothing else. */
function checkPorts({ inputs, outputs }: Graph, model: Model): Result<void, Fault> {
  const wanted =
    model.kind === 'foreign'
      ? model.ports.map(({ port, type }) => ({
          name: port,
          type: type === 'float' ? 'float32' : type === 'double' ? 'float64' : type,
        }))
      : model.inputs.map(({ name, kind }) => ({ name, type: kind === 'number' ? 'float32' : 'string' }))
  const differs = wanted.find(({ name, type }) => !inputs.some(port => port.name === name && port.type === type))
  if (differs !== undefined) {
    const there = inputs.find(({ name }) => name === differs.name)
    const says = there === undefined ? 'does not ask for it' : `takes it as ${there.type}, not as ${differs.type}`
    return err(fault('bundle.incompatible', `${differs.name}: the graph ${says}`))
  }
  const more = inputs.find(({ name }) => !wanted.some(port => port.name === name))
  if (more !== undefined) return err(fault('bundle.incompatible', `${more.name}: the model does not know it`))
  const output = model.kind === 'foreign' ? model.output : taskOf(model) === 'regression' ? 'value' : 'probabilities'
  return outputs.some(({ name, type }) => name === output && type !== 'other')
    ? ok(undefined)
    : err(fault('bundle.incompatible', `the graph has no output ${output}`))
}
