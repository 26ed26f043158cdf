/** The body of the XForm: what is asked, in order, and how each question looks. */
import type { Actions } from './actions.ts'
import type { PassedThrough } from './bind-attributes.ts'
import { isShown } from './check-question.ts'
import { itemsetXml, queryOf, type ItemsetDeps } from './itemsets.ts'
import { madeNode } from './made-node.ts'
import type { References } from './references.ts'
import type { SurveyNode } from './survey-node.ts'
import type { Translations } from './translations.ts'
import { element } from './xml-text.ts'

export interface BodyDeps extends ItemsetDeps {
  readonly translations: Translations
  readonly actions: Actions
  readonly passedThrough: PassedThrough
}

export function bodyXml(node: SurveyNode, deps: BodyDeps): string {
  if (node.is === 'group') return groupXml(node, deps)
  if (node.is === 'repeat') return repeatXml(node, deps)
  return isShown(node) ? controlXml(node, node.type!.control!, deps) : ''
}

function textXml(node: SurveyNode, kind: 'label' | 'hint', { references, translations }: BodyDeps): string {
  const text = translations.text(`${references.pathOf(node)}:${kind}`, kind, node.row, node)
  if (text === undefined) return ''
  return text.ref === undefined ? `<${kind}>${text.content}</${kind}>` : element(kind, { ref: text.ref })
}

/** Appearance, what parameters became, and `body::` columns. */
const looks = (node: SurveyNode, { passedThrough }: BodyDeps): Readonly<Record<string, string | undefined>> => ({
  appearance: node.row.cell('appearance') || undefined,
  autoplay: node.row.cell('autoplay') || undefined,
  rows: node.row.cell('rows') || undefined,
  intent: node.row.cell('intent') || undefined,
  ...node.attributes.body,
  ...passedThrough(node, 'body'),
})

function groupXml(node: SurveyNode, deps: BodyDeps): string {
  const children = node.children.map(child => bodyXml(child, deps))
  // A group whose questions are all calculated shows nothing.
  if (children.every(child => child === '')) return ''
  const attributes = { ref: deps.references.pathOf(node), ...looks(node, deps) }
  return element('group', attributes, [textXml(node, 'label', deps), ...children])
}

function repeatXml(node: SurveyNode, deps: BodyDeps): string {
  const path = deps.references.pathOf(node)
  const attributes = { nodeset: path, 'jr:count': countPath(node, deps.references), ...looks(node, deps) }
  const children = [...node.children.map(child => bodyXml(child, deps)), ...deps.actions.inRepeat(node)]
  return element('group', { ref: path }, [textXml(node, 'label', deps), element('repeat', attributes, children)])
}

const ONE_REFERENCE = /^\$\{\s*[^}]+\}$/

/** A count that is more than one question's answer is calculated in a node of its own. */
export const needsCountNode = ({ is, row }: SurveyNode): boolean =>
  is === 'repeat' && row.cell('repeat_count') !== '' && !ONE_REFERENCE.test(row.cell('repeat_count'))

/** The node of the count stands beside its repeat. */
export const countNode = ({ name, row, parent }: SurveyNode): SurveyNode =>
  madeNode('question', `${name}_count`, row, parent)

function countPath(node: SurveyNode, references: References): string | undefined {
  if (node.row.cell('repeat_count') === '') return undefined
  if (!needsCountNode(node)) return references.expression(node.row, 'repeat_count', node)
  return references.pathBetween(node, countNode(node))
}

function controlXml(node: SurveyNode, control: string, deps: BodyDeps): string {
  const attributes = {
    ref: deps.references.pathOf(node),
    ...node.type?.attributes,
    query: queryOf(node, deps),
    ...looks(node, deps),
  }
  return element(control, attributes, [
    textXml(node, 'label', deps),
    textXml(node, 'hint', deps),
    itemsetXml(node, deps),
    ...deps.actions.triggeredBy(node),
  ])
}
