/**
 * ODK XPath text → `Expression`. XPath 1.0's grammar by precedence climbing, with three ODK
 * turns taken here so that nobody behind needs to know them: `current()` and `instance('id')`
 * become origins of paths, and `indexed-repeat()` becomes a path with positions.
 *
 * Fails with `xpath.syntax`, naming the character and what is expected there. Length, nesting
 * and chains are bounded: a form from outside must not be able to exhaust the stack, neither
 * here nor where the expression is compiled, stored or run.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import type { Axis, BinaryOperator, Expression, Origin, PathExpression, Step } from './expression.ts'
import { depthOf } from './depth.ts'
import { indexedRepeat } from './indexed-repeat.ts'
import { nearestName } from './nearest-name.ts'
import { lex, SyntaxProblem, type Token } from './lex.ts'

const MAX_NESTING = 200
const MAX_DEPTH = 1_000
const MAX_LENGTH = 100_000

const PRECEDENCE: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  '=': 3,
  '!=': 3,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  div: 6,
  mod: 6,
}
const AXES: ReadonlySet<string> = new Set<Axis>([
  'child',
  'self',
  'parent',
  'attribute',
  'ancestor',
  'ancestor-or-self',
  'descendant',
  'descendant-or-self',
  'following-sibling',
  'preceding-sibling',
  'following',
  'preceding',
  'namespace',
])
/** Node tests in the place of a name; only the last of them takes an argument. */
const NODE_TESTS: ReadonlySet<string> = new Set(['node', 'text', 'comment', 'processing-instruction'])
const ANYTHING: Step = { axis: 'descendant-or-self', name: 'node()', where: [] }

/** The data's text is the value of its elements: `name/text()` is `name` itself where it has text. */
const TEXT_AXES: Readonly<Partial<Record<Axis, Axis>>> = { child: 'self', descendant: 'descendant-or-self' }

const localName = (name: string): string => name.slice(name.indexOf(':') + 1)

export function parse(source: string): Result<Expression, FaultOf<'xpath.syntax'>> {
  try {
    if (source.length > MAX_LENGTH) throw new SyntaxProblem(`it is longer than ${MAX_LENGTH} characters`, 0)
    const expression = createParser(lex(source)).whole()
    if (depthOf(expression, MAX_DEPTH) > MAX_DEPTH) throw new SyntaxProblem('it is nested too deeply', 0)
    return ok(expression)
  } catch (problem) {
    if (!(problem instanceof SyntaxProblem)) throw problem
    const shown = source.length > 200 ? `${source.slice(0, 200)}…` : source
    const detail = `${shown.trim()}: ${problem.message} at character ${problem.at + 1}`
    return err(fault('xpath.syntax', detail, { expression: source, at: problem.at, problem: problem.message }))
  }
}

