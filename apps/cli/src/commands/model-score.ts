/**
 * murram model score: the rows of a table through a bundle, as a device would score them.
 *
 *   murram model score ./bundle --rows people.csv > scores.csv
 *   murram model score ./bundle --rows people.csv --json | jq -c 'select(.sure|not)'
 *
 * Exit: 0 all scored · 1 the bundle may not be used · 2 wrong use, or the table is unreadable.
 */
import { describeFault } from '@murram/ground'
import { openScorer } from '@murram/score/onnx'
import { readBundle } from '../bundle-folder.ts'
import { featureRows } from '../model/feature-rows.ts'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'
import { readCsv } from '../table.ts'

export interface ModelScoreOptions {
  readonly rows: string
  readonly root?: string
  readonly json?: boolean
}

export async function modelScore(folder: string, options: ModelScoreOptions): Promise<ExitCode> {
  const bundle = readBundle(pathOf(folder), options.root, Date.now())
  const opened = bundle.ok ? await openScorer(bundle.value) : bundle
  if (!opened.ok) {
    print.note(`${opened.error.fault}: ${describeFault(opened.error)}`)
    return 1
  }
  await using scorer = opened.value
  const table = readCsv(options.rows)
  if (!table.ok) return sayFault(table.error, options)
  if (options.json !== true) print.line('row,label,probability,sure')
  let at = 0
  for (const rows of featureRows(table.value, scorer.manifest.inputs)) {
    if (!rows.ok) return sayFault(rows.error, options)
    const scored = await scorer.scoreMany(rows.value)
    if (!scored.ok) return sayFault(scored.error, options)
    for (const { label, probability, sure, reasons, missing } of scored.value) {
      at += 1
      if (options.json === true) print.json({ row: at, label, probability, sure, reasons, missing })
      else print.line(`${at},${label},${probability.toFixed(6)},${sure}`)
    }
  }
  return 0
}
