/** After the verdict: what a programme manager does now, a sentence each. */
import type { GateFigures } from './gate-figures.ts'
import { barredLines, failedLines, type GateReport } from './gate-report.ts'
import { idOf, type LineId } from './line-ids.ts'
import type { Recipe } from './recipe.ts'

export function nextSteps({ minHoldout }: Recipe['gate'], figures: GateFigures, report: GateReport): readonly string[] {
  const { holdout, subgroups } = figures
  if (report.verdict === 'promote')
    return [
      'Nothing is to be done: the release goes out ring by ring, and the champion can be called back at any time.',
      'Look at the examples below; if one of them is plainly wrong, roll back and say why.',
    ]
  if (figures.handicap !== null)
    return [
      'The champion stays in force; officers see no change.',
      'Nothing is to be done: the run was spoilt on purpose, and nobody can promote its model.',
    ]
  const failed: ReadonlySet<LineId> = new Set(failedLines(report).map(idOf))
  const barred = barredLines(report)
  const harmed = subgroups.filter(
    ({ name }) => failed.has(`part-gain/${name}`) || failed.has(`part-calibration/${name}`),
  )
  const isNoBetter = failed.has('gain-mean') || failed.has('auc-drop')
  const steps = [
    'The champion stays in force; officers see no change.',
    ...(holdout < minHoldout
      ? [
          `Verify more households: ${minHoldout - holdout} outcomes among those kept aside are missing, so about ${Math.ceil((minHoldout - holdout) / Math.max(0.01, figures.holdoutRatio))} visits, drawn at random as far as you can.`,
        ]
      : []),
    ...(failed.has('looks')
      ? [
          'Wait for fresh outcomes: the same households again and again would in the end let a bad model through by chance.',
        ]
      : []),
    ...(failed.has('gain-bound') && !isNoBetter
      ? ['It may be better, and the households kept aside cannot show it yet: the next run judges with more of them.']
      : []),
    ...(isNoBetter
      ? [
          'It is not better here: look at the newest outcomes first (who verified them, where, how), then at the questions.',
        ]
      : []),
    ...harmed.map(
      ({ name }) =>
        `Look at “${name}”: more verified outcomes from there, or a question that tells these households apart.`,
    ),
    ...(failed.has('flips')
      ? ['Read the examples with somebody who knows the households, then approve it by name or leave it.']
      : []),
    barred.length === 0
      ? 'If you know better, a named person may promote it with a reason; it then goes to the staff devices (ring 0) alone.'
      : `Nobody can promote it: ${barred.map(({ name }) => name).join(', ')}.`,
  ]
  return steps
}