function createParser(tokens: readonly Token[]) {
  let next = 0
  let depth = 0
  const peek = (ahead = 0): Token => tokens[Math.min(next + ahead, tokens.length - 1)]!
  const isMark = (text: string, ahead = 0): boolean => peek(ahead).kind === 'mark' && peek(ahead).text === text
  const isOperator = (text: string): boolean => peek().kind === 'operator' && peek().text === text
  const refuse = (message: string): never => {
    throw new SyntaxProblem(message, peek().at)
  }
  const take = (): Token => tokens[next++]!
  const takeMark = (text: string): boolean => isMark(text) && take() !== undefined
  const shown = (): string => (peek().kind === 'text' ? `the text '${peek().text}'` : JSON.stringify(peek().text))
  /** `opened`: where the bracket stands that `text` closes. */
  const expectClosing = (text: string, opened: Token): void => {
    if (takeMark(text)) return
    const which = `the "${opened.text}" at character ${opened.at + 1}`
    if (peek().kind === 'end') refuse(`"${text}" is missing: ${which} is not closed`)
    refuse(`unexpected ${shown()}; expected an operator or "${text}", which closes ${which}`)
  }

  function whole(): Expression {
    if (peek().kind === 'end') refuse('it is empty')
    const expression = binary(1)
    if (peek().kind === 'end') return expression
    if (isMark(')') || isMark(']')) refuse(`unexpected ${shown()}: nothing was opened that it could close`)
    return refuse(`unexpected ${shown()}; expected an operator or the end`)
  }

  function operandExpected(): never {
    if (peek().kind === 'end') return refuse('it ends too early; expected a value or a path')
    const before = tokens[next - 1]
    const isDoubled = peek().kind === 'operator' && before?.kind === 'operator'
    const hint = isDoubled ? `; "${before.text}${peek().text}" is no operator` : '; expected a value or a path'
    return refuse(`unexpected ${shown()}${hint}`)
  }

  function binary(least: number): Expression {
    if (++depth > MAX_NESTING) refuse('it is nested too deeply')
    let left = unary()
    for (;;) {
      const token = peek()
      const precedence = token.kind === 'operator' ? PRECEDENCE[token.text] : undefined
      if (precedence === undefined || precedence < least) break
      take()
      left = { kind: 'binary', operator: token.text as BinaryOperator, left, right: binary(precedence + 1) }
    }
    depth--
    return left
  }

  function unary(): Expression {
    let negations = 0
    while (isOperator('-')) {
      take()
      negations++
    }
    let operand = union()
    for (; negations > 0; negations--) operand = { kind: 'negate', operand }
    return operand
  }

  function union(): Expression {
    let left = path()
    while (isOperator('|')) {
      take()
      left = { kind: 'union', left, right: path() }
    }
    return left
  }

  function path(): Expression {
    if (startsFilter()) {
      const primary = filtered()
      if (!isMark('/') && !isMark('//')) return primary
      const base: PathExpression =
        primary.kind === 'path' ? primary : { kind: 'path', from: { at: 'value', of: primary, where: [] }, steps: [] }
      return { ...base, steps: [...base.steps, ...continued()] }
    }
    if (isMark('/')) {
      take()
      return { kind: 'path', from: { at: 'root' }, steps: startsStep() ? relative() : [] }
    }
    if (isMark('//')) {
      take()
      return { kind: 'path', from: { at: 'root' }, steps: [ANYTHING, ...relative()] }
    }
    if (!startsStep()) operandExpected()
    return { kind: 'path', from: { at: 'context' }, steps: relative() }
  }

  const startsFilter = (): boolean =>
    peek().kind === 'number' ||
    peek().kind === 'text' ||
    isMark('(') ||
    (peek().kind === 'name' && isMark('(', 1) && !NODE_TESTS.has(peek().text))
  const startsStep = (): boolean => peek().kind === 'name' || isMark('.') || isMark('..') || isMark('@') || isMark('*')

  function filtered(): Expression {
    const primary = primaryExpression()
    const where = predicates()
    if (where.length === 0) return primary
    return { kind: 'path', from: { at: 'value', of: primary, where }, steps: [] }
  }

  function primaryExpression(): Expression {
    const token = take()
    if (token.kind === 'number') return { kind: 'number', value: Number(token.text) }
    if (token.kind === 'text') return { kind: 'text', value: token.text }
    if (token.kind === 'mark') {
      const inner = binary(1)
      expectClosing(')', token)
      return inner
    }
    return call(token)
  }

  function call(name: Token): Expression {
    const opened = take()
    const values: Expression[] = []
    if (!takeMark(')')) {
      do values.push(binary(1))
      while (takeMark(','))
      expectClosing(')', opened)
    }
    const origin = originOf(name.text, values)
    if (origin !== undefined) return { kind: 'path', from: origin, steps: [] }
    if (name.text === 'indexed-repeat') return indexedRepeat(values, name.at)
    return { kind: 'call', name: name.text, arguments: values }
  }

  const continued = (): Step[] => (take().text === '//' ? [ANYTHING, ...relative()] : relative())

  function relative(): Step[] {
    const steps = [step()]
    while (isMark('/') || isMark('//')) {
      if (take().text === '//') steps.push(ANYTHING)
      steps.push(step())
    }
    return steps
  }

  function step(): Step {
    if (takeMark('.')) return { axis: 'self', name: 'node()', where: predicates() }
    if (takeMark('..')) return { axis: 'parent', name: 'node()', where: predicates() }
    let axis: Axis = 'child'
    if (takeMark('@')) axis = 'attribute'
    else if (peek().kind === 'name' && isMark('::', 1)) {
      if (!AXES.has(peek().text)) {
        const nearest = nearestName(peek().text, [...AXES])
        refuse(
          `there is no axis ${JSON.stringify(peek().text)}${nearest === undefined ? '' : `; did you mean ${nearest}::?`}`,
        )
      }
      axis = take().text as Axis
      take()
    }
    const name = nameTest()
    return { axis: name === 'text()' ? (TEXT_AXES[axis] ?? axis) : axis, name, where: predicates() }
  }

  function nameTest(): string {
    if (takeMark('*')) return '*'
    if (peek().kind !== 'name') refuse('a name is missing')
    const name = take().text
    if (!isMark('(')) return localName(name)
    if (!NODE_TESTS.has(name)) refuse(`unexpected "(": ${name}() is no step of a path`)
    const opened = take()
    if (name === 'processing-instruction' && peek().kind === 'text') take()
    expectClosing(')', opened)
    return `${name}()`
  }

  function predicates(): Expression[] {
    const found: Expression[] = []
    while (isMark('[')) {
      const opened = take()
      found.push(binary(1))
      expectClosing(']', opened)
    }
    return found
  }

  return { whole }
}

function originOf(name: string, values: readonly Expression[]): Origin | undefined {
  if (name === 'current' && values.length === 0) return { at: 'current' }
  const [id] = values
  if (name === 'instance' && values.length === 1 && id?.kind === 'text') return { at: 'instance', id: id.value }
  return undefined
}
