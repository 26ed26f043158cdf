/** The model of the XForm: the instance as it begins, lists, itext, binds. */
import { bindXml, isDynamicDefault, setvalues, type BindDeps } from './build-binds.ts'
import { countNode, needsCountNode } from './build-body.ts'
import type { ChoiceList } from './choice-lists.ts'
import type { EntityXml } from './entity-sheet.ts'
import type { SheetRow } from './sheet-rows.ts'
import { everyNode, type Survey, type SurveyNode } from './survey-tree.ts'
import { element, escapeXml } from './xml-text.ts'

export interface Settings {
  readonly row: SheetRow | null
  readonly root: string
  readonly formId: string
  readonly version: string
  readonly title: string
}

export function primaryInstance(
  survey: Survey,
  settings: Settings,
  entity: EntityXml | null,
  hasInstanceName: boolean,
): string {
  const meta = element('meta', {}, [
    '<instanceID/>',
    ...(hasInstanceName ? ['<instanceName/>'] : []),
    ...(survey.audit === null ? [] : ['<audit/>']),
    ...(entity === null ? [] : [entity.instance]),
  ])
  const attributes = { id: settings.formId, version: settings.version || undefined }
  return element(
    'instance',
    {},
    element(settings.root, attributes, [...survey.children.map(child => nodeXml(child)), meta]),
  )
}

function nodeXml(node: SurveyNode): string {
  if (node.is === 'question')
    return element(node.name, {}, isDynamicDefault(node) ? '' : escapeXml(node.row.cell('default')))
  const inner = node.children.map(child => nodeXml(child))
  if (node.is === 'group') return element(node.name, {}, inner)
  const count = needsCountNode(node) ? `<${node.name}_count/>` : ''
  return count + element(node.name, { 'jr:template': '' }, inner) + element(node.name, {}, inner)
}

/** Only lists that a question asks from: a workbook may carry a country's districts unused. */
export function listInstances(
  survey: Survey,
  lists: ReadonlyMap<string, ChoiceList>,
  translated: ReadonlySet<string>,
  entity: EntityXml | null,
): string {
  const files = new Set<string>(survey.attached)
  const used = new Set<string>()
  for (const node of everyNode(survey.children)) {
    if (node.list !== null) used.add(node.list)
    if (node.file !== null) files.add(node.file)
  }
  const attached = [...files].map(file => element('instance', { id: file.replace(/\.\w+$/, ''), src: sourceOf(file) }))
  if (entity?.needsList === true && !files.has(`${entity.dataset}.csv`))
    attached.push(element('instance', { id: entity.dataset, src: `jr://file-csv/${entity.dataset}.csv` }))
  const inside = [...lists.values()]
    .filter(list => used.has(list.name))
    .map(list => element('instance', { id: list.name }, element('root', {}, itemsXml(list, translated.has(list.name)))))
  return [...attached, ...inside].join('')
}

const sourceOf = (file: string): string => (file.endsWith('.csv') ? `jr://file-csv/${file}` : `jr://file/${file}`)

const itemsXml = (list: ChoiceList, isTranslated: boolean): readonly string[] =>
  list.items.map(({ value, row, extra }, i) => {
    const label = isTranslated
      ? element('itextId', {}, itextIdOf(list, i))
      : element('label', {}, escapeXml(row.cell('label') || value))
    const cells = extra.map(([column, text]) => element(column, {}, escapeXml(text)))
    return element('item', {}, [label, element('name', {}, escapeXml(value)), ...cells])
  })

export const itextIdOf = (list: ChoiceList, item: number): string => `${list.name}-${item}`

export function bindsXml(survey: Survey, settings: Settings, entity: EntityXml | null, deps: BindDeps): string {
  const { root, row } = settings
  const written: string[] = []
  for (const node of everyNode(survey.children)) {
    if (needsCountNode(node)) {
      const calculate = deps.references.expression(node.row, 'repeat_count', countNode(node))
      written.push(
        element('bind', {
          nodeset: `${deps.references.pathOf(node)}_count`,
          type: 'string',
          readonly: 'true()',
          calculate,
        }),
      )
    }
    written.push(bindXml(node, deps))
    for (const { trigger, xml } of setvalues(node, deps)) if (trigger === null) written.push(xml)
  }
  const meta = `/${root}/meta`
  written.push(
    element('bind', { nodeset: `${meta}/instanceID`, type: 'string', readonly: 'true()', 'jr:preload': 'uid' }),
  )
  const name = row === null ? '' : deps.references.expression(row, 'instance_name', null)
  if (name !== '') written.push(element('bind', { nodeset: `${meta}/instanceName`, type: 'string', calculate: name }))
  if (survey.audit !== null) written.push(auditBind(survey.audit, `${meta}/audit`))
  return [...written, ...(entity?.binds ?? [])].join('')
}

function auditBind(row: SheetRow, nodeset: string): string {
  const given = [...row.cell('parameters').matchAll(/([\w-]+)\s*=\s*([^\s,;]+)/g)]
  const attributes = Object.fromEntries(given.map(found => [`odk:${found[1]}`, found[2]!]))
  return element('bind', { nodeset, type: 'binary', ...attributes })
}
