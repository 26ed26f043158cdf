/**
 * The report of a trained model: one HTML file without scripts, fonts or links, for whoever
 * must decide whether the model may be used. First what was measured, then where it fails,
 * then what it was made of.
 */
import { confusionOf, coverageOf, measureIntervals, type Figures, type Interval, type Target } from '@murram/learn'
import type { Conformal } from '@murram/score'
import { curvesOf } from '../curves.ts'
import { importances } from '../importance.ts'
import { subgroupsOf, type Subgroup } from '../subgroups.ts'
import type { TrainedRows } from '../trained-rows.ts'
import { LEARNER_WORDS } from '../write-training-card.ts'
import { amountChart, calibrationChart, colourOf, importanceChart, rocChart } from './charts.ts'
import { escape, number, percent, table } from './html.ts'
import { REPORT_STYLE } from './style.ts'
import { wordsOf } from './words.ts'

export interface ReportOrder {
  readonly name: string
  readonly target: string
  readonly found: TrainedRows
  readonly bundle: { readonly bytes: number; readonly gzipBytes: number }
  readonly conformal: Conformal | null
  /** The column of places, where one was named. */
  readonly region: string | undefined
  /** Columns whose answers are judged apart; a few are chosen if none is named. */
  readonly subgroups: readonly string[]
}

const MOST_INPUTS = 20

