/**
 * murram model reproduce: is a bundle what its tables, options and seed make? The model is
 * trained anew from what `training.json` names and compared with the bundle byte for byte.
 *
 *   murram model reproduce ./bundle
 *   murram model reproduce ./bundle --csv /media/stick/people.csv
 *
 * Exit: 0 the same bytes · 1 others, or other tables · 2 wrong use.
 */
import { describeFault, err, fault, ok, type Fault, type Result } from '@murram/ground'
import { toOnnx } from '@murram/onnx-writer'
import { makeBundle } from '@murram/score'
import { sha256 } from '@murram/seal'
import { availableParallelism } from 'node:os'
import { readBundle } from '../bundle-folder.ts'
import { prepareRows, type RowsOrder } from '../model/prepare-rows.ts'
import { readTrainingRecord, type TrainingRecord } from '../model/training-record.ts'
import { trainRows } from '../model/train-bundle.ts'
import { writeTrainingCard } from '../model/write-training-card.ts'
import { pathOf, print, type ExitCode } from '../print.ts'
import { showBar } from '../progress.ts'
import { readGiven } from '../read-given.ts'

export interface ModelReproduceOptions {
  readonly csv?: string
  readonly test?: string
  readonly split?: string
  readonly threads?: number
  readonly json?: boolean
}

interface Reproduced {
  readonly name: string
  /** Files whose bytes differ. */
  readonly differing: readonly string[]
}

export async function modelReproduce(folder: string, options: ModelReproduceOptions): Promise<ExitCode> {
  const done = await reproduce(pathOf(folder), options)
  if (!done.ok) {
    if (options.json === true) print.json({ ok: false, ...done.error })
    else print.note(`${done.error.fault}: ${describeFault(done.error)}`)
    return done.error.fault === 'cli.file-unreadable' || done.error.fault === 'cli.usage' ? 2 : 1
  }
  const { name, differing } = done.value
  if (options.json === true) print.json({ ok: differing.length === 0, name, differing })
  else if (differing.length === 0) print.line(`✓ ${name}: the same bytes again`)
  else print.line(`✗ ${name}: made again, ${differing.join(' and ')} differ`)
  return differing.length === 0 ? 0 : 1
}

async function reproduce(folder: string, options: ModelReproduceOptions): Promise<Result<Reproduced, Fault>> {
  // Time stands still here: a bundle that is too old to be installed can still be made again.
  const bundle = readBundle(folder, undefined, 0)
  if (!bundle.ok) return bundle
  const record = readTrainingRecord(folder)
  if (!record.ok) return record
  const order = orderOf(record.value, options)
  const same = sameTables(record.value, order)
  if (!same.ok) return same
  const rows = prepareRows(order)
  if (!rows.ok) return rows
  const bar = showBar()
  const { threads = availableParallelism() } = options
  const found = await trainRows(rows.value, { ...record.value.training, threads }, bar.show)
  bar.clear()
  if (!found.ok) return found
  const { name } = record.value
  const { model } = found.value.trained
  const again = makeBundle({
    model,
    onnx: toOnnx(model, { name }),
    card: writeTrainingCard({ name, rows: rows.value, found: found.value }),
  })
  const before = new Map(bundle.value.manifest.files.map(file => [file.name, file.sha256]))
  return ok({
    name,
    differing: again.entries.filter(file => before.get(file.name) !== file.sha256).map(file => file.name),
  })
}

const orderOf = ({ rows }: TrainingRecord, { csv, test, split }: ModelReproduceOptions): RowsOrder => ({
  ...rows,
  csv: csv ?? rows.csv,
  test: rows.test === undefined ? undefined : (test ?? rows.test),
  split: rows.split === undefined ? undefined : (split ?? rows.split),
})

function sameTables({ rows, tables }: TrainingRecord, order: RowsOrder): Result<void, Fault> {
  for (const which of ['csv', 'test', 'split'] as const) {
    const [given, recorded] = [order[which], rows[which]]
    if (given === undefined || recorded === undefined) continue
    const bytes = readGiven(given)
    if (!bytes.ok) return bytes
    if (sha256(bytes.value) !== tables[recorded])
      return err(fault('bundle.hash-mismatch', `${given} is not the table that the model was made of`, { name: given }))
  }
  return ok(undefined)
}
