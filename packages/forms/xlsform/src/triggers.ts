/** The `trigger` column: one question, or several with commas between, whose change sets this one. */
import type { Report, SheetRow } from './sheet-rows.ts'
import { isXmlName } from './xml-name.ts'

export function readTriggers(row: SheetRow, report: Report): readonly string[] {
  const text = row.cell('trigger')
  if (text === '') return []
  const refuse = (message: string): readonly string[] => {
    report({
      severity: 'error',
      code: 'bad-trigger',
      message,
      sheet: row.sheet,
      row: row.row,
      column: row.header('trigger'),
    })
    return []
  }
  const found: string[] = []
  for (const part of text.split(',')) {
    const names = [...part.matchAll(/\$\{([^}]*)\}/g)].map(match => match[1]!.replace(/^last-saved#/, ''))
    if (names.length > 1) return refuse(`“${text}” needs a comma between the questions. Write it like \${a}, \${b}.`)
    if (names.length === 0 && !text.includes('${'))
      return refuse(`“${text}” names no question. Write the question whose change matters, e.g. \${age}.`)
    const bad = names.find(name => !isXmlName(name))
    if (bad !== undefined)
      return refuse(`“\${${bad}}” is no reference. Write the name of a question without spaces, e.g. \${age}.`)
    found.push(...names)
  }
  return found
}
