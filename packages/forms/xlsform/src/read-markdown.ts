/**
 * Forms as Markdown tables: how they are written in issues, chats and tests.
 *
 *     | survey |         |      |       |
 *     |        | type    | name | label |
 *     |        | integer | age  | Age   |
 *
 * A filled first cell names the sheet; what stands beside it already belongs to the sheet.
 * Lines that begin with `#`, and what follows a `#` after the last `|`, are comments; `\|`
 * is a pipe inside a cell; a row of `---` only separates.
 */
import type { Sheet } from './sheet.ts'

export function sheetsOfMarkdown(text: string): readonly Sheet[] {
  const sheets: { name: string; rows: string[][] }[] = []
  for (const line of text.split(/\r\n|\n|\r/)) {
    const [first, ...cells] = cellsOf(line)
    if (first === undefined) continue
    if (first !== '') sheets.push({ name: first, rows: [] })
    if (cells.some(cell => cell !== '')) sheets.at(-1)?.rows.push(cells)
  }
  return sheets
}

function cellsOf(line: string): readonly string[] {
  const begin = line.indexOf('|')
  const end = line.lastIndexOf('|')
  if (begin < 0 || end === begin || line.slice(0, begin).trim() !== '') return []
  const inner = line.slice(begin + 1, end)
  if (/^(?:\s*:?-{2,}:?\s*\|)*\s*:?-{2,}:?\s*$/.test(inner)) return []
  return inner.split(/(?<!\\)\|/).map(cell => cell.replaceAll('\\|', '|').trim())
}
