/**
 * The report as one HTML file without scripts, fonts or links: opened anywhere, printed, sent.
 * The answer comes first, then what to do, then why.
 */
import type { FlipExample, FlipReason } from '../gate-figures.ts'
import type { GateReport, ReportedPart } from '../gate-report.ts'
import {
  dayOf,
  headline,
  numberOf,
  partsOfReport,
  shareOf,
  whyNot,
  type JudgedCandidate,
  type ShownLine,
} from './judged-candidate.ts'

export function reportPage(judged: JudgedCandidate): string {
  const { candidate, report, approval } = judged
  const title = `${candidate.modelName}: may this candidate replace the model in force?`
  const parts = [
    `<header><p class="soft">Report of the gate, ${dayOf(judged.judgedAtMs)} UTC</p><h1>${escape(title)}</h1></header>`,
    `<div class="verdict ${report.verdict === 'promote' || approval !== null ? 'good' : 'bad'}"><strong>${escape(headline(judged))}</strong>${approval === null ? (report.verdict === 'promote' ? `<p>${escape(report.summary)}</p>` : failedOf(report)) : approvalOf(approval)}</div>`,
    section('What to do now', list(report.next ?? [])),
    ...partsOfReport(report).map(({ title: question, lines }) => section(question, linesTable(lines))),
    section(
      'Households whose class would change',
      flipsOf(judged),
      'The largest changes among the households kept aside. Read them with somebody who knows the households. ▲ speaks for, ▽ against the class.',
    ),
    section(
      'Parts of the households',
      subgroupTable(report.subgroups ?? []),
      `Missed: of 100 households that turned out ${candidate.positive}, how many would not be named so. Parts of fewer than fifty households are listed and not judged.`,
    ),
    section('What was judged', factsOf(judged)),
  ]
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(title)}</title><style>${STYLE}</style></head><body>${parts.join('\n')}</body></html>\n`
}

const section = (title: string, body: string, hint = ''): string =>
  body === ''
    ? ''
    : `<section><h2>${escape(title)}</h2>${hint === '' ? '' : `<p class="soft">${escape(hint)}</p>`}${body}</section>`

const list = (items: readonly string[]): string =>
  items.length === 0 ? '' : `<ul>${items.map(item => `<li>${escape(item)}</li>`).join('')}</ul>`

function failedOf(report: GateReport): string {
  const { count, reasons } = whyNot(report)
  return reasons.length === 0 ? '' : `<p>${escape(count)}</p>${list(reasons)}`
}

const approvalOf = ({ by, reason, atMs, overridden }: NonNullable<JudgedCandidate['approval']>): string =>
  `<p>${escape(by)}, ${dayOf(atMs)} UTC: “${escape(reason)}”</p>${overridden.length === 0 ? '' : `<p>Lines that failed and that ${escape(by)} answers for: ${escape(overridden.join(', '))}.</p>`}`

const linesTable = (lines: readonly ShownLine[]): string =>
  table(
    ['', 'Line', 'Limit', 'Found', 'In words'],
    lines.map(line => [
      `<span class="sign ${line.verdict}" role="img" aria-label="${line.inWords}">${line.sign}</span>`,
      escape(line.name),
      escape(line.limit),
      escape(line.found),
      escape(line.why),
    ]),
    'lines',
  )

function flipsOf({ report: { flips }, candidate }: JudgedCandidate): string {
  if (flips === undefined) return ''
  const { toPositive, toNegative, examples } = flips
  const counts = `<p>${toPositive} would be named <b>${escape(candidate.positive)}</b> that are not today; ${toNegative} would be so no longer.</p>`
  return examples.length === 0
    ? counts
    : counts +
        table(
          ['Household', 'Today', 'Then', 'It turned out', 'What moves the model today', 'What would move the new one'],
          examples.map(one => exampleCells(one)),
          'flips',
        )
}

const exampleCells = ({ household, instanceId, before, after, outcome, ...one }: FlipExample): readonly string[] => [
  `<span title="${escape(instanceId)}">${escape(household)}</span>`,
  percent(before),
  `<b>${percent(after)}</b>`,
  escape(outcome),
  reasonsOf(one.reasonsBefore),
  reasonsOf(one.reasonsAfter),
]

const reasonsOf = (reasons: readonly FlipReason[]): string =>
  reasons.length === 0
    ? '<span class="soft">nothing in particular</span>'
    : reasons
        .map(
          ({ question, answer, contribution }) =>
            `<span class="reason"><span aria-label="${contribution > 0 ? 'speaks for' : 'speaks against'}">${contribution > 0 ? '▲' : '▽'}</span> ${escape(question)}: ${escape(answer)}</span>`,
        )
        .join('')

const subgroupTable = (parts: readonly ReportedPart[]): string =>
  parts.length === 0
    ? ''
    : table(
        ['Part', 'Households', 'Positive', 'Missed', 'Missed today', 'Probability − outcome', 'Gain'],
        parts.map(part => [
          escape(part.name),
          String(part.households),
          String(part.positives),
          shareOf(part.missed),
          shareOf(part.missedByChampion),
          shareOf(part.miscalibration),
          numberOf(part.gain),
        ]),
        'numbers',
      )

const factsOf = ({ candidate, judgedAtMs }: JudgedCandidate): string =>
  table(
    ['', ''],
    [
      ['Candidate', `<code>${escape(candidate.candidateId)}</code>`],
      ['Made by', escape(candidate.kind)],
      ['Run', `<code>${escape(candidate.runId ?? '–')}</code>`],
      ['Rows it learnt from', `<code>${escape(candidate.snapshot ?? 'none: set by hand')}</code>`],
      ['Named positive from', percent(candidate.threshold)],
      ['Judged', `${dayOf(judgedAtMs)} UTC`],
      ...Object.entries(candidate.metrics).map(([name, value]) => [escape(name), numberOf(value)]),
    ],
    'facts',
  )

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`

