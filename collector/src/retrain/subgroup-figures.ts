/**
 * What a candidate gains or loses for parts of the households: by each answer of the questions
 * that a recipe names as subgroups. A question with many different answers is not a subgroup.
 */
import { clusteredMean, type Table } from '@murram/learn'
import type { MissedFigures, SubgroupFigures } from '../registry/gate-figures.ts'
import type { JudgedRows } from './judged-rows.ts'

const MOST_ANSWERS = 20

export interface HoldoutPart {
  /** `region: northern`. */
  readonly name: string
  readonly rows: readonly number[]
}

export const partsOf = ({ columns }: Table, questions: readonly string[]): readonly HoldoutPart[] =>
  questions.flatMap(question => {
    const column = columns.find(({ name }) => name === question)
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
      .map(([answer, rows]) => ({ name: `${question}: ${answer}`, rows }))
  })

export function subgroupFigures(all: JudgedRows, gains: Float64Array, { name, rows }: HoldoutPart): SubgroupFigures {
  const part = takeJudged(all, rows)
  const off = (said: Float64Array) => said.map((p, at) => p - part.codes[at]!)
  const over = (values: ArrayLike<number>) =>
    clusteredMean({ values, groups: part.groups, weights: part.weights ?? undefined })
  const { mean: candidate, error } = over(off(part.candidate))
  return {
    name,
    households: new Set(part.groups).size,
    logLossGain: over(Float64Array.from(rows, row => gains[row]!)),
    calibration: { candidate, champion: over(off(part.champion)).mean, error },
    missed: missedFigures(part),
  }
}

/** Exclusion errors of both models. */
export function missedFigures(all: JudgedRows): MissedFigures {
  const rows = [...all.codes.keys()].filter(row => all.codes[row] === 1)
  const part = takeJudged(all, rows)
  const missed = (said: Float64Array) =>
    clusteredMean({
      values: said.map(p => Number(!(p >= all.threshold))),
      groups: part.groups,
      weights: part.weights ?? undefined,
    })
  return { positives: new Set(part.groups).size, champion: missed(part.champion), candidate: missed(part.candidate) }
}

const takeJudged = (all: JudgedRows, rows: readonly number[]): JudgedRows => ({
  threshold: all.threshold,
  codes: Uint8Array.from(rows, row => all.codes[row]!),
  groups: rows.map(row => all.groups[row]!),
  weights: all.weights === null ? null : Float64Array.from(rows, row => all.weights![row]!),
  selections: all.selections === null ? null : rows.map(row => all.selections![row]!),
  champion: Float64Array.from(rows, row => all.champion[row]!),
  candidate: Float64Array.from(rows, row => all.candidate[row]!),
})
