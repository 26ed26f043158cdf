/**
 * murram model explain: why a bundle says what it says of one row: every question that moved
 * it, the heaviest first. The numbers are log odds (or the amount's own unit): above 0 they
 * speak for the positive class; of several classes, for the one that is named.
 *
 *   murram model explain ./bundle --rows people.csv --row 3
 *   murram model explain ./bundle --rows people.csv --row 3 --json | jq .reasons
 *
 * Exit: 0 told · 1 the bundle may not be used · 2 wrong use.
 */
import { fault } from '@murram/ground'
import { toFeatureRow, type ModelInput } from '@murram/score'
import { openFolder, type FolderOptions } from '../model/open-folder.ts'
import { print, sayFault, type ExitCode } from '../print.ts'
import { readCsv, takeCells, type CsvTable } from '../table.ts'

export interface ModelExplainOptions extends FolderOptions {
  readonly rows: string
  /** As score counts them, from 1. */
  readonly row: number
  readonly most: number
}

export async function modelExplain(folder: string, options: ModelExplainOptions): Promise<ExitCode> {
  const scorer = await openFolder(folder, options, Date.now())
  if (scorer === null) return 1
  await using opened = scorer
  const table = readCsv(options.rows)
  if (!table.ok) return sayFault(table.error, options)
  if (options.row < 1 || options.row > table.value.rows)
    return sayFault(
      fault('cli.usage', `--row ${options.row}: ${options.rows} has rows 1 to ${table.value.rows}`),
      options,
    )
  const answers = answersOf(takeCells(table.value, [options.row - 1]))
  const { inputs, classes } = opened.manifest
  const row = toFeatureRow(answers, inputs, new Set(table.value.header))
  if (!row.ok) return sayFault(row.error, options)
  const reasons = await opened.explain(row.value)
  if (!reasons.ok) return sayFault(reasons.error, options)
  const told = reasons.value.map(reason => ({ ...reason, answer: answerOf(reason.input, inputs, answers) }))
  if (classes.length === 0) {
    const said = await opened.predictColumns({
      rows: 1,
      columns: new Map(
        inputs.map(({ name, kind }) => [
          name,
          kind === 'number' ? Float32Array.of(Number(row.value[name])) : [String(row.value[name])],
        ]),
      ),
    })
    if (!said.ok) return sayFault(said.error, options)
    if (options.json === true) print.json({ ok: true, row: options.row, value: said.value[0], reasons: told })
    else print.line(`${said.value[0]}`)
  } else {
    const scored = await opened.score(row.value)
    if (!scored.ok) return sayFault(scored.error, options)
    const { label, probabilities, sure, abstains, missing } = scored.value
    if (options.json === true)
      print.json({ ok: true, row: options.row, label, probabilities, sure, abstains, missing, reasons: told })
    else
      print.line(
        `${label}, ${((probabilities[label] ?? 0) * 100).toFixed(1)} %, ${sure ? 'sure' : `not sure (${WHY[abstains ?? 'undecided']})`}`,
      )
  }
  if (options.json !== true) {
    if (classes.length === 2) print.line(`what is above 0 speaks for “${opened.manifest.positive}”`)
    for (const { input, contribution, answer, words } of told.slice(0, options.most))
      print.line(
        `  ${contribution >= 0 ? '+' : '−'}${Math.abs(contribution).toFixed(3)}  ${input} = ${words?.join(', ') ?? (answer === '' ? 'not answered' : answer)}`,
      )
  }
  return 0
}

const WHY = {
  unmeasured: 'it was never measured on enough outcomes',
  missing: 'too much is missing',
  undecided: 'more than one class is possible',
} as const

const answersOf = ({ columns }: CsvTable): ReadonlyMap<string, string> =>
  new Map([...columns].map(([name, cells]) => [name, cells[0] ?? '']))

const answerOf = (question: string, inputs: readonly ModelInput[], answers: ReadonlyMap<string, string>): string => {
  const input = inputs.find(({ name, from = name }) => from === question)
  return answers.get(input?.from ?? question) ?? ''
}
