/** Three tables of the shared data on their given split, as columns; for learn.ts and learn-ours.ts. */
import { existsSync, readFileSync } from 'node:fs'
import { takeLabels, takeRows, type Labels, type Table } from '@murram/learn'

export interface Source {
  readonly name: string
  readonly target: string
  readonly positive: string
  readonly leaveOut: readonly string[]
}

export const sources: readonly Source[] = [
  { name: 'adult', target: 'income', positive: '>50K', leaveOut: ['official'] },
  { name: 'online_shoppers', target: 'Revenue', positive: '1', leaveOut: [] },
  { name: 'telco', target: 'Churn', positive: 'Yes', leaveOut: ['customerID'] },
]

export const sharedFolder = new URL('../../shared/data/', import.meta.url)
export const isHere = ({ name }: Source): boolean => existsSync(new URL(`${name}/split.csv`, sharedFolder))

interface Part {
  readonly table: Table
  readonly labels: Labels
}

/** These tables have no quoted commas. */
const readLines = (file: string): string[][] =>
  readFileSync(new URL(file, sharedFolder), 'utf8')
    .trim()
    .split(/\r?\n/)
    .map(line => line.split(',').map(cell => cell.replace(/^"|"$/g, '').trim()))

export function readSource({ name, target, positive, leaveOut }: Source): {
  readonly train: Part
  readonly test: Part
} {
  const [head = [], ...cells] = readLines(`${name}/${name}.csv`)
  const at = head.indexOf(target)
  const isNumber = (column: number) => cells.every(row => row[column] === '' || Number.isFinite(Number(row[column])))
  const table: Table = {
    rows: cells.length,
    columns: head
      .map((question, column) => ({ name: question, column }))
      .filter(question => question.name !== target && !leaveOut.includes(question.name))
      .map(question =>
        isNumber(question.column)
          ? {
              name: question.name,
              kind: 'number',
              values: Float32Array.from(cells, row =>
                row[question.column] === '' ? Number.NaN : Number(row[question.column]),
              ),
            }
          : { name: question.name, kind: 'category', values: cells.map(row => row[question.column] ?? null) },
      ),
  }
  const labels: Labels = {
    classes: ['no', 'yes'],
    codes: Uint8Array.from(cells, row => (row[at]?.toLowerCase() === positive.toLowerCase() ? 1 : 0)),
  }
  const folds = readLines(`${name}/split.csv`).slice(1)
  const part = (fold: string): Part => {
    const rows = folds.filter(([, of]) => (of === 'train') === (fold === 'train')).map(([row]) => Number(row))
    return { table: takeRows(table, rows), labels: takeLabels(labels, rows) }
  }
  return { train: part('train'), test: part('test') }
}
