/**
 * Questions as a paper card can ask them: an amount becomes three or four bands with round
 * edges, a rare answer becomes “other”. Edges and rare answers come from the rows that train.
 */
import type { CategoryColumn, Column, Table } from '@murram/learn'

export interface BandedQuestion {
  readonly column: string
  /** Lower edges of all bands but the first, rising; `null` for a question with named answers. */
  readonly edges: readonly number[] | null
  /** Answers in the order of the card, “other” last where there is one. */
  readonly answers: readonly string[]
}

export const OTHER = 'other'
const BANDS = 4
/** So few whole numbers are asked one by one. */
const ONE_BY_ONE = 5
const MOST_ANSWERS = 10
const LEAST_SHARE = 0.02

/** `null` for what no card can ask: texts, names without end, one answer alone. */
export function bandQuestion(column: Column): BandedQuestion | null {
  if (column.kind === 'text') return null
  if (column.kind === 'number') return bandNumbers(column.name, column.values)
  const counts = new Map<string, number>()
  for (const value of column.values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1)
  const least = Math.max(2, column.values.length * LEAST_SHARE)
  const frequent = [...counts].filter(([, count]) => count >= least).sort(([, a], [, b]) => b - a)
  if (frequent.length > MOST_ANSWERS || frequent.length === 0) return null
  const answers = frequent.map(([answer]) => answer)
  const named = counts.size > answers.length ? [...answers.filter(answer => answer !== OTHER), OTHER] : answers
  return named.length < 2 ? null : { column: column.name, edges: null, answers: named }
}

function bandNumbers(column: string, values: Float32Array): BandedQuestion | null {
  const known = values.filter(value => !Number.isNaN(value)).sort()
  const distinct = [...new Set(known)]
  if (distinct.length < 2) return null
  const edges =
    distinct.length <= ONE_BY_ONE
      ? distinct.slice(1)
      : [
          ...new Set(
            Array.from({ length: BANDS - 1 }, (_, at) =>
              roundEdge(known[Math.floor(((at + 1) * known.length) / BANDS)]!),
            ),
          ),
        ].filter(edge => edge > known[0]! && edge <= known.at(-1)!)
  if (edges.length === 0) edges.push(distinct[Math.floor(distinct.length / 2)]!)
  edges.sort((a, b) => a - b)
  const isWhole = known.every(Number.isInteger)
  return { column, edges, answers: bandNames(edges, isWhole, distinct.length <= ONE_BY_ONE ? distinct : null) }
}

/** Two digits are as many as a person reads at a glance. */
const roundEdge = (value: number): number => Number(value.toPrecision(2))

function bandNames(edges: readonly number[], isWhole: boolean, distinct: readonly number[] | null): string[] {
  if (distinct !== null && isWhole) return distinct.map(String)
  const show = (value: number): string => Number(value.toPrecision(6)).toString()
  return Array.from({ length: edges.length + 1 }, (_, at) => {
    if (at === 0) return `under ${show(edges[0]!)}`
    if (at === edges.length) return `${show(edges[at - 1]!)} or more`
    const [from, before] = [edges[at - 1]!, edges[at]!]
    if (!isWhole) return `${show(from)} to under ${show(before)}`
    return before - 1 === from ? show(from) : `${show(from)} to ${show(before - 1)}`
  })
}

/** The answers of a table as the card has them; a blank stays blank. */
export function toBanded(table: Table, questions: readonly BandedQuestion[]): Table {
  return { rows: table.rows, columns: questions.map(question => bandColumn(table, question)) }
}

function bandColumn(table: Table, { column, edges, answers }: BandedQuestion): CategoryColumn {
  const found = table.columns.find(({ name }) => name === column)
  if (found === undefined) throw new Error(`the table has no column ${column}`)
  const place = (value: number): string => answers[(edges ?? []).filter(edge => value >= edge).length]!
  const other = answers.includes(OTHER) ? OTHER : null
  return {
    name: column,
    kind: 'category',
    values:
      found.kind === 'number'
        ? Array.from(found.values, value => (Number.isNaN(value) ? null : place(value)))
        : found.values.map(value => (value === null || answers.includes(value) ? value : other)),
  }
}
