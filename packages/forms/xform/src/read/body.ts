/** The body: groups, repeats and controls, in the order in which they are asked. */
import { parse, type Expression } from '@murram/xpath'
import type { BodySpec, ChoiceSource, ControlSpec, Text } from '../program.ts'
import { isAction, type PlacedAction } from './actions.ts'
import { absolutePath } from './binds.ts'
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
  readonly nested: readonly PlacedAction[]
}

interface BodyDeps {
  readonly byPath: ReadonlyMap<string, number>
  readonly pathOfBind: ReadonlyMap<string, string>
  readonly pool: ExpressionPool
  /** Path of the root element: what relative references begin at. */
  readonly root: string
  readonly warn: (text: string) => void
}

/** Paths of all repeats: needed before nodes are read. */
export function repeatPaths(
  body: XmlElement,
  root: string,
  pathOfBind: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (element: XmlElement, base: string): void => {
    const own = referenceOf(element, pathOfBind)
    const path = own === undefined ? base : absolutePath(own, base)
    if (element.local === 'repeat') found.add(path)
    for (const child of elementsOf(element)) if (!CONTROLS.has(child.local)) visit(child, path)
  }
  visit(body, root)
  return found
}

/** By nodeset, by ref, or by the id of a bind, as converters please. */
function referenceOf(element: XmlElement, pathOfBind: ReadonlyMap<string, string>): string | undefined {
  const own = attribute(element, 'nodeset') ?? attribute(element, 'ref')
  if (own !== undefined) return own
  const bindId = attribute(element, 'bind')
  return bindId === undefined ? undefined : pathOfBind.get(bindId)
}

