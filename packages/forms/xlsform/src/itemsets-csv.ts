/**
 * The sheet external_choices as the file `itemsets.csv` that questions of the type
 * select_one_external choose from: a column by its name, labels of other languages as `label::…`.
 */
import type { SheetRows } from './sheet-rows.ts'

export const ITEMSETS = 'itemsets.csv'

/** @returns `undefined` where there is no such sheet, or none of its rows belongs to a list. */
export function itemsetsCsv(sheet: SheetRows | undefined): string | undefined {
  const rows = (sheet?.rows ?? []).filter(row => row.cell('list_name') !== '')
  if (sheet === undefined || rows.length === 0) return undefined
  const plain = [...new Set(['list_name', 'name', 'label', ...sheet.columns.map(({ key }) => key)])]
  const spoken = sheet.columns.flatMap(({ key, language }) => (language === null ? [] : [{ key, language }]))
  const header = [...plain, ...spoken.map(({ key, language }) => `${key}::${language}`)]
  const lines = rows.map(row => [
    ...plain.map(key => row.cell(key)),
    ...spoken.map(({ key, language }) => row.byLanguage(key).get(language) ?? ''),
  ])
  return [header, ...lines].map(cells => `${cells.map(quoted).join(',')}\n`).join('')
}

const quoted = (cell: string): string => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
