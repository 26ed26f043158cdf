/** Binds and events of one survey row: what governs a node. */
import { isDynamic } from './expression-check.ts'
import { ruleAttributes } from './murram-columns.ts'
import type { References } from './references.ts'
import type { Report, SheetRow } from './sheet-rows.ts'
import type { SurveyNode } from './survey-tree.ts'
import type { Translations } from './translations.ts'
import { element } from './xml-text.ts'

export interface BindDeps {
  readonly references: References
  readonly translations: Translations
  readonly report: Report
  readonly hasEntity: boolean
}

const YES = /^(yes|true(\(\))?|1)$/i
const NO = /^(no|false(\(\))?|0)$/i

const PRELOADS: Readonly<Record<string, string>> = { timestamp: 'timestamp', date: 'date', property: 'property' }

export function bindXml(node: SurveyNode, deps: BindDeps): string {
  const { row, type } = node
  const { references, translations, report } = deps
  const path = references.pathOf(node)
  const expression = (column: string): string | undefined => references.expression(row, column, node) || undefined
  const flag = (column: string): string | undefined => {
    const text = row.cell(column)
    return YES.test(text) ? 'true()' : text === '' || NO.test(text) ? undefined : expression(column)
  }
  checkRoles(node, report, deps.hasEntity)
  const preload = type?.preload
  const isCalculated = row.cell('calculation') !== '' && row.cell('trigger') === ''
  if (type?.name === 'calculate' && row.cell('calculation') === '' && row.cell('default') === '')
    report({
      severity: 'error',
      code: 'missing-calculation',
      message: `“${node.name}” is calculated, but nothing says how. Fill in calculation.`,
      sheet: 'survey',
      row: row.row,
      column: 'calculation',
    })
  const sensitive = row.cell('sensitive').toLowerCase()
  const { constraint, ...rules } = ruleAttributes(node, deps)
  const attributes = {
    nodeset: path,
    type: node.is === 'question' ? row.cell('bind_type') || rangeType(node) : undefined,
    relevant: expression('relevant'),
    required: node.is === 'question' ? flag('required') : undefined,
    readonly: type?.name === 'note' ? 'true()' : flag('read_only'),
    constraint,
    calculate: isCalculated ? expression('calculation') : undefined,
    ...rules,
    'jr:requiredMsg': translations.message(`${path}:jr:requiredMsg`, 'required_message', row, node),
    'jr:preload': preload === undefined ? undefined : PRELOADS[preload[0]],
    'jr:preloadParams': preload?.[1],
    'entities:saveto': row.cell('save_to') || undefined,
    'murram:feature': YES.test(row.cell('feature')) ? 'true' : undefined,
    'murram:outcome': YES.test(row.cell('outcome')) ? 'true' : undefined,
    'murram:sensitive': sensitive === 'masked' || sensitive === 'sealed' ? sensitive : undefined,
    ...passedThrough(row, 'bind'),
  }
  const says = Object.entries(attributes).some(([name, value]) => name !== 'nodeset' && value !== undefined)
  return says ? element('bind', attributes) : ''
}

/** A range in steps of a fraction is a decimal. */
const rangeType = ({ type, row }: SurveyNode): string =>
  type?.name === 'range' && /=\s*-?\d*\.\d/.test(row.cell('parameters')) ? 'decimal' : type!.bind

/** `bind::odk:length` → `odk:length`. Columns that have a name of their own were read already. */
export function passedThrough(row: SheetRow, group: 'bind' | 'body' | 'instance'): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const key of row.keys())
    if (key.startsWith(`${group}::`) && row.cell(key) !== '')
      found[row.header(key).split('::').slice(1).join('::').trim()] = row.cell(key)
  return found
}

/** Who may read what: a sealed answer must not leave its seal by another door. */
function checkRoles({ row, name }: SurveyNode, report: Report, hasEntity: boolean): void {
  const refuse = (code: string, column: string, message: string): void =>
    report({ severity: 'error', code, message, sheet: 'survey', row: row.row, column: row.header(column) })
  const sensitive = row.cell('sensitive').toLowerCase()
  if (sensitive !== '' && !['masked', 'sealed', 'plain', 'no'].includes(sensitive))
    refuse('bad-sensitive', 'sensitive', `“${sensitive}” is not known. Write masked, sealed, or nothing.`)
  if (row.cell('save_to') !== '' && !hasEntity)
    refuse(
      'save-to-without-entity',
      'save_to',
      'There is no entities sheet that this could be saved to. Add one, or clear the cell.',
    )
  if (/^(name|label)$/i.test(row.cell('save_to')) || row.cell('save_to').startsWith('__'))
    refuse('bad-save-to', 'save_to', `“${row.cell('save_to')}” is a reserved property. Choose another name.`)
  if (sensitive !== 'sealed') return
  for (const column of ['save_to', 'feature', 'outcome'])
    if (row.cell(column) !== '' && !NO.test(row.cell(column)))
      refuse(
        'sealed-in-use',
        column,
        `“${name}” is sealed: only the project's key opens it, so it cannot be used here. Clear this cell, or write masked.`,
      )
}

/** Values a new instance gets from an expression, and values that follow a trigger. */
export function setvalues(
  node: SurveyNode,
  { references }: BindDeps,
): readonly { readonly trigger: string | null; readonly xml: string }[] {
  const { row } = node
  const ref = references.pathOf(node)
  const found: { trigger: string | null; xml: string }[] = []
  const written = row.cell('default')
  if (isDynamicDefault(node)) {
    const value = references.expression(row, 'default', node, { text: written })
    const event = inRepeat(node) ? 'odk-instance-first-load odk-new-repeat' : 'odk-instance-first-load'
    found.push({ trigger: null, xml: element('setvalue', { event, ref, value }) })
  }
  const trigger = /^\$\{\s*(.+?)\s*\}$/.exec(row.cell('trigger'))?.[1]
  if (trigger !== undefined) {
    const value = references.expression(row, 'calculation', node) || undefined
    found.push({ trigger, xml: element('setvalue', { event: 'xforms-value-changed', ref, value }) })
  }
  return found
}

const DATE_LIKE: ReadonlySet<string> = new Set(['date', 'dateTime', 'time', 'geopoint'])

export const isDynamicDefault = ({ row, type }: SurveyNode): boolean => {
  const text = row.cell('default')
  if (text === '' || !isDynamic(text)) return false
  return !(DATE_LIKE.has(type?.name ?? '') && /^[\d\s:.TZ+-]+$/.test(text))
}

export const inRepeat = (node: SurveyNode): boolean =>
  node.parent !== null && (node.parent.is === 'repeat' || inRepeat(node.parent))
