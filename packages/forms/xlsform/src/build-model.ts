/** The model of the XForm: the instance as it begins, and the binds. */
import type { PassedThrough } from './bind-attributes.ts'
import { auditBind, bindXml, type BindDeps } from './build-binds.ts'
import { countNode, needsCountNode } from './build-body.ts'
import { isDynamicDefault } from './default-value.ts'
import type { EntitiesXml } from './entity-xml.ts'
import { attributesOf, type Settings } from './form-settings.ts'
import { everyNode, type Survey, type SurveyNode } from './survey-node.ts'
import { element, escapeXml } from './xml-text.ts'

export function primaryInstance(
  survey: Survey,
  settings: Settings,
  entities: EntitiesXml,
  passedThrough: PassedThrough,
  prefixes: ReadonlySet<string>,
): string {
  const deps = { entities, passedThrough }
  const meta = [
    ...(settings.hasInstanceId ? ['<instanceID/>'] : []),
    ...(settings.instanceName === '' ? [] : ['<instanceName/>']),
    ...(survey.audit === null ? [] : ['<audit/>']),
    ...metaOf(null, entities),
  ]
  const content = [
    ...survey.children.map(child => nodeXml(child, 'both', deps)),
    ...(meta.length === 0 ? [] : [element('meta', {}, meta)]),
  ]
  return element('instance', {}, element(settings.root, attributesOf(settings, prefixes), content))
}

interface InstanceDeps {
  readonly entities: EntitiesXml
  readonly passedThrough: PassedThrough
}

/**
 * A repeat begins with one row, and with a template for the others. Inside a template a
 * nested repeat is a template only; inside a row it is a row only.
 */
type Rows = 'both' | 'template' | 'row'

function nodeXml(node: SurveyNode, rows: Rows, deps: InstanceDeps): string {
  const attributes = deps.passedThrough(node, 'instance')
  if (node.is === 'question')
    return element(node.name, attributes, isDynamicDefault(node) ? '' : escapeXml(node.row.cell('default')))
  const inner = (inside: Rows): readonly string[] => [
    ...node.children.map(child => nodeXml(child, inside, deps)),
    ...metaOf(node, deps.entities).map(entity => element('meta', {}, entity)),
  ]
  if (node.is === 'group') return element(node.name, attributes, inner(rows === 'template' ? 'both' : rows))
  const count = needsCountNode(node) ? `<${countNode(node).name}/>` : ''
  const template = element(node.name, { 'jr:template': '', ...attributes }, inner('template'))
  const row = element(node.name, attributes, inner('row'))
  return count + (rows === 'row' ? '' : template) + (rows === 'template' ? '' : row)
}

const metaOf = (container: SurveyNode | null, { instances }: EntitiesXml): readonly string[] => {
  const entity = instances.get(container)
  return entity === undefined ? [] : [entity]
}

export function bindsXml(survey: Survey, settings: Settings, entities: EntitiesXml, deps: BindDeps): string {
  const written: string[] = []
  for (const node of everyNode(survey.children)) {
    if (needsCountNode(node)) {
      const count = countNode(node)
      const calculate = deps.references.expression(node.row, 'repeat_count', count)
      const nodeset = deps.references.pathOf(count)
      written.push(element('bind', { nodeset, type: 'string', readonly: 'true()', calculate }))
    }
    written.push(bindXml(node, deps))
  }
  const meta = `/${settings.root}/meta`
  if (settings.hasInstanceId)
    written.push(
      element('bind', { nodeset: `${meta}/instanceID`, type: 'string', readonly: 'true()', 'jr:preload': 'uid' }),
    )
  const name = settings.row === null ? '' : deps.references.expression(settings.row, 'instance_name', null)
  if (name !== '') written.push(element('bind', { nodeset: `${meta}/instanceName`, type: 'string', calculate: name }))
  if (survey.audit !== null) written.push(auditBind(survey.audit, `${meta}/audit`))
  return [...written, ...entities.binds].join('')
}
