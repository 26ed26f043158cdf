/**
 * `indexed-repeat(/data/roster/age, /data/roster, 2)` is a path with a position:
 * `/data/roster[position() = 2]/age`. Written so, dependencies and evaluation need no case for it.
 *
 * The index stands inside a predicate then, where `.` is the row; what it reads of the
 * question itself is therefore rebased on `current()`.
 */
import type { Expression, PathExpression, Step } from './expression.ts'
import { SyntaxProblem } from './lex.ts'

export function indexedRepeat(values: readonly Expression[], at: number): Expression {
  const [target, ...pairs] = values
  if (target?.kind !== 'path' || pairs.length < 2 || pairs.length % 2 !== 0)
    throw new SyntaxProblem('indexed-repeat() takes a path, then a repeat and an index, once or several times', at)
  const steps = [...target.steps]
  for (let i = 0; i < pairs.length; i += 2) {
    const repeat = pairs[i]!
    const place = repeat.kind === 'path' ? sharedLength(repeat, target) - 1 : -1
    const step = steps[place]
    if (step === undefined)
      throw new SyntaxProblem('indexed-repeat() names a repeat that its path does not go through', at)
    const position: Expression = {
      kind: 'binary',
      operator: '=',
      left: { kind: 'call', name: 'position', arguments: [] },
      right: { kind: 'call', name: 'number', arguments: [onCurrent(pairs[i + 1]!)] },
    }
    steps[place] = { ...step, where: [...step.where, position] }
  }
  return { ...target, steps }
}

const isSameStep = (a: Step, b: Step | undefined): boolean => a.axis === b?.axis && a.name === b.name

/** Length of `repeat` if it is a prefix of `target`, else 0. */
const sharedLength = (repeat: PathExpression, target: PathExpression): number =>
  repeat.from.at === target.from.at && repeat.steps.every((step, i) => isSameStep(step, target.steps[i]))
    ? repeat.steps.length
    : 0

/** These speak of the node in question when their argument is left out. */
const OF_THE_NODE: ReadonlySet<string> = new Set([
  'string',
  'number',
  'string-length',
  'normalize-space',
  'name',
  'local-name',
])
const CURRENT: Expression = { kind: 'path', from: { at: 'current' }, steps: [] }

function onCurrent(expression: Expression): Expression {
  switch (expression.kind) {
    case 'number':
    case 'text':
      return expression
    case 'negate':
      return { ...expression, operand: onCurrent(expression.operand) }
    case 'binary':
    case 'union':
      return { ...expression, left: onCurrent(expression.left), right: onCurrent(expression.right) }
    case 'call':
      return expression.arguments.length === 0 && OF_THE_NODE.has(expression.name)
        ? { ...expression, arguments: [CURRENT] }
        : { ...expression, arguments: expression.arguments.map(onCurrent) }
    case 'path':
      if (expression.from.at === 'context') return { ...expression, from: { at: 'current' } }
      return expression.from.at === 'value'
        ? { ...expression, from: { ...expression.from, of: onCurrent(expression.from.of) } }
        : expression
  }
}
