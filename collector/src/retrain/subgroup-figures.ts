/**
 * What a candidate gains or loses for parts of the households: by each answer of the questions
 * that a recipe names as subgroups. A question with many different answers is not a subgroup.
 */
import { pairedBootstrap } from '@murram/learn'
import type { SubgroupFigures } from '../registry/judge-candidate.ts'
import type { SnapshotTable } from './snapshot.ts'

const MOST_ANSWERS = 20

export function subgroupFigures(
  { table, groups }: Pick<SnapshotTable, 'table' | 'groups'>,
  questions: readonly string[],
  { lossA, lossB, seed }: { readonly lossA: Float64Array; readonly lossB: Float64Array; readonly seed: number },
): readonly SubgroupFigures[] {
  return questions.flatMap(question => {
    const column = table.columns.find(({ name }) => name === question)
    if (column === undefined || column.kind === 'text') return []
    const rowsOf = new Map<string, number[]>()
    for (const [row, value] of column.values.entries()) {
      const answer = value === null || Number.isNaN(value) ? 'not answered' : String(value)
      const rows = rowsOf.get(answer)
      if (rows === undefined) rowsOf.set(answer, [row])
      else rows.push(row)
    }
    if (rowsOf.size > MOST_ANSWERS) return []
    return [...rowsOf]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([answer, rows]) => ({
        name: `${question}: ${answer}`,
        households: new Set(rows.map(row => groups[row])).size,
        logLossGain: pairedBootstrap({
          groups: rows.map(row => groups[row]!),
          lossA: Float64Array.from(rows, row => lossA[row]!),
          lossB: Float64Array.from(rows, row => lossB[row]!),
          draws: 1_000,
          seed,
        }),
      }))
  })
}
