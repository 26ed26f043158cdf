/** A panel as a table, one row a household and wave: what `--panel` takes, and what it can be held against. */
import { csvCell } from './panel-form.ts'
import type { Panel } from './panel.ts'

export const PANEL_COLUMNS = { id: 'household', wave: 'wave' } as const

export function panelToCsv({ questions, outcome, waves }: Panel): string {
  const names = questions.map(({ name }) => name)
  const header = [PANEL_COLUMNS.id, PANEL_COLUMNS.wave, ...names, outcome.name]
  const rows = waves.flatMap(({ name, visits }) =>
    visits.map(visit => [
      visit.household,
      name,
      ...names.map(question => visit.answers[question] ?? ''),
      visit.outcome ?? '',
    ]),
  )
  return [header, ...rows].map(cells => `${cells.map(csvCell).join(',')}\n`).join('')
}
