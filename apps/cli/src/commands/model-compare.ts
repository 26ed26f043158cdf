/**
 * murram model compare: two bundles on the same rows with known outcomes: the figures of
 * each, and whether the difference is more than chance (households are drawn again and
 * again, each with all its rows).
 *
 *   murram model compare ./old ./new --rows verified.csv --target vulnerable --group household
 *
 * Exit: 0 compared · 1 a bundle may not be used, or they tell different things · 2 wrong use.
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { measureAnswers, pairedBootstrap, type Figures, type Target } from '@murram/learn'
import type { Scorer } from '@murram/score/onnx'
import { featureColumns } from '../model/feature-rows.ts'
import { byClass, labelsSaid } from '../model/curves.ts'
import { openFolder, type FolderOptions } from '../model/open-folder.ts'
import { readTarget } from '../model/read-target.ts'
import { print, sayFault, type ExitCode } from '../print.ts'
import { cellsOf, readCsv, takeCells, type CsvTable } from '../table.ts'

export interface ModelCompareOptions extends FolderOptions {
  readonly rows: string
  readonly target: string
  readonly group?: string
}

interface Compared {
  readonly rows: number
  readonly first: Figures
  readonly second: Figures
  /** Loss of the first less that of the second, a row: above 0 the second is better. */
  readonly gain: { readonly mean: number; readonly lower: number; readonly upper: number }
  /** Share of rows that the second names otherwise; `null` for amounts. */
  readonly flips: number | null
}

const DRAWS = 2_000

export async function modelCompare(first: string, second: string, options: ModelCompareOptions): Promise<ExitCode> {
  const one = await openFolder(first, options, null)
  if (one === null) return 1
  await using a = one
  const other = await openFolder(second, options, null)
  if (other === null) return 1
  await using b = other
  const compared = await compare(a, b, options)
  if (!compared.ok) {
    sayFault(compared.error, options)
    return compared.error.fault === 'bundle.incompatible' ? 1 : 2
  }
  if (options.json === true) print.json({ ok: true, ...compared.value })
  else describe(compared.value)
  return 0
}

async function compare(
  a: Scorer,
  b: Scorer,
  { rows, target, group }: ModelCompareOptions,
): Promise<Result<Compared, Fault>> {
  const { classes } = a.manifest
  if (classes.join('\n') !== b.manifest.classes.join('\n'))
    return err(
      fault(
        'bundle.incompatible',
        `one tells ${classes.join(', ') || 'an amount'}, the other ${b.manifest.classes.join(', ') || 'an amount'}`,
      ),
    )
  const table = readCsv(rows)
  if (!table.ok) return table
  for (const name of [target, ...(group === undefined ? [] : [group])])
    if (!table.value.columns.has(name))
      return err(fault('cli.usage', `${rows} has no column ${name}; it has ${table.value.header.join(', ')}`))
  const task = classes.length === 0 ? 'regression' : classes.length === 2 ? 'binary' : 'multiclass'
  const read = readTarget(table.value, target, { task, classes })
  if (read.rows.length === 0)
    return err(fault('cli.usage', `no row of ${rows} holds an outcome of these models in ${target}`))
  const cells = takeCells(table.value, read.rows)
  const [saidA, saidB] = [await predict(a, cells), await predict(b, cells)]
  if (!saidA.ok) return saidA
  if (!saidB.ok) return saidB
  const groups = group === undefined ? read.rows.map(String) : [...cellsOf(cells, group)]
  const outcome = read.target
  return ok({
    rows: cells.rows,
    first: measureAnswers(outcome, saidA.value),
    second: measureAnswers(outcome, saidB.value),
    gain: pairedBootstrap({
      groups,
      lossA: lossesOf(outcome, saidA.value),
      lossB: lossesOf(outcome, saidB.value),
      draws: DRAWS,
      seed: 1,
    }),
    flips: flipsOf(outcome, saidA.value, saidB.value),
  })
}

async function predict(scorer: Scorer, cells: CsvTable): Promise<Result<Float64Array, Fault>> {
  const columns = featureColumns(cells, scorer.manifest.inputs)
  return columns.ok ? scorer.predictColumns(columns.value) : columns
}

function lossesOf(target: Target, said: Float64Array): Float64Array {
  if (target.task === 'regression') return Float64Array.from(target.values, (value, row) => (said[row]! - value) ** 2)
  const probabilities = byClass(target, said, target.codes.length)
  return Float64Array.from(target.codes, (code, row) => -Math.log(Math.max(1e-15, probabilities[code]![row]!)))
}

function flipsOf(target: Target, a: Float64Array, b: Float64Array): number | null {
  if (target.task === 'regression') return null
  const rows = target.codes.length
  const [before, after] = [labelsSaid(target, a, rows), labelsSaid(target, b, rows)]
  return before.reduce((sum, label, row) => sum + Number(label !== after[row]), 0) / rows
}

function describe({ rows, first, second, gain, flips }: Compared): void {
  const names = Object.keys(first)
  print.line(`${rows} rows`.padEnd(20) + 'first'.padStart(12) + 'second'.padStart(12))
  const show = (value: number | null | undefined): string =>
    (value === null || value === undefined ? '–' : value.toFixed(4)).padStart(12)
  for (const name of names) print.line(name.padEnd(20) + show(first[name]) + show(second[name]))
  const verdict =
    gain.lower > 0
      ? 'the second is better'
      : gain.upper < 0
        ? 'the first is better'
        : 'no difference that is more than chance'
  print.line(
    `loss saved by the second, a row: ${gain.mean.toFixed(4)} (95 %: ${gain.lower.toFixed(4)} to ${gain.upper.toFixed(4)}): ${verdict}`,
  )
  if (flips !== null) print.line(`${(flips * 100).toFixed(1)} % of the rows change their class`)
}
