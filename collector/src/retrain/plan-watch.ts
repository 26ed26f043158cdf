/** What a candidate says of the rows it learnt from, so that the field can be held against them later. */
import type { Table } from '@murram/learn'
import { createSketcher, planSketch, scoreBins, DRIFT_ROWS, type ModelInput, type SketchPlan } from '@murram/score'
import type { Candidate } from '../registry/candidate.ts'

export type WatchPlan = Pick<Candidate, 'drift' | 'driftByRegion' | 'scores'>

/** Beyond these nothing is told apart by region. */
const MOST_REGIONS = 50

/**
 * @param holdoutScores What the candidate says of rows that it has not seen.
 * @param region A column of the table; another name, or none, and nothing is told apart.
 */
export function planWatch(
  { rows, columns }: Table,
  inputs: readonly ModelInput[],
  holdoutScores: Iterable<number>,
  region: string | undefined,
): WatchPlan {
  const table = { rows, columns: new Map(columns.map(({ name, values }) => [name, values])) }
  const drift = planSketch(inputs, table)
  const places = columns.find(({ name }) => name === region)?.values
  return {
    drift,
    scores: scoreBins(holdoutScores),
    ...(places === undefined ? {} : { driftByRegion: byRegion(drift, table.columns, places) }),
  }
}

function byRegion(
  drift: SketchPlan,
  columns: ReadonlyMap<string, Table['columns'][number]['values']>,
  places: Table['columns'][number]['values'],
): NonNullable<WatchPlan['driftByRegion']> {
  const rowsOf = new Map<string, number[]>()
  for (const [row, place] of Array.from<string | number | null>(places).entries()) {
    const region = place === null || Number.isNaN(place) ? '' : String(place)
    const rows = rowsOf.get(region)
    if (rows === undefined) rowsOf.set(region, [row])
    else rows.push(row)
  }
  const large = [...rowsOf].filter(([, rows]) => rows.length >= DRIFT_ROWS).slice(0, MOST_REGIONS)
  return Object.fromEntries(
    large.map(([region, rows]) => {
      const sketcher = createSketcher(drift)
      for (const row of rows)
        sketcher.observe(Object.fromEntries(drift.map(({ input }) => [input, columns.get(input)?.[row] ?? ''])))
      return [region, sketcher.sketch().counts]
    }),
  )
}
