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

export function reads(expression: Expression): readonly Read[] {
  const found: Read[] = []
  collect(expression, HERE, found)
  return found
}

const HERE: Read = { from: 'context', steps: [] }
const AT_ROOT: Read = { from: 'root', steps: [] }

/** `base` is the set of nodes whose predicate we are in. */
function collect(expression: Expression, base: Read, found: Read[]): void {
  switch (expression.kind) {
    case 'number':
    case 'text':
      return
    case 'negate':
    case 'binary':
    case 'union':
      for (const part of partsOf(expression)) collect(part, base, found)
      return
    case 'call':
      for (const value of expression.arguments) collect(value, base, found)
      found.push(...besides(expression.name, expression.arguments, base))
      return
    case 'path':
      found.push(...collectPath(expression, base, found))
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
function collectPath(path: PathExpression, base: Read, found: Read[]): readonly Read[] {
  let at = origins(path.from, base, found)
  for (const step of path.steps) {
    at = isAbsentKind(step) ? [] : at.map(read => ({ ...read, steps: [...read.steps, ...readSteps(step)] }))
    for (const read of at) for (const predicate of step.where) collect(predicate, read, found)
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

function origins(from: Origin, base: Read, found: Read[]): readonly Read[] {
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
      const nodes = nodesOf(from.of, base, found)
      for (const read of nodes) for (const predicate of from.where) collect(predicate, read, found)
      found.push(...nodes)
      return nodes
    }
  }
}

/** The reads that lead to the nodes an expression gives; steps behind it go on from these. */
function nodesOf(expression: Expression, base: Read, found: Read[]): readonly Read[] {
  if (expression.kind === 'path') return collectPath(expression, base, found)
  if (expression.kind === 'union') return partsOf(expression).flatMap(part => nodesOf(part, base, found))
  if (expression.kind !== 'call') {
    collect(expression, base, found)
    return []
  }
  const isGiven = GIVES_NODES_OF[expression.name] ?? (() => false)
  const inner: Read[] = []
  for (const [i, value] of expression.arguments.entries())
    if (isGiven(i)) inner.push(...nodesOf(value, base, found))
    else collect(value, base, found)
  found.push(...besides(expression.name, expression.arguments, base))
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
