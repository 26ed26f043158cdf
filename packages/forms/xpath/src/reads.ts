/**
 * What an expression reads: the paths from which a dependency graph is drawn.
 *
 * R1  a value that none of the reads lead to may change as it likes: the expression's value
 *     stays (the property in `reads.test.ts`)
 *
 * Predicates read too. A relative path inside one starts at the node that is tested, so it is
 * given as a read of the whole path so far: `/data/roster[age > 5]/name` reads
 * `/data/roster`'s `age` and `/data/roster/name`. Functions read what they are given, and the
 * node in question where their argument is left out (`string-length()`).
 *
 * Not here: which nodes of which form these are; and what functions ask of the world, which
 * `calls` tells: labels and translations (`jr:choice-name`, `jr:itext`), the clock, chance.
 * `once()` keeps what its own node holds: a node's own value is no dependency.
 */
import { isAbsentKind } from './axes.ts'
import { partsOf } from './depth.ts'
import type { Axis, Expression, Origin, PathExpression, Step } from './expression.ts'

/** One step of a path that is read; `filtered`: it had a predicate. */
export interface ReadStep {
  /** `following` and `preceding` are given as the steps that they are made of (XPath 1.0 §2.2). */
  readonly axis: Exclude<Axis, 'following' | 'preceding' | 'namespace'>
  readonly name: string
  readonly filtered: boolean
}

export interface Read {
  readonly from: 'root' | 'context' | { readonly instance: string }
  readonly steps: readonly ReadStep[]
}

/** No form needs so many; unions nested in predicates of unions multiply without end. */
const MOST_READS = 5_000

/** Of an expression that reads more paths than can be told apart: everything. */
const EVERYTHING: readonly Read[] = (['node()', '*'] as const).map(name => ({
  from: 'root',
  steps: [
    { axis: 'descendant-or-self', name: 'node()', filtered: true },
    { axis: name === '*' ? 'attribute' : 'self', name, filtered: true },
  ],
}))

export function reads(expression: Expression): readonly Read[] {
  const into: Collector = { found: [], left: MOST_READS }
  collect(expression, HERE, into)
  return into.left < 0 ? EVERYTHING : into.found
}

interface Collector {
  readonly found: Read[]
  /** Below 0 nothing more is looked at. */
  left: number
}

const HERE: Read = { from: 'context', steps: [] }
const AT_ROOT: Read = { from: 'root', steps: [] }

/** `base` is the set of nodes whose predicate we are in. */
function collect(expression: Expression, base: Read, into: Collector): void {
  if (into.left-- < 0) return
  switch (expression.kind) {
    case 'number':
    case 'text':
      return
    case 'negate':
    case 'binary':
    case 'union':
      for (const part of partsOf(expression)) collect(part, base, into)
      return
    case 'call':
      for (const value of expression.arguments) collect(value, base, into)
      into.found.push(...besides(expression.name, expression.arguments, base))
      return
    case 'path':
      into.found.push(...collectPath(expression, base, into))
  }
}

const OF_THE_NODE: ReadonlySet<string> = new Set(['string', 'number', 'string-length', 'normalize-space'])

/** What a function reads beside its arguments. */
function besides(name: string, values: readonly Expression[], base: Read): readonly Read[] {
  if (OF_THE_NODE.has(name) && values.length === 0) return [base]
  const [list] = values
  if (name === 'pulldata' && list?.kind === 'text') return [{ from: { instance: list.value }, steps: [] }]
  if (name !== 'lang') return []
  const languages: readonly ReadStep[] = [
    { axis: 'ancestor-or-self', name: '*', filtered: false },
    { axis: 'attribute', name: 'lang', filtered: false },
  ]
  return [{ ...base, steps: [...base.steps, ...languages] }]
}

/** Pushes what the predicates read and returns the path's own reads (several after a union). */
function collectPath(path: PathExpression, base: Read, into: Collector): readonly Read[] {
  let at = origins(path.from, base, into)
  for (const step of path.steps) {
    into.left -= at.length
    if (into.left < 0) return []
    at = isAbsentKind(step) ? [] : at.map(read => ({ ...read, steps: [...read.steps, ...readSteps(step)] }))
    // Whether there is text is read of the node, also where the path goes on from there.
    if (step.name === 'text()') into.found.push(...at)
    for (const read of at) for (const predicate of step.where) collect(predicate, read, into)
  }
  return at
}

function readSteps({ axis, name, where }: Step): readonly ReadStep[] {
  const filtered = where.length > 0
  switch (axis) {
    case 'namespace':
      return []
    case 'following':
    case 'preceding':
      return [
        { axis: 'ancestor-or-self', name: 'node()', filtered: false },
        { axis: `${axis}-sibling`, name: 'node()', filtered: false },
        { axis: 'descendant-or-self', name: nameOf(name), filtered },
      ]
    default:
      // Whether there is text decides whether there is a node.
      return [{ axis, name: nameOf(name), filtered: filtered || name === 'text()' }]
  }
}

const nameOf = (name: string): string => (name === 'text()' ? 'node()' : name)

function origins(from: Origin, base: Read, into: Collector): readonly Read[] {
  switch (from.at) {
    case 'root':
      return [AT_ROOT]
    case 'current':
      return [HERE]
    case 'context':
      return [base]
    case 'instance':
      return [{ from: { instance: from.id }, steps: [] }]
    case 'value': {
      const nodes = nodesOf(from.of, base, into)
      for (const read of nodes) for (const predicate of from.where) collect(predicate, read, into)
      into.found.push(...nodes)
      return nodes
    }
  }
}

/** The reads that lead to the nodes an expression gives; steps behind it go on from these. */
function nodesOf(expression: Expression, base: Read, into: Collector): readonly Read[] {
  if (expression.kind === 'path') return collectPath(expression, base, into)
  if (expression.kind === 'union') return partsOf(expression).flatMap(part => nodesOf(part, base, into))
  if (expression.kind !== 'call') {
    collect(expression, base, into)
    return []
  }
  const isGiven = GIVES_NODES_OF[expression.name] ?? (() => false)
  const inner: Read[] = []
  if (into.left-- < 0) return inner
  for (const [i, value] of expression.arguments.entries())
    if (isGiven(i)) inner.push(...nodesOf(value, base, into))
    else collect(value, base, into)
  into.found.push(...besides(expression.name, expression.arguments, base))
  return inner
}

/** Functions that give nodes of their arguments, and of which. */
const GIVES_NODES_OF: Readonly<Record<string, (i: number) => boolean>> = {
  randomize: i => i === 0,
  if: i => i > 0,
  depend: i => i === 0,
}

/** Names of all functions called, for what a path cannot say (`jr:itext` depends on the language). */
export function calls(expression: Expression): ReadonlySet<string> {
  const names = new Set<string>()
  const visit = (one: Expression): void => {
    if (one.kind === 'call') names.add(one.name)
    partsOf(one).forEach(visit)
  }
  visit(expression)
  return names
}
