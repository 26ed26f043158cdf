/**
 * Names of the whole form: what stands side by side has different names, a repeat has its
 * name alone, and some names are taken by the form itself.
 *
 * Counted with what the form adds: the count of a repeat, the text beside `or_other`.
 */
import type { Report, SheetRow } from './sheet-rows.ts'
import { everyNode, type AttachedRow, type SurveyNode } from './survey-node.ts'

const RESERVED = 'meta'
/** What a form is called that nobody named: paths to it are nobody's either. */
const DEFAULT_ROOT = 'data'

interface Named {
  readonly name: string
  readonly row: SheetRow
  /** Why the form has it, where no row says so. */
  readonly because?: string
}

export function checkNames(
  children: readonly SurveyNode[],
  attached: readonly AttachedRow[],
  root: string,
  report: Report,
): void {
  const attachedIn = Map.groupBy(attached, one => one.parent)
  checkSiblings(children, attachedIn.get(null) ?? [], report)
  const repeats = new Map<string, SurveyNode>()
  for (const node of everyNode(children)) {
    checkSiblings(node.children, attachedIn.get(node) ?? [], report)
    if (node.is !== 'repeat') continue
    const twin = repeats.get(node.name)
    if (node.name === root)
      tell(
        node.row,
        report,
        'repeat-named-as-form',
        `The form itself is called “${root}”, which other tools refuse. Give the repeat another name, or the form in the column name of the settings.`,
        root === DEFAULT_ROOT ? 'warning' : 'error',
      )
    else if (twin !== undefined && twin.parent !== node.parent)
      tell(
        node.row,
        report,
        'duplicate-name',
        `The repeat of row ${twin.row.row} is called “${node.name}” too. Each repeat of a form has a name of its own: change one.`,
      )
    repeats.set(node.name, node)
  }
}

function checkSiblings(nodes: readonly SurveyNode[], attached: readonly AttachedRow[], report: Report): void {
  const seen = new Map<string, Named>()
  const seenInAnyCase = new Map<string, Named>()
  // Two lists of one name are refused as lists (`survey-tree.ts`).
  const lists = [...Map.groupBy(attached, one => one.name).values()].map(([first]) => first!)
  const named: readonly Named[] = [...nodes.flatMap(withCount), ...lists]
  for (const one of named) {
    const { name, row, because } = one
    if (name === '') continue
    const twin = seen.get(name)
    const near = seenInAnyCase.get(name.toLowerCase())
    if (name === RESERVED)
      tell(
        row,
        report,
        'reserved-name',
        `“${RESERVED}” is reserved for what the form notes of itself. Choose another name.`,
      )
    else if (twin !== undefined)
      tell(
        row,
        report,
        'duplicate-name',
        because === undefined && twin.because === undefined
          ? `The name “${name}” already stands in row ${twin.row.row} of the same group. Give one of them another name.`
          : `The form adds “${name}” itself ${because ?? twin.because ?? ''}, beside row ${twin.row.row}. Give that row another name.`,
      )
    else if (near !== undefined)
      tell(
        row,
        report,
        'near-duplicate-name',
        `“${name}” differs from “${near.name}” in row ${near.row.row} only in case, which some tools do not see. Give one of them another name.`,
        'warning',
      )
    seen.set(name, one)
    seenInAnyCase.set(name.toLowerCase(), one)
  }
}

/** A count that is no question of its own is a node beside the repeat. */
function withCount(node: SurveyNode): readonly Named[] {
  const count = node.is === 'repeat' ? node.row.cell('repeat_count') : ''
  const needsNode = count !== '' && !/^\$\{[^}]+\}$/.test(count)
  return needsNode ? [{ name: `${node.name}_count`, row: node.row, because: 'for repeat_count' }, node] : [node]
}

function tell(
  row: SheetRow,
  report: Report,
  code: string,
  message: string,
  severity: 'error' | 'warning' = 'error',
): void {
  report({ severity, code, message, sheet: row.sheet, row: row.row, column: row.header('name') })
}
