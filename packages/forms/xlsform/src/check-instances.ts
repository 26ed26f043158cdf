/**
 * Lists of a form are found by name, so one name means one source: a list of the choices
 * sheet, a file that a question chooses from, a file that is looked up, a row `csv-external`.
 *
 * And what `search()` does to its list: it fills it from a file, so no other question can
 * choose from the list as it stands on the sheet.
 */
import type { ChoiceList } from './choice-lists.ts'
import type { Report, SheetRow } from './sheet-rows.ts'
import { everyNode, type AttachedRow, type SurveyNode } from './survey-node.ts'

interface Source {
  readonly name: string
  /** File name; a list of the choices sheet has none. */
  readonly file: string | null
  readonly row: SheetRow
  readonly column: string
  readonly isAttached?: true
}

const EXPRESSIONS = ['calculation', 'constraint', 'read_only', 'required', 'relevant', 'choice_filter', 'default']
/** The answers of the interview before, which `${last-saved#…}` reads. */
const LAST_SAVED: Pick<Source, 'name' | 'file'> = { name: '__last-saved', file: 'the answers saved last' }
const PULLDATA = /\bpulldata\s*\(\s*['"]?([^'",]+?)['"]?\s*,/g
const SEARCH = /(?:^|\s)search\s*\(/

export function checkInstances(
  children: readonly SurveyNode[],
  attached: readonly AttachedRow[],
  lists: ReadonlyMap<string, ChoiceList>,
  report: Report,
): void {
  const searching = checkSearches(children, report)
  const seen = new Map<string, Source>()
  for (const source of sourcesOf(children, attached, lists, searching)) {
    const before = seen.get(source.name)
    if (before === undefined) seen.set(source.name, source)
    // Two rows that attach one name are refused where they stand (`survey-tree.ts`).
    else if (before.file !== source.file && !(before.isAttached && source.isAttached))
      report({
        severity: 'error',
        code: 'ambiguous-instance',
        message: `“${source.name}” is ${describe(source)} here, and ${describe(before)} in row ${before.row.row} (${before.row.sheet}). Give one of them another name.`,
        sheet: source.row.sheet,
        row: source.row.row,
        column: source.column,
      })
  }
}

function describe({ file, name }: Source): string {
  if (file === null) return 'a list of the choices sheet'
  return name === LAST_SAVED.name && file === LAST_SAVED.file ? file : `the file ${file}`
}

function* sourcesOf(
  children: readonly SurveyNode[],
  attached: readonly AttachedRow[],
  lists: ReadonlyMap<string, ChoiceList>,
  searching: ReadonlySet<string>,
): Generator<Source> {
  for (const { name, items } of lists.values())
    if (!searching.has(name) && items[0] !== undefined)
      yield { name, file: null, row: items[0].row, column: items[0].row.header('list_name') }
  for (const { name, fileName, row } of attached)
    yield { name, file: fileName, row, column: row.header('name'), isAttached: true }
  for (const { row, file } of everyNode(children)) {
    if (file !== null) yield { name: file.replace(/\.\w+$/, ''), file, row, column: row.header('type') }
    for (const column of EXPRESSIONS) {
      if (row.cell(column).includes('${last-saved#')) yield { ...LAST_SAVED, row, column: row.header(column) }
      for (const [, name] of row.cell(column).matchAll(PULLDATA))
        yield { name: name!.trim(), file: `${name!.trim()}.csv`, row, column: row.header(column) }
    }
  }
}

function checkSearches(children: readonly SurveyNode[], report: Report): ReadonlySet<string> {
  const selects = [...everyNode(children)].filter(({ type }) => /^(?:select|rank)/.test(type?.name ?? ''))
  const searching = selects.filter(({ row }) => SEARCH.test(row.cell('appearance')))
  const tell = ({ row }: SurveyNode, code: string, message: string): void =>
    report({ severity: 'error', code, message, sheet: row.sheet, row: row.row, column: row.header('appearance') })
  for (const node of searching) {
    if (node.file !== null)
      tell(
        node,
        'search-in-file',
        `“${node.name}” chooses from a file already, and cannot use search() as well. Remove one of the two.`,
      )
    const other = selects.find(one => one.list === node.list && node.list !== null && !searching.includes(one))
    if (other !== undefined)
      tell(
        node,
        'search-shares-list',
        `“${node.name}” uses search(), which fills the list “${node.list}” from a file, but “${other.name}” in row ${other.row.row} chooses from the same list. Use search() in both, or two lists.`,
      )
  }
  return new Set(searching.flatMap(({ list }) => list ?? []))
}
