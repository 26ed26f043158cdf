/** The body: groups, repeats and controls, in the order in which they are asked. */
import { parse, type Expression } from '@murram/xpath'
import type { BodySpec, ChoiceSource, ControlSpec, Text } from '../program.ts'
import { plainPath } from './binds.ts'
import type { ExpressionPool } from './expression-pool.ts'
import { readText } from './texts.ts'
import { attribute, childNamed, childrenNamed, elementsOf, invalid, NS, textOf, type XmlElement } from './xml.ts'

const CONTROLS: ReadonlySet<string> = new Set([
  'input',
  'select',
  'select1',
  'rank',
  'range',
  'trigger',
  'upload',
  'secret',
  'textarea',
])

export interface ReadBody {
  readonly body: readonly BodySpec[]
  readonly controls: ReadonlyMap<number, ControlSpec>
  /** Expression that counts the rows, by repeat node. */
  readonly counts: ReadonlyMap<number, number>
  /** Actions that stand inside a control: the control's node sets them off. */
  readonly nested: readonly { readonly element: XmlElement; readonly trigger: number }[]
}

interface BodyDeps {
  readonly byPath: ReadonlyMap<string, number>
  readonly pathOfBind: ReadonlyMap<string, string>
  readonly pool: ExpressionPool
}

/** Paths of all repeats: needed before nodes are read. */
export function repeatPaths(body: XmlElement): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (element: XmlElement, base: string): void => {
    const own = attribute(element, 'nodeset') ?? attribute(element, 'ref')
    const path = own === undefined ? base : absolute(own, base)
    if (element.local === 'repeat') found.add(path)
    for (const child of elementsOf(element)) if (!CONTROLS.has(child.local)) visit(child, path)
  }
  visit(body, '')
  return found
}

const absolute = (reference: string, base: string): string => {
  const path = plainPath(reference)
  return path.startsWith('/') ? path : `${base}/${path.replace(/^\.\//, '')}`
}

export function readBody(body: XmlElement, { byPath, pathOfBind, pool }: BodyDeps): ReadBody {
  const controls = new Map<number, ControlSpec>()
  const counts = new Map<number, number>()
  const nested: { element: XmlElement; trigger: number }[] = []

  const nodeAt = (element: XmlElement, reference: string, base: string): number => {
    const node = byPath.get(absolute(reference, base))
    if (node === undefined)
      throw invalid(`line ${element.line}: <${element.tag}> names ${reference.trim()}, which is not in the instance`)
    return node
  }

  function visit(element: XmlElement, base: string, repeatLabel: Text): readonly BodySpec[] {
    if (element.local === 'group') return [visitGroup(element, base)]
    if (element.local === 'repeat') return [visitRepeat(element, base, repeatLabel)]
    if (CONTROLS.has(element.local)) return visitControl(element, base)
    return []
  }

  function visitGroup(element: XmlElement, base: string): BodySpec {
    const reference = attribute(element, 'ref') ?? attribute(element, 'nodeset')
    const path = reference === undefined ? base : absolute(reference, base)
    const label = readText(childNamed(element, 'label'), pool, `label of ${path}`)
    const inner = elementsOf(element).flatMap(child => visit(child, path, label))
    // A group whose only content is its repeat is how converters write a repeat's label.
    const [only] = inner
    if (inner.length === 1 && only?.is === 'repeat' && byPath.get(path) === only.node) return only
    const node = reference === undefined ? null : nodeAt(element, reference, base)
    return { is: 'group', node, label, appearance: attribute(element, 'appearance') ?? '', children: inner }
  }

  function visitRepeat(element: XmlElement, base: string, label: Text): BodySpec {
    const reference = attribute(element, 'nodeset') ?? attribute(element, 'ref')
    if (reference === undefined) throw invalid(`line ${element.line}: a repeat has no nodeset`)
    const path = absolute(reference, base)
    const node = nodeAt(element, reference, base)
    const count = attribute(element, 'count', NS.jr)
    if (count !== undefined && count.trim() !== '') counts.set(node, pool.add(count, `count of ${path}`))
    const own = readText(childNamed(element, 'label'), pool, `label of ${path}`)
    const children = elementsOf(element).flatMap(child => {
      if (child.local === 'setvalue') nested.push({ element: child, trigger: node })
      return visit(child, path, [])
    })
    const appearance = attribute(element, 'appearance') ?? ''
    return { is: 'repeat', node, label: own.length > 0 ? own : label, counted: counts.has(node), appearance, children }
  }

  function visitControl(element: XmlElement, base: string): readonly BodySpec[] {
    const bindId = attribute(element, 'bind')
    const reference = attribute(element, 'ref') ?? (bindId === undefined ? undefined : pathOfBind.get(bindId))
    if (reference === undefined) throw invalid(`line ${element.line}: <${element.tag}> names no node`)
    const path = absolute(reference, base)
    const node = nodeAt(element, reference, base)
    for (const child of elementsOf(element))
      if (child.local === 'setvalue') nested.push({ element: child, trigger: node })
    controls.set(node, {
      element: element.local,
      appearance: attribute(element, 'appearance') ?? '',
      label: readText(childNamed(element, 'label'), pool, `label of ${path}`),
      hint: readText(childNamed(element, 'hint'), pool, `hint of ${path}`),
      choices: readChoices(element, path, pool),
      bounds: element.local === 'range' ? readBounds(element) : null,
    })
    return [{ is: 'question', node }]
  }

  return { body: elementsOf(body).flatMap(child => visit(child, '', [])), controls, counts, nested }
}

