/**
 * XPath text into tokens, each with its place.
 *
 * XPath's one ambiguity is settled here as the recommendation says (§3.7): after an operand
 * `*` multiplies and `and or div mod` are operators; anywhere else they are names.
 */

export type TokenKind = 'number' | 'text' | 'name' | 'operator' | 'mark' | 'end'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** Offset of its first character. */
  readonly at: number
}

/** Thrown inside this package only; `parse` turns it into a fault. */
export class SyntaxProblem extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

const SPACE = /[\s\u00a0]+/y
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)/y
const NAME = /[\p{L}_][\p{L}\p{N}\p{M}._\-\u00b7]*(?::(?!:)(?:[\p{L}_][\p{L}\p{N}\p{M}._\-\u00b7]*|\*))?/uy
const MARK = /\/\/|::|\.\.|!=|<=|>=|[/()[\].,@|+\-*=<>]/y
const OPERATOR_MARKS: ReadonlySet<string> = new Set(['+', '-', '*', '=', '!=', '<', '<=', '>', '>=', '|'])
const OPERATOR_NAMES: ReadonlySet<string> = new Set(['and', 'or', 'div', 'mod'])

const matchAt = (pattern: RegExp, source: string, at: number): string | undefined => {
  pattern.lastIndex = at
  return pattern.exec(source)?.[0]
}

/** After these a new operand begins; after anything else stands an operator. */
const endsOperand = (token: Token | undefined): boolean =>
  token !== undefined &&
  (token.kind === 'number' ||
    token.kind === 'text' ||
    token.kind === 'name' ||
    (token.kind === 'mark' && [')', ']', '.', '..', '*'].includes(token.text)))

export function lex(source: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < source.length) {
    const space = matchAt(SPACE, source, at)
    if (space !== undefined) {
      at += space.length
      continue
    }
    const token = readToken(source, at, tokens.at(-1))
    tokens.push(token)
    at += token.kind === 'text' ? token.text.length + 2 : token.text.length
  }
  tokens.push({ kind: 'end', text: '', at })
  return tokens
}

function readToken(source: string, at: number, before: Token | undefined): Token {
  const first = source[at]!
  if (first === '"' || first === "'") {
    const close = source.indexOf(first, at + 1)
    if (close < 0) throw new SyntaxProblem('a text is not closed', at)
    return { kind: 'text', text: source.slice(at + 1, close), at }
  }
  const number = matchAt(NUMBER, source, at)
  if (number !== undefined) return { kind: 'number', text: number, at }
  const name = matchAt(NAME, source, at)
  if (name !== undefined) {
    const isOperator = endsOperand(before) && OPERATOR_NAMES.has(name)
    return { kind: isOperator ? 'operator' : 'name', text: name, at }
  }
  const mark = matchAt(MARK, source, at)
  if (mark === undefined) throw new SyntaxProblem(whatIsWrongWith(source, at), at)
  if (mark === '*') return { kind: endsOperand(before) ? 'operator' : 'mark', text: mark, at }
  return { kind: OPERATOR_MARKS.has(mark) ? 'operator' : 'mark', text: mark, at }
}

/** A character that begins nothing: what was probably meant. */
function whatIsWrongWith(source: string, at: number): string {
  const letter = String.fromCodePoint(source.codePointAt(at)!)
  const reference = /^\$\{\s*[^{}]*\}/.exec(source.slice(at, at + 300))?.[0]
  if (reference !== undefined)
    return `${reference} is a reference of an XLSForm; here the path of the question is needed`
  if (letter === '$') return 'variables ($name) are not part of ODK XPath; use the path of the question'
  const instead = INSTEAD[source.slice(at, at + 2)] ?? INSTEAD[letter]
  return `unexpected ${JSON.stringify(letter)}${instead === undefined ? '' : `; use ${instead}`}`
}

const INSTEAD: Readonly<Record<string, string>> = {
  '&&': '"and"',
  '!': '"not(…)" or "!="',
  '%': '"mod"',
  '\u00f7': '"div"',
  '\u00d7': '"*"',
  '\u2212': '"-"',
  '\u2013': '"-"',
  '\u2264': '"<="',
  '\u2265': '">="',
  '\u2260': '"!="',
  '\u201c': 'straight quotes (")',
  '\u201d': 'straight quotes (")',
  '\u2018': "straight quotes (')",
  '\u2019': "straight quotes (')",
  ';': '","',
}
