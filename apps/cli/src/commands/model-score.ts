/**
 * murram model score: the rows of a table through a bundle, as a device would score them.
 *
 *   murram model score ./bundle --rows people.csv > scores.csv
 *   murram model score ./bundle --rows people.csv --json | jq -c 'select(.sure|not)'
 *
 * Exit: 0 all scored · 1 the bundle may not be used · 2 wrong use, or the table is unreadable.
 */
import type { Scorer } from '@murram/score/onnx'
import { featureColumns, featureRows } from '../model/feature-rows.ts'
import { openFolder } from '../model/open-folder.ts'
import { print, sayFault, type ExitCode } from '../print.ts'
import { readCsv, type CsvTable } from '../table.ts'

export interface ModelScoreOptions {
  readonly rows: string
  readonly root?: string
  readonly json?: boolean
}

export async function modelScore(folder: string, options: ModelScoreOptions): Promise<ExitCode> {
  const opened = await openFolder(folder, options, Date.now())
  if (opened === null) return 1
  await using scorer = opened
  const table = readCsv(options.rows)
  if (!table.ok) return sayFault(table.error, options)
  if (scorer.manifest.classes.length === 0) return await scoreAmounts(scorer, table.value, options)
  if (options.json !== true) print.line('row,label,probability,sure')
  let at = 0
  for (const rows of featureRows(table.value, scorer.manifest.inputs)) {
    if (!rows.ok) return sayFault(rows.error, options)
    const scored = await scorer.scoreMany(rows.value)
    if (!scored.ok) return sayFault(scored.error, options)
    for (const { label, probability, probabilities, sure, abstains, reasons, missing } of scored.value) {
      at += 1
      if (options.json === true)
        print.json({ row: at, label, probability, probabilities, sure, abstains, reasons, missing })
      else print.line(`${at},${quoted(label)},${probability.toFixed(6)},${sure}`)
    }
  }
  return 0
}

async function scoreAmounts(scorer: Scorer, table: CsvTable, options: ModelScoreOptions): Promise<ExitCode> {
  const columns = featureColumns(table, scorer.manifest.inputs)
  const said = columns.ok ? await scorer.predictColumns(columns.value) : columns
  if (!said.ok) return sayFault(said.error, options)
  if (options.json !== true) print.line('row,value')
  for (const [at, value] of said.value.entries()) {
    if (options.json === true) print.json({ row: at + 1, value })
    else print.line(`${at + 1},${value}`)
  }
  return 0
}

const quoted = (label: string): string => (/[",\n]/.test(label) ? `"${label.replaceAll('"', '""')}"` : label)