export function writeReport(order: ReportOrder): string {
  const { name, target, found } = order
  const { rows } = found
  const { test, training } = rows
  const { trained, said, metrics } = found
  const parts = [
    `<header><h1>${escape(name)}</h1><p>It tells <b>${escape(target)}</b>. ${escape(LEARNER_WORDS[trained.learner] ?? trained.learner)}, fitted to ${training.cells.rows} rows, judged on ${test.cells.rows} rows that it never saw.</p></header>`,
    figures(metrics, intervalsOf(order)),
    notesOf([...rows.notes, ...trained.notes]),
    quality(test.target, said),
    coverage(order),
    importanceOf(order),
    section('Words it goes by', wordsOf(trained.model)),
    section(
      'For whom it does well',
      subgroupTable(subgroupsOf(test.table, test.target, said, order.subgroups), test.target),
    ),
    madeOf(order),
  ]
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(name)}</title><style>${REPORT_STYLE}</style></head><body>${parts.join('\n')}</body></html>\n`
}

const section = (title: string, body: string, hint = ''): string =>
  body === ''
    ? ''
    : `<section><h2>${escape(title)}</h2>${hint === '' ? '' : `<p class="hint">${escape(hint)}</p>`}${body}</section>`

const FIGURES: readonly (readonly [key: string, word: string, hint: string])[] = [
  ['auc', 'AUC', '1 ranks all rightly, 0.5 is chance'],
  ['logLoss', 'Log-loss', 'lower is better'],
  ['accuracy', 'Accuracy', 'share named rightly'],
  ['macroF1', 'Macro-F1', 'every class counts alike'],
  ['brier', 'Brier', 'lower is better'],
  ['calibrationSlope', 'Calibration slope', '1 is right; below, too sure of itself'],
  ['rmse', 'RMSE', 'in the unit of the outcome'],
  ['mae', 'Mean error', 'in the unit of the outcome'],
  ['r2', 'R²', '1 is all, 0 is no better than the mean'],
]

/** Drawing thousands of rows again is slow, and their intervals are narrow. */
const drawsFor = (rows: number): number => Math.max(40, Math.min(200, Math.round(400_000 / Math.max(1, rows))))

function intervalsOf({
  found: {
    rows: { test },
    said,
  },
}: ReportOrder): Readonly<Record<string, Interval>> {
  if (test.cells.rows < 2) return {}
  return measureIntervals(test.target, said, { groups: test.groups, seed: 1, draws: drawsFor(test.cells.rows) })
}

const between = (interval: Interval | undefined): string =>
  interval === undefined ? '' : `<em>${number(interval.lower)} to ${number(interval.upper)}</em>`

const figures = (metrics: Figures, intervals: Readonly<Record<string, Interval>>): string =>
  `<div class="figures">${FIGURES.filter(([key]) => key in metrics)
    .map(
      ([key, word, hint]) =>
        `<div><b>${number(metrics[key], 4)}</b>${between(intervals[key])}<span>${word}</span><small>${hint}</small></div>`,
    )
    .join('')}</div>`

function notesOf(notes: readonly string[]): string {
  if (notes.length === 0) return ''
  const lines = notes.map(note => `<li${note.startsWith('warning') ? ' class="warning"' : ''}>${escape(note)}</li>`)
  return section('What to know first', `<ul>${lines.join('')}</ul>`)
}

function quality(target: Target, said: Float64Array): string {
  if (target.task === 'regression') {
    return section('Said and was', `<div class="charts"><figure>${amountChart(target.values, said)}</figure></div>`)
  }
  const rows = target.codes.length
  if (rows === 0) return ''
  const curves = curvesOf(target, said).slice(0, 8)
  const legend = curves
    .map(({ name }, at) => `<span><i style="background:${colourOf(at)}"></i>${escape(name)}</span>`)
    .join('')
  const counts = confusionOf(target, said)
  const most = Math.max(...counts.flat(), 1)
  const cells = counts.map((line, was) => [
    `<b>${escape(target.classes[was]!)}</b>`,
    ...line.map(
      (count, at) =>
        `<span class="cell" style="--share:${(count / most).toFixed(3)}"${at === was ? ' data-right' : ''}>${count}</span>`,
    ),
  ])
  const head = ['was ↓ · said →', ...target.classes.map(escape)]
  return section(
    'How good it is',
    `<div class="charts"><figure>${calibrationChart(curves)}<figcaption>Calibration: ten groups of like size; the bars are what chance allows</figcaption></figure><figure>${rocChart(curves)}<figcaption>ROC</figcaption></figure></div><p class="legend">${legend}</p>${table([head, ...cells], 'confusion')}`,
  )
}

/** Whether it is right about when it is sure: of all rows, and by region where one was named. */
function coverage({
  found: {
    rows: { test },
    said,
  },
  conformal,
  region,
}: ReportOrder): string {
  if (conformal === null || test.target.task === 'regression') return ''
  const column = test.table.columns.find(({ name }) => name === region)
  const regions = column?.kind === 'category' ? column.values : []
  const lines = coverageOf(said, test.target, conformal, regions).map(one => [
    one.region === '' ? '<b>all</b>' : escape(one.region),
    String(one.rows),
    percent(one.covered),
    `${percent(one.interval.lower)} to ${percent(one.interval.upper)}`,
    one.isKept ? 'yes' : '<b class="warning">no</b>',
    percent(one.sure),
  ])
  return section(
    'When it is sure',
    table([['rows of', 'rows', 'true class possible', 'chance allows', 'promise kept', 'sure of'], ...lines]),
    `It promises that the true class is among the possible ones in ${conformal.coverage * 100} of 100 rows, and is sure where one alone is possible.`,
  )
}

function importanceOf({
  found: {
    rows: { test },
    trained,
  },
}: ReportOrder): string {
  const found = importances(trained.model, test.table, test.target).slice(0, MOST_INPUTS)
  return found.length < 2
    ? ''
    : section(
        'What it goes by',
        importanceChart(found),
        `How much worse the ${test.target.task === 'regression' ? 'error' : 'log-loss'} gets where the answers of one column are dealt out anew among the rows.`,
      )
}

function subgroupTable(groups: readonly Subgroup[], target: Target): string {
  if (groups.length === 0) return ''
  const isAmount = target.task === 'regression'
  const show = (value: number | null): string => (isAmount ? number(value, 2) : percent(value))
  const head = [
    'column',
    'answer',
    'rows',
    ...(target.task === 'multiclass' ? [] : ['was', 'said']),
    ...(isAmount ? ['RMSE'] : ['AUC', 'log-loss', 'accuracy']),
  ]
  let before = ''
  const lines = groups.map(({ column, answer, rows, was, said, metrics }) => {
    const shown = column === before ? '' : `<b>${escape(column)}</b>`
    before = column
    const measured = isAmount
      ? [number(metrics?.rmse, 3)]
      : [number(metrics?.auc), number(metrics?.logLoss), percent(metrics?.accuracy ?? null)]
    return [
      shown,
      answer === '' ? '<i>not answered</i>' : escape(answer),
      String(rows),
      ...(target.task === 'multiclass' ? [] : [show(was), show(said)]),
      ...measured,
    ]
  })
  return `${table([head, ...lines])}<p class="hint">Parts of fewer than fifty rows are listed and not judged.</p>`
}

function madeOf({ found, bundle }: ReportOrder): string {
  const { rows, trained, fitSeconds } = found
  const tried = Object.entries(trained.crossValidated).map(([learner, loss]) => `${learner} ${number(loss, 4)}`)
  const facts = [
    ['fact', 'value'],
    ['tried on rows not seen (lower is better)', escape(tried.join(', '))],
    ['fitted in', `${fitSeconds.toFixed(1)} s`],
    ['bundle', `${(bundle.bytes / 1_000).toFixed(0)} kB, ${(bundle.gzipBytes / 1_000).toFixed(0)} kB compressed`],
  ]
  const inputs = rows.features.map(({ column, input }) => [
    escape(column),
    input.read === undefined ? input.kind : 'date, as days',
    input.words === undefined
      ? ''
      : escape(
          Object.entries(input.words)
            .map(([word, value]) => `${word} = ${value}`)
            .join(', '),
        ),
  ])
  return section(
    'What it was made of',
    `${table(facts)}<details><summary>${rows.features.length} columns and how they were read</summary>${table([['column', 'read as', ''], ...inputs])}</details>`,
  )
}
