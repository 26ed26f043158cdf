/** The body of the XForm: what is asked, in order, and how each question looks. */
import { inRepeat, passedThrough } from './build-binds.ts'
import type { ChoiceList } from './choice-lists.ts'
import type { References } from './references.ts'
import type { Report } from './sheet-rows.ts'
import type { SurveyNode } from './survey-tree.ts'
import type { Translations } from './translations.ts'
import { element } from './xml-text.ts'

export interface BodyDeps {
  readonly references: References
  readonly translations: Translations
  readonly lists: ReadonlyMap<string, ChoiceList>
  readonly translatedLists: ReadonlySet<string>
  /** Events that stand inside the question that sets them off, by its name. */
  readonly triggered: ReadonlyMap<string, readonly string[]>
  readonly report: Report
}

export function bodyXml(node: SurveyNode, deps: BodyDeps): string {
  if (node.is === 'group') return groupXml(node, deps)
  if (node.is === 'repeat') return repeatXml(node, deps)
  return node.type?.control === null || node.type === null ? '' : controlXml(node, node.type.control, deps)
}

const appearance = ({ row }: SurveyNode): string | undefined => row.cell('appearance') || undefined

function textXml(node: SurveyNode, kind: 'label' | 'hint', { references, translations }: BodyDeps): string {
  const text = translations.text(`${references.pathOf(node)}:${kind}`, kind, node.row, node)
  if (text === undefined) return ''
  return text.ref === undefined ? `<${kind}>${text.content}</${kind}>` : element(kind, { ref: text.ref })
}

function groupXml(node: SurveyNode, deps: BodyDeps): string {
  const attributes = {
    ref: deps.references.pathOf(node),
    appearance: appearance(node),
    ...passedThrough(node.row, 'body'),
  }
  const children = node.children.map(child => bodyXml(child, deps))
  // A group whose questions are all calculated shows nothing.
  if (children.every(child => child === '')) return ''
  return element('group', attributes, [textXml(node, 'label', deps), ...children])
}

function repeatXml(node: SurveyNode, deps: BodyDeps): string {
  const path = deps.references.pathOf(node)
  const repeat = element(
    'repeat',
    {
      nodeset: path,
      'jr:count': countPath(node, deps.references),
      appearance: appearance(node),
      ...passedThrough(node.row, 'body'),
    },
    node.children.map(child => bodyXml(child, deps)),
  )
  return element('group', { ref: path }, [textXml(node, 'label', deps), repeat])
}

const ONE_REFERENCE = /^\$\{\s*[^}]+\}$/

/** A count that is more than one question's answer is calculated in a node of its own. */
export const needsCountNode = ({ is, row }: SurveyNode): boolean =>
  is === 'repeat' && row.cell('repeat_count') !== '' && !ONE_REFERENCE.test(row.cell('repeat_count'))

/** The node of the count stands beside its repeat. */
export const countNode = (node: SurveyNode): SurveyNode => ({
  ...node,
  is: 'question',
  name: `${node.name}_count`,
  children: [],
})

function countPath(node: SurveyNode, references: References): string | undefined {
  if (node.row.cell('repeat_count') === '') return undefined
  if (!needsCountNode(node)) return references.expression(node.row, 'repeat_count', node)
  return inRepeat(node) ? `../${countNode(node).name}` : references.pathOf(countNode(node))
}

function controlXml(node: SurveyNode, control: string, deps: BodyDeps): string {
  const { type, row } = node
  const path = deps.references.pathOf(node)
  const attributes = {
    ref: path,
    appearance: appearance(node),
    ...type?.attributes,
    ...(type?.name === 'range' ? rangeAttributes(node, deps.report) : {}),
    ...passedThrough(row, 'body'),
  }
  const label = textXml(node, 'label', deps)
  if (label === '' && row.cell('calculation') === '')
    deps.report({
      severity: 'warning',
      code: 'missing-label',
      message: `“${node.name}” has no label: the officer sees nothing to ask.`,
      sheet: 'survey',
      row: row.row,
      column: row.header('label'),
    })
  return element(control, attributes, [
    label,
    textXml(node, 'hint', deps),
    ...(deps.triggered.get(node.name) ?? []),
    itemsetXml(node, deps),
  ])
}

/** `start=1 end=10 step=1`. */
function parameters(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(/([\w-]+)\s*=\s*([^\s,;]+)/g)].map(found => [found[1]!.toLowerCase(), found[2]!]))
}

function rangeAttributes({ row }: SurveyNode, report: Report): Readonly<Record<string, string>> {
  const given = parameters(row.cell('parameters'))
  const [start, end, step] = [given.get('start') ?? '1', given.get('end') ?? '10', given.get('step') ?? '1']
  if ([start, end, step].some(value => Number.isNaN(Number(value))))
    report({
      severity: 'error',
      code: 'bad-parameters',
      message: 'start, end and step of a range are numbers, e.g. “start=0 end=10 step=2”.',
      sheet: 'survey',
      row: row.row,
      column: row.header('parameters'),
    })
  return { start, end, step }
}

function itemsetXml(node: SurveyNode, { references, lists, translatedLists, report }: BodyDeps): string {
  const { list, file, row } = node
  const given = parameters(row.cell('parameters'))
  const filter = references.expression(row, 'choice_filter', node, { inFilter: true })
  const predicate = filter === '' ? '' : `[${filter}]`
  const shuffled = (nodeset: string): string => {
    if (given.get('randomize')?.toLowerCase() !== 'true') return nodeset
    const seed = given.get('seed')
    const seedText = seed === undefined ? '' : `, ${references.expression(row, 'parameters', node, { text: seed })}`
    return `randomize(${nodeset}${seedText})`
  }
  if (file !== null) {
    const id = file.replace(/\.\w+$/, '')
    const [value, label] = file.endsWith('.geojson') ? ['id', 'title'] : ['name', 'label']
    return element('itemset', { nodeset: shuffled(`instance('${id}')/root/item${predicate}`) }, [
      element('value', { ref: given.get('value') ?? value }),
      element('label', { ref: given.get('label') ?? label }),
    ])
  }
  if (list === null) return ''
  if (!lists.has(list)) {
    const near = [...lists.keys()].find(known => known.toLowerCase() === list.toLowerCase())
    const hint = near === undefined ? 'Add it to the choices sheet, or correct the name.' : `Did you mean “${near}”?`
    report({
      severity: 'error',
      code: 'missing-list',
      message: `There is no list “${list}” on the choices sheet. ${hint}`,
      sheet: 'survey',
      row: row.row,
      column: row.header('type'),
    })
  }
  const label = translatedLists.has(list) ? 'jr:itext(itextId)' : 'label'
  return element('itemset', { nodeset: shuffled(`instance('${list}')/root/item${predicate}`) }, [
    element('value', { ref: 'name' }),
    element('label', { ref: label }),
  ])
}
