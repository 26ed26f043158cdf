/**
 * `table-list` on a group: its selects become one table. The labels of the choices stand
 * once, in a header that this file adds; the group's own label moves into a note, because a
 * page shows none.
 */
import { madeQuestion } from './made-question.ts'
import { changedRow, type Report } from './sheet-rows.ts'
import type { SurveyNode } from './survey-node.ts'

const FLAG = 'table-list'

/** The table that is being read: what its first select is decides for the others. */
export interface OpenTable {
  first: SurveyNode | null
}

export const isTable = ({ row }: SurveyNode): boolean => row.cell('appearance').split(/\s+/).includes(FLAG)

/** The group as a page, with its label and hint in a note. */
export function asTable(node: SurveyNode): SurveyNode {
  const words = node.row.cell('appearance').split(/\s+/)
  const appearance = ['field-list', ...words.filter(word => word !== FLAG && word !== '')].join(' ')
  const group: SurveyNode = {
    ...node,
    row: changedRow(node.row, (text, _, key) =>
      key === 'appearance' ? appearance : key === 'label' || key === 'hint' ? '' : text,
    ),
  }
  if (['label', 'hint'].every(key => node.row.byLanguage(key).size === 0)) return group
  const note = madeQuestion({ row: node.row, parent: group }, 'note', `generated_table_list_label_${node.row.row}`, {})
  const row = changedRow(node.row, (text, _, key) => (key === 'label' || key === 'hint' ? text : ''))
  group.children.push({ ...note, row })
  return group
}

const isSelect = ({ type }: SurveyNode): boolean => type !== null && /^(?:select|rank)/.test(type.name)

/** A question of the table: selects without labels, the first under the header. */
export function intoTable(node: SurveyNode, table: OpenTable, report: Report): readonly SurveyNode[] {
  if (!isSelect(node)) return [node]
  const isFirst = table.first === null
  table.first ??= node
  check(node, table.first, report)
  const row = changedRow(node.row, (text, _, key) => (key === 'appearance' ? 'list-nolabel' : text))
  return [...(isFirst ? [header(node)] : []), { ...node, row }]
}

function header(node: SurveyNode): SurveyNode {
  const name = `reserved_name_for_field_list_labels_${node.row.row}`
  const made = madeQuestion(node, 'note', name, { appearance: 'label', label: ' ' })
  return { ...made, type: node.type, list: node.list, file: node.file }
}

function check(node: SurveyNode, first: SurveyNode, report: Report): void {
  const tell = (code: string, column: string, message: string): void =>
    report({
      severity: 'error',
      code,
      message,
      sheet: node.row.sheet,
      row: node.row.row,
      column: node.row.header(column),
    })
  const [own, wanted] = [node.list ?? node.file, first.list ?? first.file]
  if (own !== wanted)
    tell(
      'table-list-mismatch',
      'type',
      `All questions of a table-list share one list: this one has “${own}”, row ${first.row.row} has “${wanted}”. Use one list, or end the group.`,
    )
  if (node === first && node.row.cell('choice_filter') !== '')
    tell(
      'table-list-with-filter',
      'choice_filter',
      'A table-list cannot have a choice_filter. Clear the cell, or use field-list.',
    )
}
