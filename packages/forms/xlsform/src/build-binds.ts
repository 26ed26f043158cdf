/** Binds of the survey's rows: what governs a node. */
import { condition, type PassedThrough } from './bind-attributes.ts'
import { ruleAttributes } from './murram-columns.ts'
import type { References } from './references.ts'
import type { Report, SheetRow } from './sheet-rows.ts'
import type { SurveyNode } from './survey-node.ts'
import type { Translations } from './translations.ts'
import { element } from './xml-text.ts'

export interface BindDeps {
  readonly references: References
  readonly translations: Translations
  readonly report: Report
  readonly passedThrough: PassedThrough
  /** Property of an entity by the question that is saved to it. */
  readonly saveTo: ReadonlyMap<SurveyNode, string>
}

const YES = /^(yes|true(\(\))?|1)$/i
const NO = /^(no|false(\(\))?|0)$/i

export function bindXml(node: SurveyNode, deps: BindDeps): string {
  const { row, type } = node
  const { references, translations, report } = deps
  const path = references.pathOf(node)
  const given = (column: string): string | undefined => condition(references, row, column, node)
  const message = (column: string, attribute: string): string | undefined =>
    translations.message(`${path}:${attribute}`, column, row, node)
  checkRoles(node, report)
  // What is set off by a question is set, not calculated.
  const isCalculated = node.triggers.length === 0 && row.cell('trigger') === ''
  const sensitive = row.cell('sensitive').toLowerCase()
  const { constraint, ...rules } = ruleAttributes(node, deps)
  const attributes = {
    nodeset: path,
    type: node.is === 'question' ? row.cell('bind_type') || type?.bind : row.cell('bind_type') || undefined,
    relevant: given('relevant'),
    required: node.is === 'question' ? given('required') : undefined,
    readonly: given('read_only') ?? (type?.name === 'note' ? 'true()' : undefined),
    constraint,
    calculate: isCalculated ? given('calculation') : undefined,
    ...rules,
    'jr:requiredMsg': message('required_message', 'jr:requiredMsg'),
    'jr:noAppErrorString': message('no_app_error_string', 'jr:noAppErrorString'),
    'jr:preload': type?.preload?.[0],
    'jr:preloadParams': type?.preload?.[1],
    'entities:saveto': deps.saveTo.get(node),
    'murram:feature': YES.test(row.cell('feature')) ? 'true' : undefined,
    'murram:outcome': YES.test(row.cell('outcome')) ? 'true' : undefined,
    'murram:sensitive': sensitive === 'masked' || sensitive === 'sealed' ? sensitive : undefined,
    ...node.attributes.bind,
    ...deps.passedThrough(node, 'bind'),
  }
  const says = Object.entries(attributes).some(([name, value]) => name !== 'nodeset' && value !== undefined)
  return says ? element('bind', attributes) : ''
}

/** Who may read what: a sealed answer must not leave its seal by another door. */
function checkRoles({ row, name }: SurveyNode, report: Report): void {
  const refuse = (code: string, column: string, message: string): void =>
    report({ severity: 'error', code, message, sheet: 'survey', row: row.row, column: row.header(column) })
  const sensitive = row.cell('sensitive').toLowerCase()
  if (sensitive !== '' && !['masked', 'sealed', 'plain', 'no'].includes(sensitive))
    refuse('bad-sensitive', 'sensitive', `“${sensitive}” is not known. Write masked, sealed, or nothing.`)
  if (sensitive !== 'sealed') return
  for (const column of ['save_to', 'feature', 'outcome'])
    if (row.cell(column) !== '' && !NO.test(row.cell(column)))
      refuse(
        'sealed-in-use',
        column,
        `“${name}” is sealed: only the project's key opens it, so it cannot be used here. Clear this cell, or write masked.`,
      )
}

/** The bind of the audit log, whose parameters are attributes. */
export function auditBind(row: SheetRow, nodeset: string): string {
  const given = [...row.cell('parameters').matchAll(/([\w-]+)\s*=\s*([^\s,;]+)/g)]
  const attributes = Object.fromEntries(given.map(found => [`odk:${found[1]}`, found[2]!]))
  return element('bind', { nodeset, type: 'binary', ...attributes })
}
