/**
 * XForm XML → program. What one part of the document says about another is settled here:
 * binds and controls meet at their node, expressions become steps in order.
 *
 * Fails with `form.xml-malformed`, `form.invalid`, `xform.cycle`, `xpath.syntax` or
 * `xpath.unknown-function`, each naming the place.
 */
import { err, ok, type Result } from '@murram/ground'
import type { Expression } from '@murram/xpath'
import type { ActionSpec, EntityDeclaration, NodeSpec, Program, QuestionKind, StepKind, StepSpec } from './program.ts'
import { bindPaths, plainPath, readBind, type Bind } from './read/binds.ts'
import { readBody, repeatPaths, type ReadBody } from './read/body.ts'
import { createExpressionPool, type ExpressionPool } from './read/expression-pool.ts'
import { drawGraph, nodeTree } from './read/graph.ts'
import { withRules } from './read/rules.ts'
import { findSkeleton, readNodes, type NodeDraft, type ReadNodes, type Skeleton } from './read/nodes.ts'
import { readSecondary } from './read/secondary.ts'
import { readItext } from './read/texts.ts'
import { attribute, childrenNamed, FormProblem, invalid, NS, parseXml, textOf, type XmlElement } from './read/xml.ts'

export function compileProgram(xml: string, attachments: ReadonlyMap<string, string>): Result<Program> {
  const parsed = parseXml(xml)
  if (!parsed.ok) return parsed
  const skeleton = findSkeleton(parsed.value)
  if (!skeleton.ok) return skeleton
  try {
    return ok(assemble(skeleton.value, attachments))
  } catch (problem) {
    if (problem instanceof FormProblem) return err(problem.fault)
    throw problem
  }
}

function assemble({ title, model, body, root }: Skeleton, attachments: ReadonlyMap<string, string>): Program {
  const formId = attribute(root, 'id') ?? attribute(root, 'xmlns') ?? root.uri
  if (formId === '' || formId === NS.xforms) throw invalid('the primary instance has no id')
  const pool = createExpressionPool()
  const read = readNodes(root, repeatPaths(body), bindPaths(model))
  const binds = bindsByNode(model, read, pool)
  const pathOfBind = new Map(
    [...binds.values()].flatMap(bind => (bind.id === undefined ? [] : [[bind.id, bind.path] as const])),
  )
  const asked = readBody(body, { byPath: read.byPath, pathOfBind, pool })
  const specs = read.nodes.map((draft, i) => toSpec(draft, binds.get(i), asked.controls.get(i) ?? null, pool))
  const nodes = withRules(specs, binds, read.byPath)
  const tree = nodeTree(read.nodes)
  const graph = drawGraph(stepsOf(read.nodes, binds, asked, pool), pool.tree, tree)
  const texts = readItext(model, pool)
  return {
    format: 1,
    formId,
    version: attribute(root, 'version') ?? attribute(root, 'version', NS.orx) ?? '',
    title,
    ...texts,
    rootAttributes: { ...prefixesIn(root), ...Object.fromEntries(root.attributes.map(one => [one.tag, one.value])) },
    nodes,
    ...graph,
    initial: read.initial,
    templates: read.templates,
    instances: readSecondary(model, attachments),
    body: asked.body,
    actions: readActions(model, asked, read, pool),
    entity: readEntity(root, read, nodes),
    expressions: pool.all(),
  }
}

/** A submission stands alone: prefixes that the form declared further out are declared on its root. */
function prefixesIn(root: XmlElement): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  const visit = (element: XmlElement): void => {
    for (const { tag, uri } of [element, ...element.attributes]) {
      const [prefix, local] = tag.split(':')
      if (local !== undefined && prefix !== 'xmlns' && uri !== NS.jr) found[`xmlns:${prefix}`] = uri
    }
    for (const part of element.content) if (typeof part !== 'string') visit(part)
  }
  visit(root)
  return found
}

function bindsByNode(model: XmlElement, { byPath }: ReadNodes, pool: ExpressionPool): ReadonlyMap<number, Bind> {
  const found = new Map<number, Bind>()
  for (const element of childrenNamed(model, 'bind')) {
    const bind = readBind(element, pool)
    const node = byPath.get(bind.path)
    if (node === undefined)
      throw invalid(`line ${element.line}: a bind names ${bind.path}, which is not in the instance`)
    if (found.has(node)) throw invalid(`line ${element.line}: ${bind.path} has two binds`)
    found.set(node, bind)
  }
  return found
}

const isCall = (tree: Expression, name: string): boolean =>
  tree.kind === 'call' && tree.name === name && tree.arguments.length === 0

