/** Visits as a trainer and `predict` read them. */
import type { Table } from '@murram/learn'
import type { Panel, PanelVisit } from './panel.ts'

export const tableOf = ({ questions }: Pick<Panel, 'questions'>, visits: readonly PanelVisit[]): Table => ({
  rows: visits.length,
  columns: questions.map(({ name, kind }) => {
    const cells = visits.map(({ answers }) => answers[name] ?? '')
    return kind === 'number'
      ? { name, kind, values: Float32Array.from(cells, cell => (cell === '' ? Number.NaN : Number(cell))) }
      : { name, kind, values: cells.map(cell => (cell === '' ? null : cell)) }
  }),
})

/** 1 where it was so, 0 where not. */
export const codesOf = ({ outcome }: Pick<Panel, 'outcome'>, visits: readonly PanelVisit[]): Uint8Array =>
  Uint8Array.from(visits, visit => (visit.outcome === outcome.positive ? 1 : 0))
