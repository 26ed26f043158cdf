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
import { toFeatureRow } from '@murram/score'
import { readBundle } from '../bundle-folder.ts'
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
  const asked = new Set(table.value.header)
  if (options.json !== true) print.line('row,label,probability,sure')
  for (const [at, row] of table.value.rows.entries()) {
    const features = toFeatureRow(new Map(Object.entries(row)), scorer.manifest.inputs, asked)
    if (!features.ok) return sayFault(features.error, options)
    const scored = await scorer.score(features.value)
    if (!scored.ok) return sayFault(scored.error, options)
    const { label, probability, sure, reasons, missing } = scored.value
    if (options.json === true) print.json({ row: at + 1, label, probability, sure, reasons, missing })
    else print.line(`${at + 1},${label},${probability.toFixed(6)},${sure}`)
  }
  return 0
}