function toSpec(
  draft: NodeDraft,
  bind: Bind | undefined,
  control: NodeSpec['control'],
  pool: ExpressionPool,
): Omit<NodeSpec, 'rules' | 'reason' | 'reasonFor'> {
  const always = (expression: number | null | undefined): boolean =>
    typeof expression === 'number' && isCall(pool.tree(expression), 'true')
  const type = bind?.type ?? 'string'
  const calculated = typeof bind?.calculate === 'number'
  const fixed = always(bind?.readonly)
  return {
    ...draft,
    type,
    kind: kindOf(type, control?.element, calculated, fixed),
    calculated,
    fixed,
    required: always(bind?.required),
    preload: bind?.preload ?? null,
    constraintMessage: bind?.constraintMessage ?? [],
    requiredMessage: bind?.requiredMessage ?? [],
    feature: bind?.feature ?? false,
    outcome: bind?.outcome ?? false,
    sensitive: bind?.sensitive ?? 'plain',
    saveTo: bind?.saveTo ?? null,
    control,
  }
}

const KIND_OF_TYPE: Readonly<Record<string, QuestionKind>> = {
  string: 'text',
  int: 'integer',
  integer: 'integer',
  decimal: 'decimal',
  date: 'date',
  time: 'time',
  dateTime: 'dateTime',
  geopoint: 'geopoint',
}

function kindOf(type: string, element: string | undefined, calculated: boolean, fixed: boolean): QuestionKind {
  switch (element) {
    case undefined:
      return calculated ? 'calculate' : 'other'
    case 'select1':
      return 'select-one'
    case 'select':
      return 'select-multiple'
    case 'trigger':
      return 'trigger'
    case 'upload':
    case 'rank':
      return 'other'
    default:
      return fixed && !calculated && type === 'string' ? 'note' : (KIND_OF_TYPE[type] ?? 'other')
  }
}

function stepsOf(
  nodes: readonly NodeDraft[],
  binds: ReadonlyMap<number, Bind>,
  asked: ReadBody,
  pool: ExpressionPool,
): readonly StepSpec[] {
  const steps: StepSpec[] = []
  for (const node of nodes.keys()) {
    const bind = binds.get(node)
    const add = (kind: StepKind, expression: number | null | undefined, always = false): void => {
      if (typeof expression === 'number' && !(always && isCall(pool.tree(expression), 'true')))
        steps.push({ kind, node, expression })
    }
    add('relevant', bind?.relevant, true)
    add('rows', asked.counts.get(node))
    const choices = asked.controls.get(node)?.choices
    if (choices?.from === 'nodes') add('choices', choices.expression)
    add('calculate', bind?.calculate)
    add('required', bind?.required, true)
    add('readonly', bind?.readonly, true)
    add('constraint', bind?.constraint)
  }
  return steps
}

function readActions(
  model: XmlElement,
  { nested }: ReadBody,
  { byPath }: ReadNodes,
  pool: ExpressionPool,
): readonly ActionSpec[] {
  const inModel = childrenNamed(model, 'setvalue').map(element => ({ element, trigger: null }))
  return [...inModel, ...nested].flatMap(({ element, trigger }) => {
    const path = plainPath(attribute(element, 'ref') ?? '')
    const node = byPath.get(path)
    if (node === undefined) throw invalid(`line ${element.line}: setvalue names ${path}, which is not in the instance`)
    const source = attribute(element, 'value')
    const events = (
      attribute(element, 'event') ??
      attribute(element, 'event', 'http://www.w3.org/2001/xml-events') ??
      ''
    )
      .split(/\s+/)
      .filter(event => event !== '')
    const expression = source === undefined ? null : pool.add(source, `setvalue of ${path}`)
    return events.map(event => ({
      event,
      node,
      expression,
      text: source === undefined ? textOf(element).trim() : '',
      trigger: event === 'xforms-value-changed' ? trigger : null,
    }))
  })
}

function readEntity(root: XmlElement, { byPath }: ReadNodes, nodes: readonly NodeSpec[]): EntityDeclaration | null {
  const meta = root.content.find(part => typeof part !== 'string' && part.local === 'meta')
  if (meta === undefined || typeof meta === 'string') return null
  const entity = childrenNamed(meta, 'entity')[0]
  const dataset = entity === undefined ? undefined : attribute(entity, 'dataset')
  if (dataset === undefined || byPath.size === 0) return null
  const saveTo = nodes.flatMap(node => (node.saveTo === null ? [] : [[node.path, node.saveTo] as const]))
  return { dataset, saveTo: Object.fromEntries(saveTo) }
}
