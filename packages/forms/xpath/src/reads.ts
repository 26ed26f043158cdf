/**
 * What an expression reads: the paths from which a dependency graph is drawn.
 *
 * Predicates read too. A relative path inside one starts at the node that is tested, so it is
 * given as a read of the whole path so far: `/data/roster[age > 5]/name` reads
 * `/data/roster`'s `age` and `/data/roster/name`.
 *
 * Not here: which nodes of which form these are.
 */
import type { Expression, Origin, PathExpression, Step } from './expression.ts'

/** One step of a path that is read; `filtered`: it had a predicate. */
export interface ReadStep {
  readonly axis: Step['axis']
  readonly name: string
  readonly filtered: boolean
}

export interface Read {
  readonly from: 'root' | 'context' | { readonly instance: string }
  readonly steps: readonly ReadStep[]
}

export function reads(expression: Expression): readonly Read[] {
  const found: Read[] = []
  collect(expression, undefined, found)
  return found
}

/** `base` is the node set whose predicate we are in. */
function collect(expression: Expression, base: Read | undefined, found: Read[]): void {
  switch (expression.kind) {
    case 'number':
    case 'text':
      return
    case 'negate':
      return collect(expression.operand, base, found)
    case 'binary':
    case 'union':
      collect(expression.left, base, found)
      return collect(expression.right, base, found)
    case 'call':
      for (const value of expression.arguments) collect(value, base, found)
      return
    case 'path':
      for (const read of collectPath(expression, base, found)) found.push(read)
  }
}

/** Pushes what the predicates read and returns the path's own reads (several after a union). */
function collectPath(path: PathExpression, base: Read | undefined, found: Read[]): readonly Read[] {
  const starts = origins(path.from, base, found)
  return starts.map(start => {
    let read = start
    for (const step of path.steps) {
      const { axis, name, where } = step
      read = { ...read, steps: [...read.steps, { axis, name, filtered: where.length > 0 }] }
      for (const predicate of step.where) collect(predicate, read, found)
    }
    return read
  })
}

function origins(from: Origin, base: Read | undefined, found: Read[]): readonly Read[] {
  const at = (origin: Read['from']): Read => ({ from: origin, steps: [] })
  switch (from.at) {
    case 'root':
      return [at('root')]
    case 'current':
      return [at('context')]
    case 'context':
      return [base ?? at('context')]
    case 'instance':
      return [at({ instance: from.id })]
    case 'value': {
      const inner: Read[] = []
      // Steps after a function that gives nodes (`randomize(...)/name`) go on from what it reads.
      if (from.of.kind === 'path') inner.push(...collectPath(from.of, base, found))
      else collect(from.of, base, inner)
      for (const read of inner) {
        for (const predicate of from.where) collect(predicate, read, found)
      }
      found.push(...inner)
      return inner
    }
  }
}

/** Names of all functions called, for what a path cannot say (`jr:itext` depends on the language). */
export function calls(expression: Expression): ReadonlySet<string> {
  const names = new Set<string>()
  const visit = (one: Expression): void => {
    if (one.kind === 'call') {
      names.add(one.name)
      one.arguments.forEach(visit)
    } else if (one.kind === 'binary' || one.kind === 'union') {
      visit(one.left)
      visit(one.right)
    } else if (one.kind === 'negate') visit(one.operand)
    else if (one.kind === 'path') {
      if (one.from.at === 'value') {
        visit(one.from.of)
        one.from.where.forEach(visit)
      }
      for (const step of one.steps) step.where.forEach(visit)
    }
  }
  visit(expression)
  return names
}