function readBounds(element: XmlElement): ControlSpec['bounds'] {
  const [start = Number.NaN, end = Number.NaN, step = 1] = ['start', 'end', 'step'].map(name => {
    const text = attribute(element, name)
    return text === undefined ? undefined : Number(text)
  })
  return [start, end, step].some(Number.isNaN) ? null : { start, end, step }
}

function readChoices(element: XmlElement, path: string, pool: ExpressionPool): ChoiceSource | null {
  const itemset = childNamed(element, 'itemset')
  if (itemset === undefined) {
    const items = childrenNamed(element, 'item').map(item => {
      const value = childNamed(item, 'value')
      if (value === undefined) throw invalid(`line ${item.line}: a choice of ${path} has no value`)
      return { value: textOf(value).trim(), label: readText(childNamed(item, 'label'), pool, `choice of ${path}`) }
    })
    return items.length === 0 ? null : { from: 'items', items }
  }
  const nodeset = attribute(itemset, 'nodeset')
  const value = childNamed(itemset, 'value')
  const valueRef = value === undefined ? undefined : attribute(value, 'ref')
  if (nodeset === undefined || valueRef === undefined)
    throw invalid(`line ${itemset.line}: the itemset of ${path} has no nodeset or no value`)
  const label = childNamed(itemset, 'label')
  const place = `choices of ${path}`
  return {
    from: 'nodes',
    expression: pool.add(nodeset, place),
    all: pool.add(withoutPredicates(nodeset), place),
    value: pool.add(valueRef, place),
    label: pool.add((label === undefined ? undefined : attribute(label, 'ref')) ?? valueRef, place),
  }
}

/** `randomize(instance('x')/root/item[region = /data/r], 7)` → `instance('x')/root/item`. */
function withoutPredicates(nodeset: string): string {
  const parsed = parse(nodeset)
  if (!parsed.ok) return nodeset
  const path = firstPath(parsed.value)
  if (path?.kind !== 'path' || (path.from.at !== 'instance' && path.from.at !== 'root')) return nodeset
  const start = path.from.at === 'instance' ? `instance('${path.from.id}')` : ''
  if (path.steps.some(step => step.axis !== 'child')) return nodeset
  return `${start}/${path.steps.map(step => step.name).join('/')}`
}

const firstPath = (expression: Expression): Expression | undefined =>
  expression.kind === 'call' ? expression.arguments[0] : expression
