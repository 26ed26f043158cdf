/** A scorecard on paper: one HTML page to print, and the same as lines of text. */
import { escape } from '../report/html.ts'
import type { CardQuestion, Scorecard } from './build-scorecard.ts'

export interface CardTitle {
  readonly name: string
  readonly target: string
  readonly trainedRows: number
  readonly testRows: number
}

const share = (value: number): string => `${Math.round(value * 100)} %`

/** Answers with the same points share a line. */
function linesOf({
  answers,
  missing,
  isAmount,
}: CardQuestion): readonly (readonly [answers: string, points: number])[] {
  const byPoints = new Map<number, string[]>()
  const all = [
    ...answers.map(({ answer, points }) => [answer, points] as const),
    ...(missing === null ? [] : [['not answered', missing] as const]),
  ]
  for (const [answer, points] of all) byPoints.set(points, [...(byPoints.get(points) ?? []), answer])
  const lines = [...byPoints].map(([points, names]) => [names.join(', '), points] as const)
  return isAmount ? lines : lines.sort(([, a], [, b]) => b - a)
}

export function scorecardText(card: Scorecard, { name, target }: CardTitle): string {
  const questions = card.questions.flatMap((question, at) => [
    `${at + 1}. ${question.column}`,
    ...linesOf(question).map(([answers, points]) => `   ${answers.padEnd(44)} ${String(points).padStart(3)}`),
  ])
  const totals = card.totals.map(
    ({ from, to, probability, share: part }) =>
      `   ${`${from} to ${to}`.padEnd(12)} ${share(probability).padStart(5)}   (${share(part)} of the rows)`,
  )
  return [
    `${name}: points for ${target} = ${card.positive}`,
    '',
    ...questions,
    '',
    `What a total means: the share that was ${card.positive}`,
    ...totals,
  ].join('\n')
}

const STYLE = `
@page { size: A4; margin: 14mm } * { box-sizing: border-box }
body { font: 12.5px/1.35 system-ui, sans-serif; color: #111; background: #fff; max-width: 190mm; margin: 0 auto; padding: 6mm }
h1 { font-size: 20px; margin: 0 0 2px } p { margin: 2px 0 8px } .fields { display: flex; gap: 8mm; margin: 8px 0 10px } .fields span { flex: 1; border-bottom: 1px solid #111; padding-bottom: 2px }
table { border-collapse: collapse; width: 100% } td, th { border: 1px solid #999; padding: 2px 7px; text-align: left; vertical-align: middle } th { background: #eee }
td.n, th.n { text-align: right; width: 16mm } td.box { width: 18mm } td.q { font-weight: 600; width: 55mm } tr { break-inside: avoid }
.total td { font-size: 15px; font-weight: 700 } .meaning { margin-top: 8px } .meaning td, .meaning th { padding: 3px 4px; text-align: center; white-space: nowrap } .meaning th:first-child { text-align: left } small { color: #444 }
`

export function scorecardPage(card: Scorecard, title: CardTitle): string {
  const { name, target, trainedRows, testRows } = title
  const rows = card.questions.flatMap((question, at) => {
    const lines = linesOf(question)
    return lines.map(
      ([answers, points], line) =>
        `<tr>${line === 0 ? `<td class="q" rowspan="${lines.length}">${at + 1}. ${escape(question.column)}</td>` : ''}<td>${escape(answers)}</td><td class="n">${points}</td>${line === 0 ? `<td class="box" rowspan="${lines.length}"></td>` : ''}</tr>`,
    )
  })
  const line = (head: string, cells: readonly string[], tag: string): string =>
    `<tr><th>${escape(head)}</th>${cells.map(cell => `<${tag}>${cell}</${tag}>`).join('')}</tr>`
  const totals = [
    line(
      'total',
      card.totals.map(({ from, to }) => `${from}–${to}`),
      'th',
    ),
    line(
      `were ${card.positive}`,
      card.totals.map(({ probability }) => share(probability)),
      'td',
    ),
    line(
      'of all',
      card.totals.map(({ share: part }) => share(part)),
      'td',
    ),
  ]
  const good =
    card.auc === null
      ? 'It could not be judged: the rows kept aside hold one class alone.'
      : `On ${testRows} rows that were not used to make it, the total ranks with AUC ${card.auc.toFixed(3)} (1 is perfect, 0.5 is chance).`
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(name)}: scorecard</title><style>${STYLE}</style></head><body>
<h1>${escape(name)}</h1><p>Points for <b>${escape(target)} = ${escape(card.positive)}</b>. Tick one answer a question, write its points in the box, add them up.</p>
<div class="fields"><span>Household</span><span>Date</span><span>Interviewer</span></div>
<table><thead><tr><th>question</th><th>answer</th><th class="n">points</th><th>yours</th></tr></thead><tbody>${rows.join('')}<tr class="total"><td colspan="3">Total</td><td class="box"></td></tr></tbody></table>
<table class="meaning"><tbody>${totals.join('')}</tbody></table>
<p><small>Made of ${trainedRows} rows. ${escape(good)} A total is a hint: a person decides, and says why.</small></p>
</body></html>
`
}
