/**
 * From rows or columns of answers to what the inputs of a graph take: one list a port, its
 * columns side by side.
 *
 * A graph of ours has one port a question. One made elsewhere may read many questions
 * through one port, as whole numbers or in double width, and may know no blanks.
 */
import type { FeatureColumns, FeatureRow } from './answers.ts'
import type { ForeignModel, ForeignPort } from './foreign-model.ts'
import type { Model } from './model.ts'
import { textOf } from './text-of.ts'

export type Feed = { readonly port: string; readonly columns: number } & (
  | { readonly type: 'string'; readonly values: readonly string[] }
  | { readonly type: 'float'; readonly values: Float32Array }
  | { readonly type: 'double'; readonly values: Float64Array }
  | { readonly type: 'int64'; readonly values: BigInt64Array }
)

/** The rows from `from` to before `to`, for one run of the graph. */
export type ToFeeds = (from: number, to: number) => readonly Feed[]

export const rowFeeds = (model: Model, rows: readonly FeatureRow[]): ToFeeds =>
  model.kind === 'foreign'
    ? createFeeds(model, name => row => rows[row]![name])
    : (from, to) => model.inputs.map(({ name, kind }) => ownRows(name, kind, rows, from, to))

/** The way of every single household: no closure an input. */
function ownRows(name: string, kind: string, rows: readonly FeatureRow[], from: number, to: number): Feed {
  if (kind === 'number') {
    const values = new Float32Array(to - from)
    for (let row = from; row < to; row++) values[row - from] = toNumber(rows[row]![name])
    return { port: name, columns: 1, type: 'float', values }
  }
  const values: string[] = []
  for (let row = from; row < to; row++) {
    const text = String(rows[row]![name] ?? '')
    values.push(kind === 'text' ? textOf(text) : text)
  }
  return { port: name, columns: 1, type: 'string', values }
}

export function columnFeeds(model: Model, { columns }: FeatureColumns): ToFeeds {
  if (model.kind === 'foreign')
    return createFeeds(model, name => {
      const column = columns.get(name)
      return row => column?.[row] ?? undefined
    })
  // One port a question: a number column is handed over as it stands.
  return (from, to) =>
    model.inputs.map(({ name, kind }): Feed => {
      const column = columns.get(name)
      if (kind === 'number' && column instanceof Float32Array)
        return { port: name, columns: 1, type: 'float', values: column.subarray(from, to) }
      return ownFeed(name, kind, to - from, row => column?.[from + row] ?? undefined)
    })
}

type Answer = string | number | undefined
type ReadColumn = (name: string) => (row: number) => Answer

function createFeeds(model: ForeignModel, read: ReadColumn): ToFeeds {
  const ports = model.ports.map(port => foreignPort(model, port, read))
  return (from, to) => ports.map(port => port(from, to))
}

function ownFeed(name: string, kind: string, rows: number, answer: (row: number) => Answer): Feed {
  if (kind === 'number') {
    const values = new Float32Array(rows)
    for (let row = 0; row < rows; row++) values[row] = toNumber(answer(row))
    return { port: name, columns: 1, type: 'float', values }
  }
  const toText = kind === 'text' ? textOf : (text: string) => text
  return {
    port: name,
    columns: 1,
    type: 'string',
    values: Array.from({ length: rows }, (_, row) => toText(String(answer(row) ?? ''))),
  }
}

const toNumber = (answer: Answer): number => (typeof answer === 'number' ? answer : Number.NaN)

function foreignPort(
  { inputs, takesBlanks }: ForeignModel,
  { port, type, columns }: ForeignPort,
  read: ReadColumn,
): (from: number, to: number) => Feed {
  const cells = columns.map(name => {
    const input = inputs.find(one => one.name === name)!
    const answer = read(name)
    return (row: number): string | number => {
      const given = answer(row)
      const isBlank = given === undefined || given === '' || Number.isNaN(given)
      if (isBlank && (!takesBlanks || type === 'int64')) return input.typical
      if (type !== 'string') return isBlank ? Number.NaN : Number(given)
      return isBlank ? '' : input.kind === 'text' ? textOf(String(given)) : String(given)
    }
  })
  return (from, to) => {
    const size = (to - from) * columns.length
    const at = (i: number) => cells[i % columns.length]!(from + Math.floor(i / columns.length))
    const width = { port, columns: columns.length }
    if (type === 'string') return { ...width, type, values: Array.from({ length: size }, (_, i) => String(at(i))) }
    if (type === 'int64')
      return { ...width, type, values: BigInt64Array.from({ length: size }, (_, i) => toInt64(at(i))) }
    const values = type === 'float' ? new Float32Array(size) : new Float64Array(size)
    for (let i = 0; i < size; i++) values[i] = Number(at(i))
    return type === 'float'
      ? { ...width, type, values: values as Float32Array }
      : { ...width, type, values: values as Float64Array }
  }
}

const LARGEST = 2 ** 53 - 1

/** A whole number; beyond what is exact, the largest that is. */
const toInt64 = (answer: string | number): bigint => {
  const number = Math.round(Number(answer))
  return Number.isNaN(number) ? 0n : BigInt(Math.min(LARGEST, Math.max(-LARGEST, number)))
}
