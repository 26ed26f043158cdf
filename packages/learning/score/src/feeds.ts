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
  createFeeds(model, name => row => rows[row]![name])

export function columnFeeds(model: Model, { columns }: FeatureColumns): ToFeeds {
  const slow = createFeeds(model, name => {
    const column = columns.get(name)
    return row => column?.[row] ?? undefined
  })
  if (model.kind === 'foreign') return slow
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

function createFeeds(model: Model, read: ReadColumn): ToFeeds {
  if (model.kind === 'foreign') {
    const ports = model.ports.map(port => foreignPort(model, port, read))
    return (from, to) => ports.map(port => port(from, to))
  }
  return (from, to) =>
    model.inputs.map(({ name, kind }) => {
      const answer = read(name)
      return ownFeed(name, kind, to - from, row => answer(from + row))
    })
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
