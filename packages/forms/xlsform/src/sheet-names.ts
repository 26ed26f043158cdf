/**
 * Sheets whose names were nearly written. A name that begins with `_` is meant to be left
 * out, and the sheets that the language knows are never taken for one another.
 */
import type { SheetName } from './columns.ts'
import type { Sheet } from './sheet.ts'

const SHEETS: ReadonlySet<string> = new Set<SheetName>([
  'survey',
  'choices',
  'settings',
  'external_choices',
  'osm',
  'entities',
])

/** Two letters wrong, missing or too many still count as the same word. */
const NEAR = 2

export const similarSheets = (sheets: readonly Sheet[], name: SheetName): readonly string[] =>
  sheets
    .map(sheet => sheet.name.trim())
    .filter(found => !SHEETS.has(found) && !found.startsWith('_') && editDistance(found.toLowerCase(), name) <= NEAR)

/** “ Did you mean the sheet …?”, for the end of a message; empty where none is near. */
export function similarSheetHint(sheets: readonly Sheet[], name: SheetName): string {
  const similar = similarSheets(sheets, name)
  return similar.length === 0 ? '' : ` Is it ${similar.map(one => `“${one}”`).join(' or ')}? Rename that sheet.`
}

/** How many letters must be changed, added or removed to make one word of the other. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 0; i < a.length; i++) {
    const current = [i + 1]
    for (let j = 0; j < b.length; j++)
      current.push(Math.min(previous[j + 1]! + 1, current[j]! + 1, previous[j]! + (a[i] === b[j] ? 0 : 1)))
    previous = current
  }
  return previous[b.length]!
}
