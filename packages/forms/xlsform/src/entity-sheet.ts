/**
 * The entities sheet: which lists a form writes, and when (ODK entities 2024.1 and 2025.1).
 *
 *   label only                          → always creates
 *   label + create_if                   → creates if
 *   entity_id                           → always updates
 *   entity_id + update_if               → updates if
 *   entity_id + create_if + update_if   → either, as the conditions say
 *
 * `save_to` on the survey sheet is a property of the only list, or `list#property`.
 *
 * Not here: in which group or repeat a declaration stands (`entity-placement.ts`), and what is
 * written of it (`entity-xml.ts`).
 */
import { repeatOf } from './node-paths.ts'
import { namesIn, type References } from './references.ts'
import type { Report, SheetRow, SheetRows } from './sheet-rows.ts'
import { everyNode, type SurveyNode } from './survey-node.ts'

export interface EntityDeclaration {
  readonly dataset: string
  readonly row: SheetRow
  readonly creates: boolean
  readonly updates: boolean
  /** The repeat that the author names, if any. */
  readonly repeat: SurveyNode | null
  /** Questions that its expressions name. */
  readonly reads: readonly SurveyNode[]
  readonly saved: readonly SavedProperty[]
}

export interface SavedProperty {
  readonly node: SurveyNode
  readonly property: string
}

const EXPRESSIONS = ['entity_id', 'create_if', 'update_if', 'label']

export function readEntities(
  sheet: SheetRows | undefined,
  children: readonly SurveyNode[],
  references: References,
  report: Report,
): readonly EntityDeclaration[] {
  const saved = new Map<string, SavedProperty[]>()
  const declared = (sheet?.rows ?? []).map(row => declarationOf(row, saved, references, report))
  for (const [i, { dataset, row }] of declared.entries()) {
    const twin = declared.slice(0, i).find(one => one.dataset === dataset)
    if (twin !== undefined && dataset !== '')
      refuse(
        report,
        row,
        'duplicate-dataset',
        'dataset',
        `The list “${dataset}” is declared in row ${twin.row.row} already. Remove one of the rows.`,
      )
  }
  for (const node of everyNode(children)) {
    const property = readSaveTo(node, declared, saved, report)
    if (property === undefined) continue
    const list = saved.get(property.dataset) ?? []
    list.push({ node, property: property.name })
    saved.set(property.dataset, list)
  }
  return declared.map(declaration => ({ ...declaration, saved: saved.get(declaration.dataset) ?? [] }))
}

function declarationOf(
  row: SheetRow,
  saved: ReadonlyMap<string, readonly SavedProperty[]>,
  references: References,
  report: Report,
): EntityDeclaration {
  const dataset = row.cell('dataset')
  const problem = nameProblem(dataset)
  if (problem !== undefined)
    refuse(report, row, 'bad-dataset', 'dataset', `“${dataset}” cannot be the name of an entity list. ${problem}`)
  const [id, create, update] = ['entity_id', 'create_if', 'update_if'].map(key => row.cell(key))
  if (id === '' && update !== '')
    refuse(
      report,
      row,
      'missing-entity-id',
      'update_if',
      `update_if of “${dataset}” needs entity_id: which entity is to be updated? Fill it in, or use create_if.`,
    )
  if (id !== '' && create !== '' && update === '')
    refuse(
      report,
      row,
      'missing-update-if',
      'create_if',
      `With entity_id and create_if, say in update_if when “${dataset}” is to be updated, or clear entity_id.`,
    )
  if (id === '' && row.cell('label') === '')
    refuse(
      report,
      row,
      'missing-entity-label',
      'label',
      `A new entity of “${dataset}” needs a label. Fill it in, e.g. \${household_head}, or give the entity_id of one to update.`,
    )
  const names = EXPRESSIONS.flatMap(key => namesIn(row.cell(key)))
  return {
    dataset,
    row,
    creates: id === '' || create !== '',
    updates: id !== '',
    repeat: readRepeat(row, references, report),
    reads: names.flatMap(name => references.find(name) ?? []),
    saved: saved.get(dataset) ?? [],
  }
}

function readRepeat(row: SheetRow, references: References, report: Report): SurveyNode | null {
  const written = row.cell('repeat')
  if (written === '') return null
  const name = /^\$\{\s*([^}]+?)\s*\}$/.exec(written)?.[1]
  const problem = (message: string): null => {
    refuse(report, row, 'bad-entity-repeat', 'repeat', `“${written}” ${message}`)
    return null
  }
  if (name === undefined) return problem('does not name a repeat. Write one reference, e.g. ${member}.')
  const node = references.question(name, row, 'repeat')
  if (node === undefined) return null
  if (node.is !== 'repeat') return problem('is not a repeat. Name a repeat, or clear the cell.')
  if (repeatOf(node) !== null) return problem('stands inside another repeat, which cannot hold a list of entities.')
  return node
}

function readSaveTo(
  node: SurveyNode,
  declared: readonly EntityDeclaration[],
  saved: ReadonlyMap<string, readonly SavedProperty[]>,
  report: Report,
): { readonly dataset: string; readonly name: string } | undefined {
  const { row } = node
  const written = row.cell('save_to')
  if (written === '') return undefined
  const stop = (code: string, message: string): undefined => refuse(report, row, code, 'save_to', message)
  const [only] = declared
  if (only === undefined)
    return stop(
      'save-to-without-entity',
      'There is no entities sheet that this could be saved to. Add one that declares an entity list, or clear the cell.',
    )
  const parts = written.split('#')
  if (parts.length > 2) return stop('bad-save-to', `“${written}” has more than one #. Write list#property.`)
  if (parts.length === 1 && declared.length > 1)
    return stop(
      'bad-save-to',
      `The form writes several lists, and “${written}” does not say which. Write ${only.dataset}#${written}, or another of them.`,
    )
  const [dataset, name] = parts.length === 2 ? (parts as [string, string]) : [only.dataset, written]
  if (!declared.some(one => one.dataset === dataset))
    return stop(
      'unknown-dataset',
      `The entities sheet has no list “${dataset}”. Declared are: ${declared.map(one => one.dataset).join(', ')}.`,
    )
  if (node.is !== 'question')
    return stop('bad-save-to', `A ${node.is} has no value to save. Clear save_to in this row.`)
  if (/^(name|label)$/i.test(name))
    return stop('bad-save-to', `“${name}” is a reserved property of every list. Choose another name.`)
  const problem = nameProblem(name)
  if (problem !== undefined) return stop('bad-save-to', `“${name}” cannot be a property. ${problem}`)
  const twin = saved.get(dataset)?.find(one => one.property === name)
  if (twin !== undefined)
    return stop(
      'duplicate-save-to',
      `“${name}” of “${dataset}” is saved from row ${twin.node.row.row} already. Give one of them another name.`,
    )
  return { dataset, name }
}

function nameProblem(name: string): string | undefined {
  if (name === '') return 'Give it a name.'
  if (name.startsWith('__')) return 'Names that begin with __ are reserved.'
  return /^[\p{L}_:][\p{L}\p{N}_:.-]*$/u.test(name)
    ? name.includes('.')
      ? 'It must not contain a period.'
      : undefined
    : 'Use letters, digits, _ and -, not beginning with a digit.'
}

const refuse = (report: Report, row: SheetRow, code: string, column: string, message: string): undefined => {
  report({ severity: 'error', code, message, sheet: row.sheet, row: row.row, column: row.header(column) })
}
