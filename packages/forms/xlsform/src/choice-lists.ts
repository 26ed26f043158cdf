/**
 * The choices sheet: lists of items, each with its labels and the columns that filters read.
 * Every list is checked, used or not: an unused one is used in the next version.
 */
import type { Column } from './columns.ts'
import type { Report, SheetRow, SheetRows } from './sheet-rows.ts'
import { isXmlName } from './xml-name.ts'

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
  const rowOfValue = new Map<string, number>()
  if (sheet === undefined || sheet.rows.length === 0) return lists
  checkHeaders(sheet, report)
  const extra = sheet.columns.filter(isExtra)
  for (const row of sheet.rows) {
    const [name, value] = [row.cell('list_name'), row.cell('name')]
    const tell = (severity: 'error' | 'warning', code: string, column: string, message: string): void =>
      report({ severity, code, message, sheet: 'choices', row: row.row, column: row.header(column) })
    if (name === '') {
      if (value !== '' || row.cell('label') !== '')
        tell(
          'warning',
          'missing-list-name',
          'list_name',
          'This choice belongs to no list and is left out. Fill in list_name.',
        )
      continue
    }
    const list = lists.get(name) ?? { name, items: [] }
    lists.set(name, list)
    if (value === '')
      tell(
        'error',
        'missing-choice-name',
        'name',
        'This choice has no name. Fill it in: it is the value that is stored.',
      )
    else if (row.byLanguage('label').size === 0)
      tell(
        'warning',
        'missing-choice-label',
        'label',
        `The choice “${value}” has no label. Fill it in: it is what is read out.`,
      )
    const place = `${name}\n${value}`
    const twin = rowOfValue.get(place)
    if (twin === undefined) rowOfValue.set(place, row.row)
    else if (value !== '' && !allowDuplicates)
      tell(
        'error',
        'duplicate-choice',
        'name',
        `The list “${name}” already has “${value}” in row ${twin}. Remove one, or set allow_choice_duplicates to yes in the settings.`,
      )
    list.items.push({ value, row, extra: extraCells(row, extra) })
  }
  return lists
}

function checkHeaders({ columns, headerRow }: SheetRows, report: Report): void {
  const place = { sheet: 'choices', row: headerRow }
  if (!columns.some(({ key }) => key === 'name'))
    report({
      severity: 'error',
      code: 'missing-column',
      message: 'The choices sheet has no column “name”. Add it: it is the value that is stored.',
      ...place,
      column: 'name',
    })
  for (const { key, header } of columns)
    if (/\s/.test(key))
      report({
        severity: 'warning',
        code: 'bad-column-name',
        message: `The column “${header}” has a space in its name, so no filter can read it. It is left out. Write _ instead.`,
        ...place,
        column: header,
      })
}

const isExtra = ({ key, language }: Column): boolean => !OWN_COLUMNS.has(key) && language === null && isXmlName(key)

const extraCells = (row: SheetRow, columns: readonly Column[]): ChoiceItem['extra'] =>
  columns.map(({ key }) => [key, row.cell(key)] as const).filter(([, text]) => text !== '')

/** Lists of a sheet whose rows are only looked up: external_choices and osm. */
export function readListNames(sheet: SheetRows | undefined): ReadonlySet<string> {
  return new Set((sheet?.rows ?? []).map(row => row.cell('list_name')).filter(name => name !== ''))
}
