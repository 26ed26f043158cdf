/**
 * murram model scorecard: at most ten questions with whole-number points, to be added up on
 * paper. Made by a logistic regression on the rows that the bundle was trained on.
 *
 *   murram model scorecard ./bundle
 *   murram model scorecard ./bundle --questions 7 --csv people.csv --out card.html
 *
 * Exit: 0 written · 1 it cannot be made of this bundle · 2 wrong use.
 */
import { describeFault, ok, type Fault, type Result } from '@murram/ground'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { prepareRows } from '../model/prepare-rows.ts'
import { buildScorecard, type Scorecard } from '../model/scorecard/build-scorecard.ts'
import { scorecardPage, scorecardText, type CardTitle } from '../model/scorecard/print-scorecard.ts'
import { readTrainingRecord, withTables, type TableOptions } from '../model/training-record.ts'
import { pathOf, print, type ExitCode } from '../print.ts'

export interface ModelScorecardOptions extends TableOptions {
  readonly questions: number
  readonly out?: string
  readonly json?: boolean
}

export function modelScorecard(folder: string, options: ModelScorecardOptions): ExitCode {
  const made = make(pathOf(folder), options)
  if (!made.ok) {
    if (options.json === true) print.json({ ok: false, ...made.error })
    else print.note(`${made.error.fault}: ${describeFault(made.error)}`)
    return made.error.fault === 'cli.file-unreadable' || made.error.fault === 'cli.usage' ? 2 : 1
  }
  const { card, title } = made.value
  const file = options.out === undefined ? join(pathOf(folder), 'scorecard.html') : pathOf(options.out)
  writeFileSync(file, scorecardPage(card, title))
  if (options.json === true) print.json({ ok: true, ...title, ...card })
  else {
    print.line(scorecardText(card, title))
    print.note(`${card.auc === null ? '' : `AUC ${card.auc.toFixed(4)} on rows kept aside; `}written to ${file}`)
  }
  return 0
}

const MOST_QUESTIONS = 10

function make(
  folder: string,
  options: ModelScorecardOptions,
): Result<{ readonly card: Scorecard; readonly title: CardTitle }, Fault> {
  const record = readTrainingRecord(folder)
  if (!record.ok) return record
  const order = withTables(record.value, options)
  if (!order.ok) return order
  const rows = prepareRows(order.value)
  if (!rows.ok) return rows
  const { training, test } = rows.value
  const most = Math.max(1, Math.min(MOST_QUESTIONS, options.questions))
  const card = buildScorecard(training, test, most, record.value.training.seed)
  if (!card.ok) return card
  return ok({
    card: card.value,
    title: {
      name: record.value.name,
      target: order.value.target,
      trainedRows: training.cells.rows,
      testRows: test.cells.rows,
    },
  })
}
