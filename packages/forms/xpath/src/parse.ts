/**
 * ODK XPath text → `Expression`. XPath 1.0's grammar by precedence climbing, with three ODK
 * turns taken here so that nobody behind needs to know them: `current()` and `instance('id')`
 * become origins of paths, and `indexed-repeat()` becomes a path with positions.
 *
 * Fails with `xpath.syntax`, naming the expression and the column. Nesting is bounded: a form
 * from outside must not be able to exhaust the stack.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import type { Axis, BinaryOperator, Expression, Origin, PathExpression, Step } from './expression.ts'
import { indexedRepeat } from './indexed-repeat.ts'
import { lex, SyntaxProblem, type Token } from './lex.ts'

const MAX_DEPTH = 200
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
])
const ANYTHING: Step = { axis: 'descendant-or-self', name: 'node()', where: [] }

const localName = (name: string): string => name.slice(name.indexOf(':') + 1)

export function parse(source: string): Result<Expression, FaultOf<'xpath.syntax'>> {
  try {
    if (source.length > MAX_LENGTH) throw new SyntaxProblem(`it is longer than ${MAX_LENGTH} characters`, 0)
    return ok(createParser(lex(source)).whole())
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
  const expectMark = (text: string): void => {
    if (!takeMark(text)) refuse(peek().kind === 'end' ? `"${text}" is missing` : `expected "${text}"`)
  }

  function whole(): Expression {
    if (peek().kind === 'end') refuse('it is empty')
    const expression = binary(1)
    if (peek().kind !== 'end') refuse(`unexpected ${JSON.stringify(peek().text)}`)
    return expression
  }

  function binary(least: number): Expression {
    if (++depth > MAX_DEPTH) refuse('it is nested too deeply')
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
    if (!startsStep()) refuse(peek().kind === 'end' ? 'it ends too early' : `unexpected ${JSON.stringify(peek().text)}`)
    return { kind: 'path', from: { at: 'context' }, steps: relative() }
  }

  const startsFilter = (): boolean =>
    peek().kind === 'number' ||
    peek().kind === 'text' ||
    isMark('(') ||
    (peek().kind === 'name' && isMark('(', 1) && !['node', 'text', 'comment'].includes(peek().text))
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
      expectMark(')')
      return inner
    }
    return call(token)
  }

  function call(name: Token): Expression {
    expectMark('(')
    const values: Expression[] = []
    if (!takeMark(')')) {
      do values.push(binary(1))
      while (takeMark(','))
      expectMark(')')
    }
    const origin = originOf(name.text, values)
    if (origin !== undefined) return { kind: 'path', from: origin, steps: [] }
    if (name.text === 'indexed-repeat') return indexedRepeat(values, name.at)
    return { kind: 'call', name: name.text, arguments: values }
  }

  const continued = (): Step[] => (takeMark('//') ? [ANYTHING, ...relative()] : (expectMark('/'), relative()))

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
      if (!AXES.has(peek().text)) refuse(`there is no axis ${JSON.stringify(peek().text)}`)
      axis = take().text as Axis
      take()
    }
    return { axis, name: nameTest(), where: predicates() }
  }

  function nameTest(): string {
    if (takeMark('*')) return '*'
    if (peek().kind !== 'name') refuse('a name is missing')
    const name = take().text
    if (name === 'node' && takeMark('(')) {
      expectMark(')')
      return 'node()'
    }
    return localName(name)
  }

  function predicates(): Expression[] {
    const found: Expression[] = []
    while (takeMark('[')) {
      found.push(binary(1))
      expectMark(']')
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
