/**
 * murram model reproduce: is a bundle what its tables, options and seed make? The model is
 * trained anew from what `training.json` names and compared with the bundle byte for byte.
 *
 *   murram model reproduce ./bundle
 *   murram model reproduce ./bundle --csv /media/stick/people.csv
 *   murram model reproduce RELEASE --collector http://127.0.0.1:8080 --data data/collector
 *
 * With `--collector` it is a release of that project: its frozen rows come from there, so it
 * needs the admin token, and the rows are held in memory alone.
 *
 * Exit: 0 the same bytes · 1 others, or other tables · 2 wrong use.
 */
import { makeAgain, type Making } from '@murram/collector'
import { describeFault, ok, type Fault, type Result } from '@murram/ground'
import { toOnnx } from '@murram/onnx-writer'
import { makeBundle } from '@murram/score'
import { availableParallelism } from 'node:os'
import { askAdmin } from '../ask-admin.ts'
import { readBundle } from '../bundle-folder.ts'
import { openRecipe } from '../model/open-recipe.ts'
import { prepareRows } from '../model/prepare-rows.ts'
import { readTrainingRecord, withTables, type TableOptions } from '../model/training-record.ts'
import { trainRows } from '../model/train-bundle.ts'
import { writeTrainingCard } from '../model/write-training-card.ts'
import { pathOf, print, type ExitCode } from '../print.ts'
import { showBar } from '../progress.ts'

export interface ModelReproduceOptions extends TableOptions {
  readonly threads?: number
  /** Address of a running collector; then a release is named, not a folder. */
  readonly collector?: string
  readonly data: string
  readonly json?: boolean
}

interface Reproduced {
  readonly name: string
  /** Files whose bytes differ. */
  readonly differing: readonly string[]
}

export async function modelReproduce(folder: string, options: ModelReproduceOptions): Promise<ExitCode> {
  const done =
    options.collector === undefined
      ? await reproduce(pathOf(folder), options)
      : await fromCollector(folder, options.collector, options)
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

async function fromCollector(
  releaseId: string,
  collector: string,
  { data }: ModelReproduceOptions,
): Promise<Result<Reproduced, Fault>> {
  const path = `/releases/${encodeURIComponent(releaseId)}/making`
  const found = await askAdmin<{ readonly making: string }>({ collector, data }, path, { method: 'GET' })
  if (!found.ok) return found
  const making = JSON.parse(found.value.making) as Making
  const again = makeAgain(making)
  return again.ok ? ok({ name: making.recipe.name, differing: again.value.differing }) : again
}

async function reproduce(folder: string, options: ModelReproduceOptions): Promise<Result<Reproduced, Fault>> {
  // Time stands still here: a bundle that is too old to be installed can still be made again.
  const bundle = readBundle(folder, undefined, null)
  if (!bundle.ok) return bundle
  const record = readTrainingRecord(folder)
  if (!record.ok) return record
  const order = withTables(record.value, options)
  if (!order.ok) return order
  const files = record.value.recipe
  const opened = files === undefined ? ok(undefined) : await openRecipe(files.recipe, files.form)
  if (!opened.ok) return opened
  const rows = prepareRows(order.value, opened.value)
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
    card: writeTrainingCard({ name, found: found.value, text: opened.value?.card ?? '' }),
  })
  const before = new Map(bundle.value.manifest.files.map(file => [file.name, file.sha256]))
  return ok({
    name,
    differing: again.entries.filter(file => before.get(file.name) !== file.sha256).map(file => file.name),
  })
}
