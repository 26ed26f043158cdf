/** The choices sheet: lists of items, each with its labels and the columns that filters read. */
import type { Column } from './columns.ts'
import type { Report, SheetRow, SheetRows } from './sheet-rows.ts'

export interface ChoiceItem {
  readonly value: string
  readonly row: SheetRow
  readonly extra: readonly (readonly [column: string, text: string])[]
}

export interface ChoiceList {
  readonly name: string
  readonly items: ChoiceItem[]
}

const OWN_COLUMNS: ReadonlySet<string> = new Set(['list_name', 'name', 'label', 'image', 'audio', 'video', 'big-image'])

export function readChoices(
  sheet: SheetRows | undefined,
  allowDuplicates: boolean,
  report: Report,
): ReadonlyMap<string, ChoiceList> {
  const lists = new Map<string, ChoiceList>()
  for (const row of sheet?.rows ?? []) {
    const [name, value] = [row.cell('list_name'), row.cell('name')]
    if (name === '' && value === '') continue
    const refuse = (code: string, column: string, message: string, severity: 'error' | 'warning' = 'error'): void =>
      report({ severity, code, message, sheet: 'choices', row: row.row, column: row.header(column) })
    if (name === '') refuse('missing-list-name', 'list_name', 'This choice belongs to no list. Fill in list_name.')
    if (value === '')
      refuse('missing-choice-name', 'name', 'This choice has no name. Fill it in: it is the value that is stored.')
    else if (/\s/.test(value))
      refuse(
        'bad-choice-name',
        'name',
        `The choice “${value}” has a space in its name, which separates choices. Use _ instead.`,
      )
    if (row.cell('label') === '' && value !== '')
      refuse('missing-choice-label', 'label', `The choice “${value}” has no label: its name will be shown.`, 'warning')
    const list = lists.get(name) ?? { name, items: [] }
    lists.set(name, list)
    const twin = list.items.find(item => item.value === value)
    if (twin !== undefined && !allowDuplicates)
      refuse(
        'duplicate-choice',
        'name',
        `The list “${name}” already has “${value}” in row ${twin.row.row}. Remove one, or set allow_choice_duplicates to yes in the settings.`,
      )
    list.items.push({ value, row, extra: extraCells(row, sheet?.columns ?? []) })
  }
  return lists
}

const extraCells = (row: SheetRow, columns: readonly Column[]): ChoiceItem['extra'] =>
  columns
    .filter(({ key, language }) => !OWN_COLUMNS.has(key) && language === null && isXmlName(key))
    // A filter writes the column as its author did.
    .map(({ key, header }) => [isXmlName(header.trim()) ? header.trim() : key, row.cell(key)] as const)
    .filter(([, text]) => text !== '')

const isXmlName = (name: string): boolean => /^[\p{L}_][\p{L}\p{N}._-]*$/u.test(name)
