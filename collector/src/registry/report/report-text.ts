/** The report for a terminal, or for a mail. */
import type { FlipExample, FlipReason } from '../gate-figures.ts'
import { dayOf, headline, numberOf, partsOfReport, shareOf, whyNot, type JudgedCandidate } from './judged-candidate.ts'

export function reportText(judged: JudgedCandidate): string {
  const { candidate, report, approval, judgedAtMs } = judged
  const { flips, subgroups = [], next = [] } = report
  const failed = whyNot(report)
  return [
    `${candidate.modelName}: may this candidate replace the model in force?`,
    '',
    headline(judged),
    ...(report.verdict === 'promote'
      ? [report.summary]
      : [failed.count, ...failed.reasons.map(reason => `✗ ${reason}`)]),
    ...(approval === null
      ? []
      : [
          `${approval.by}, ${dayOf(approval.atMs)}: ${approval.reason}`,
          ...(approval.overridden.length === 0 ? [] : [`Overridden: ${approval.overridden.join(', ')}.`]),
        ]),
    '',
    ...next.map(step => `- ${step}`),
    ...partsOfReport(report).flatMap(({ title, lines }) => [
      '',
      title,
      ...lines.flatMap(line => [
        `  ${line.sign} ${line.name}: ${line.found}${line.limit === '' ? '' : ` (${line.limit})`}, ${line.inWords}`,
        `      ${line.why}`,
      ]),
    ]),
    ...(subgroups.length === 0
      ? []
      : [
          '',
          'Parts of the households',
          ...subgroups.map(
            part =>
              `  ${part.name}: ${part.households} households; ${shareOf(part.missed)} of its positive ones missed (today ${shareOf(part.missedByChampion)}); gain ${numberOf(part.gain)}`,
          ),
        ]),
    ...(flips === undefined || flips.examples.length === 0
      ? []
      : [
          '',
          `Households whose class would change: ${flips.toPositive} to ${candidate.positive}, ${flips.toNegative} away from it`,
          ...flips.examples.flatMap(exampleLines),
        ]),
    '',
    `Candidate ${candidate.candidateId} (${candidate.kind}), judged ${dayOf(judgedAtMs)} UTC, run ${candidate.runId ?? '–'}, snapshot ${candidate.snapshot ?? '–'}`,
    '',
  ].join('\n')
}

const exampleLines = ({ household, before, after, outcome, ...one }: FlipExample): readonly string[] => [
  `  ${household}: ${shareOf(before)} → ${shareOf(after)}; it turned out ${outcome}`,
  `      before: ${reasons(one.reasonsBefore)}`,
  `      after:  ${reasons(one.reasonsAfter)}`,
]

const reasons = (all: readonly FlipReason[]): string =>
  all
    .map(({ question, answer, contribution }) => `${question} = ${answer} (${contribution > 0 ? '+' : '−'})`)
    .join(', ') || 'nothing in particular'