function table(head: readonly string[], rows: readonly (readonly string[])[], kind: string): string {
  const top = head.every(cell => cell === '')
    ? ''
    : `<thead><tr>${head.map(cell => `<th>${escape(cell)}</th>`).join('')}</tr></thead>`
  return `<div class="scroll"><table class="${kind}">${top}<tbody>${rows.map(cells => `<tr>${cells.map(cell => `<td>${cell}</td>`).join('')}</tr>`).join('')}</tbody></table></div>`
}

/** What came from a form or a person is never markup. */
const escape = (text: string): string =>
  text.replace(/[&<>"']/g, sign => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[sign]!)

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2326; --soft: #5f6b70; --line: #d8dedf; --paper: #fff; --good: #1f6f4a; --good-wash: #e9f4ee; --bad: #9a3b12; --bad-wash: #fbeee7 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebec; --soft: #9fabaf; --line: #394246; --paper: #161b1d; --good: #7fd0a6; --good-wash: #1b2b24; --bad: #f0a37c; --bad-wash: #33231b } }
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .4rem }
.soft, header p { color: var(--soft); margin: 0 0 .3rem } ul { margin: .4rem 0; padding-left: 1.2rem }
.verdict { margin: 1.2rem 0; padding: .9rem 1.1rem; border-left: .35rem solid; border-radius: .3rem } .verdict strong { font-size: 1.15rem } .verdict p { margin: .5rem 0 0 }
.verdict.good { border-color: var(--good); background: var(--good-wash) } .verdict.bad { border-color: var(--bad); background: var(--bad-wash) }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line) } th { color: var(--soft); font-weight: 600 }
.lines td:nth-child(2) { width: 13rem; min-width: 9rem; font-weight: 600; overflow-wrap: anywhere } .lines td:nth-child(3) { width: 6rem } .lines td:nth-child(4) { width: 5.5rem } .lines td:nth-child(3), .lines td:nth-child(4) { white-space: nowrap } .lines td:first-child { width: 1.6rem } .lines td:last-child { min-width: 16rem }
.sign.passed { color: var(--good) } .sign.failed { color: var(--bad); font-weight: 700 } .sign { color: var(--soft) }
.flips td:first-child { max-width: 9rem; overflow-wrap: anywhere } .flips td:nth-child(2), .flips td:nth-child(3) { white-space: nowrap } .reason { display: block }
.facts { width: auto } code { overflow-wrap: anywhere }
@media print { body { padding: 0; max-width: none; font-size: 11px } tr { break-inside: avoid } h2 { break-after: avoid } .verdict { border: 1px solid; border-left-width: .35rem } }
`
