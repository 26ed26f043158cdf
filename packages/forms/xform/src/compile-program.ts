/**
 * XForm XML → program. What one part of the document says about another is settled here:
 * binds and controls meet at their node, expressions become steps in order.
 *
 * Fails with `form.xml-malformed`, `form.invalid`, `xform.cycle`, `xpath.syntax` or
 * `xpath.unknown-function`, each naming the place.
 */
import { err, ok, type Result } from '@murram/ground'
import type { Expression } from '@murram/xpath'
import type { EntitySpec, NodeSpec, Program, QuestionKind, StepKind, StepSpec } from './program.ts'
import { actionPaths, isAction, readActions } from './read/actions.ts'
import { placeBinds, readBind, type Bind, type PlacedBind } from './read/binds.ts'
import { readBody, repeatPaths, type ReadBody } from './read/body.ts'
import { readEntities } from './read/entities.ts'
import { createExpressionPool, type ExpressionPool } from './read/expression-pool.ts'
import { drawGraph, nodeTree } from './read/graph.ts'
import { withRules } from './read/rules.ts'
import { findSkeleton, readNodes, type NodeDraft, type ReadNodes, type Skeleton } from './read/nodes.ts'
import { queriedLists, readSecondary, undeclaredLists } from './read/secondary.ts'
import { readSubmission } from './read/submission-element.ts'
import { mediaFiles, readItext } from './read/texts.ts'
import { attribute, elementsOf, FormProblem, invalid, NS, parseXml, type XmlElement } from './read/xml.ts'
import { isKnownPreload } from './run/preload.ts'

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

function assemble({ title, models, body, primary, root }: Skeleton, attachments: ReadonlyMap<string, string>): Program {
  const formId = attribute(root, 'id') ?? attribute(root, 'xmlns') ?? root.uri
  if (formId === '' || formId === NS.xforms) throw invalid('the primary instance has no id')
  const warnings = new Set<string>()
  const warn = (text: string): void => void warnings.add(text)
  const pool = createExpressionPool()
  const rootPath = `/${root.local}`
  const placed = placeBinds(models, rootPath)
  const pathOfBind = pathsOfBinds(placed)
  const written = new Set([...placed.map(({ path }) => path), ...actionPaths([...models, body])])
  const read = readNodes(root, repeatPaths(body, rootPath, pathOfBind), written, warn)
  const binds = bindsByNode(placed, read, pool, warn)
  for (const { path, preload } of binds.values())
    if (preload !== null && !isKnownPreload(preload))
      warn(`${path}: nothing here fills in the preload ${preload.kind} ${preload.parameter}`)
  const asked = readBody(body, { byPath: read.byPath, pathOfBind, pool, root: rootPath, warn })
  const specs = read.nodes.map((draft, i) => toSpec(draft, binds.get(i), asked.controls.get(i) ?? null, pool))
  const nodes = withRules(specs, binds, read.byPath)
  const tree = nodeTree(read.nodes)
  const graph = drawGraph(stepsOf(read.nodes, binds, asked, pool), pool.tree, tree)
  for (const { inner, node } of graph.steps)
    if (inner === true)
      warn(`${nodes[node]!.path} is asked or not by what is inside it, which is read whether it is asked or not`)
  const texts = readItext(models, pool)
  const inModel = models.flatMap(elementsOf).filter(element => element.local !== 'bind' && isAction(element))
  const actions = readActions(
    [...inModel.map(element => ({ element, trigger: null, base: rootPath })), ...asked.nested],
    { byPath: read.byPath, pathOfBind, pool, warn },
  )
  const declared = readSecondary(models, primary, attachments)
  // Only these two name a list; most expressions do not.
  const naming = pool.all().filter(({ source }) => /instance|pulldata/.test(source))
  const trees = naming.map(one => one.tree)
  const primaryId = attribute(primary, 'id')
  const known = new Set([...Object.keys(declared.instances), ...(primaryId === undefined ? [] : [primaryId])])
  const undeclared = undeclaredLists(trees, queriedLists(body), known, attachments, warn)
  const entities = readEntities(root, models, nodes)
  return {
    format: 2,
    formId,
    version: attribute(root, 'version') ?? attribute(root, 'version', NS.orx) ?? '',
    title,
    ...texts,
    rootAttributes: rootAttributesOf(root, read),
    nodes,
    ...graph,
    initial: read.initial,
    templates: read.templates,
    instances: { ...declared.instances, ...undeclared.instances },
    body: asked.body,
    actions,
    entity: rootEntity(entities),
    entities,
    submission: readSubmission(models),
    attachments: [...new Set([...declared.files, ...undeclared.files, ...mediaFiles(texts.textForms)])],
    warnings: [...warnings],
    expressions: pool.all(),
  }
}

const rootAttributesOf = (root: XmlElement, { byPath }: ReadNodes): Readonly<Record<string, string>> => ({
  ...prefixesIn(root),
  ...Object.fromEntries(
    root.attributes.filter(one => !byPath.has(`/${root.local}/@${one.local}`)).map(one => [one.tag, one.value]),
  ),
})

function rootEntity(entities: readonly EntitySpec[]): Program['entity'] {
  const first = entities.find(({ source }) => source === '')
  return first === undefined ? null : { dataset: first.dataset, saveTo: first.saveTo }
}

function pathsOfBinds(placed: readonly PlacedBind[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const { path, element } of placed) {
    const id = attribute(element, 'id')
    if (id === undefined) continue
    if (found.has(id)) throw invalid(`line ${element.line}: there are two binds called ${id}`)
    found.set(id, path)
  }
  return found
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

/** What binds a node that is not there does nothing, in ODK's engines too: it is said, not refused. */
function bindsByNode(
  placed: readonly PlacedBind[],
  { byPath }: ReadNodes,
  pool: ExpressionPool,
  warn: (text: string) => void,
): ReadonlyMap<number, Bind> {
  const found = new Map<number, Bind>()
  for (const bind of placed) {
    const node = byPath.get(bind.path)
    if (node === undefined) warn(`line ${bind.element.line}: a bind names ${bind.path}, which is not in the instance`)
    else found.set(node, readBind(bind, pool))
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
    kind: kindOf(type, asksFromFile(control) ? 'select1' : control?.element, calculated, fixed),
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
    ...(bind === undefined || Object.keys(bind.extras).length === 0 ? {} : { extras: bind.extras }),
  }
}

/** A question with a `query` is an input that chooses (ODK's select_one_external). */
const asksFromFile = (control: NodeSpec['control']): boolean => control?.element === 'input' && control.choices !== null

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
    const control = asked.controls.get(node)
    // The list of a range labels its ticks: it takes no value away.
    if (control?.choices?.from === 'nodes' && control.element !== 'range') add('choices', control.choices.expression)
    add('calculate', bind?.calculate)
    add('required', bind?.required, true)
    add('readonly', bind?.readonly, true)
    add('constraint', bind?.constraint)
  }
  return steps
}