export function readBody(body: XmlElement, { byPath, pathOfBind, pool, root, warn }: BodyDeps): ReadBody {
  const controls = new Map<number, ControlSpec>()
  const counts = new Map<number, number>()
  const nested: PlacedAction[] = []
  const unread = new Set<string>()

  const nodeAt = (element: XmlElement, reference: string, base: string): number => {
    const node = byPath.get(absolutePath(reference, base))
    if (node === undefined)
      throw invalid(`line ${element.line}: <${element.tag}> names ${reference.trim()}, which is not in the instance`)
    return node
  }

  function visit(element: XmlElement, base: string, repeatLabel: Text): readonly BodySpec[] {
    if (element.local === 'group') return [visitGroup(element, base)]
    if (element.local === 'repeat') return [visitRepeat(element, base, repeatLabel)]
    if (CONTROLS.has(element.local)) return visitControl(element, base)
    if (!PARTS.has(element.local) && !isAction(element) && !unread.has(element.tag)) {
      unread.add(element.tag)
      warn(`line ${element.line}: <${element.tag}> is not shown`)
    }
    return []
  }

  function takeActions(element: XmlElement, trigger: number | null, path: string): void {
    for (const child of elementsOf(element)) if (isAction(child)) nested.push({ element: child, trigger, base: path })
  }

  function visitGroup(element: XmlElement, base: string): BodySpec {
    const reference = referenceOf(element, pathOfBind)
    const path = reference === undefined ? base : absolutePath(reference, base)
    takeActions(element, byPath.get(path) ?? null, path)
    const label = readText(childNamed(element, 'label'), pool, `label of ${path}`)
    const inner = elementsOf(element).flatMap(child => visit(child, path, label))
    // A group whose only content is its repeat is how converters write a repeat's label.
    const [only] = inner
    if (inner.length === 1 && only?.is === 'repeat' && byPath.get(path) === only.node) return only
    const node = reference === undefined ? null : nodeAt(element, reference, base)
    return { is: 'group', node, label, appearance: attribute(element, 'appearance') ?? '', children: inner }
  }

  function visitRepeat(element: XmlElement, base: string, label: Text): BodySpec {
    const reference = referenceOf(element, pathOfBind)
    if (reference === undefined) throw invalid(`line ${element.line}: a repeat has no nodeset`)
    const path = absolutePath(reference, base)
    const node = nodeAt(element, reference, base)
    const count = attribute(element, 'count', NS.jr)
    if (count !== undefined && count.trim() !== '') counts.set(node, pool.add(count, `count of ${path}`))
    const isFixed = /^true(\(\))?$/i.test(attribute(element, 'noAddRemove', NS.jr)?.trim() ?? '')
    takeActions(element, node, path)
    const own = readText(childNamed(element, 'label'), pool, `label of ${path}`)
    const children = elementsOf(element).flatMap(child => visit(child, path, []))
    const appearance = attribute(element, 'appearance') ?? ''
    const counted = counts.has(node) || isFixed
    return { is: 'repeat', node, label: own.length > 0 ? own : label, counted, appearance, children }
  }

  function visitControl(element: XmlElement, base: string): readonly BodySpec[] {
    const reference = referenceOf(element, pathOfBind)
    if (reference === undefined) throw invalid(`line ${element.line}: <${element.tag}> names no node`)
    const path = absolutePath(reference, base)
    const node = nodeAt(element, reference, base)
    takeActions(element, node, path)
    if (controls.has(node)) {
      warn(`line ${element.line}: ${path} is asked twice; it is shown where it stands first`)
      return []
    }
    const appearance = attribute(element, 'appearance') ?? ''
    if (/\bsearch\s*\(/.test(appearance))
      warn(`line ${element.line}: search() of ${path} is not done; its choices stand as written`)
    const mediaType = element.local === 'upload' ? attribute(element, 'mediatype') : undefined
    const extras = extrasOf(element)
    controls.set(node, {
      element: element.local,
      appearance,
      label: readText(childNamed(element, 'label'), pool, `label of ${path}`),
      hint: readText(childNamed(element, 'hint'), pool, `hint of ${path}`),
      choices: readChoices(element, path, pool, warn),
      bounds: element.local === 'range' ? readBounds(element) : null,
      ...(mediaType === undefined ? {} : { mediaType }),
      ...(Object.keys(extras).length === 0 ? {} : { extras }),
    })
    return [{ is: 'question', node }]
  }

  return { body: elementsOf(body).flatMap(child => visit(child, root, [])), controls, counts, nested }
}

const PARTS: ReadonlySet<string> = new Set(['label', 'hint', 'help', 'alert', 'item', 'itemset', 'value', 'extension'])
const READ: ReadonlySet<string> = new Set([
  'ref',
  'nodeset',
  'bind',
  'appearance',
  'mediatype',
  'start',
  'end',
  'step',
  'query',
])

function extrasOf(element: XmlElement): Readonly<Record<string, string>> {
  const left = element.attributes.filter(
    one => !one.tag.startsWith('xmlns') && !(one.uri === '' && READ.has(one.local)),
  )
  return Object.fromEntries(left.map(({ tag, value }) => [tag, value]))
}

function readBounds(element: XmlElement): ControlSpec['bounds'] {
  const [start = Number.NaN, end = Number.NaN, step = 1] = ['start', 'end', 'step'].map(name => {
    const text = attribute(element, name)
    return text === undefined ? undefined : Number(text)
  })
  return [start, end, step].some(Number.isNaN) ? null : { start, end, step }
}

function readChoices(
  element: XmlElement,
  path: string,
  pool: ExpressionPool,
  warn: (text: string) => void,
): ChoiceSource | null {
  const itemset = childNamed(element, 'itemset')
  const query = attribute(element, 'query')
  // Beside a question that takes no choice, a list is what its map shows.
  if (element.local === 'input' && query === undefined) return null
  if (itemset === undefined && query !== undefined) {
    // A question with a `query` chooses from `itemsets.csv`, whose columns are these.
    const place = `choices of ${path}`
    return {
      from: 'nodes',
      expression: pool.add(query, place),
      all: pool.add(withoutPredicates(query), place),
      value: pool.add('name', place),
      label: pool.add('label', place),
    }
  }
  if (itemset === undefined) {
    const items = childrenNamed(element, 'item').map(item => {
      const value = childNamed(item, 'value')
      if (value === undefined) throw invalid(`line ${item.line}: a choice of ${path} has no value`)
      return { value: textOf(value).trim(), label: readText(childNamed(item, 'label'), pool, `choice of ${path}`) }
    })
    return items.length === 0 ? null : { from: 'items', items }
  }
  const nodeset = attribute(itemset, 'nodeset')
  const [value, copy] = [childNamed(itemset, 'value'), childNamed(itemset, 'copy')]
  if (value === undefined && copy !== undefined)
    warn(`line ${itemset.line}: the choices of ${path} are stored as text, not copied as elements`)
  const chosen = value ?? copy
  const valueRef = chosen === undefined ? undefined : attribute(chosen, 'ref')
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
