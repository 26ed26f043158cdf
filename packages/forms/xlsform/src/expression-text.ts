/**
 * Where in the text of an expression something stands: inside a predicate of a list, inside a
 * call that names other rows. Read from the text, for `${…}` is not XPath and cannot be parsed.
 */

export interface Span {
  readonly start: number
  readonly end: number
}

/** Between the brackets of a path that begins at `instance(…)`. */
export function insideInstancePredicate(text: string, at: number): boolean {
  return instanceExpressions(text).some(
    ({ start, end }) => start <= at && at < end && bracketDepth(text.slice(start, at)) > 0,
  )
}

/** In `indexed-repeat(what, repeat, index, …)` all but the indexes name other rows than one's own. */
export function namesOtherRow(text: string, at: number): boolean {
  const calls = [...text.slice(0, at).matchAll(/\bindexed-repeat\s*\(/g)]
  return calls.some(call => {
    const place = argumentAt(text.slice(call.index + call[0].length, at))
    return place !== undefined && (place === 0 || place % 2 === 1)
  })
}

/** `instance('list')/root/item[…]/label`, wherever it begins, as far as the path goes. */
export function instanceExpressions(text: string): readonly Span[] {
  const found: Span[] = []
  for (const { index } of text.matchAll(/(?<![\w.-])instance\s*\(/g)) {
    const previous = found.at(-1)
    if (previous !== undefined && index < previous.end) continue
    const open = text.indexOf('(', index)
    const close = closing(text, open)
    if (close === undefined) continue
    const end = endOfPath(text, close + 1)
    if (end > close + 1) found.push({ start: index, end })
  }
  return found
}

function endOfPath(text: string, from: number): number {
  let at = from
  for (;;) {
    const step = /^\s*\/{1,2}\s*(?:\.\.|\.|\*|@?[\p{L}_][\p{L}\p{N}._:-]*)/u.exec(text.slice(at))
    if (step !== null) {
      at += step[0].length
      continue
    }
    const close = text[at] === '[' ? closing(text, at) : undefined
    if (close === undefined) return at
    at = close + 1
  }
}

const PAIRS: Readonly<Record<string, string>> = { '(': ')', '[': ']' }

/** Index of what closes the bracket at `open`; quoted text does not count. */
function closing(text: string, open: number): number | undefined {
  const waiting: string[] = []
  let quote = ''
  for (let at = open; at < text.length; at++) {
    const letter = text[at]!
    if (quote !== '') quote = letter === quote ? '' : quote
    else if (letter === '"' || letter === "'") quote = letter
    else if (letter in PAIRS) waiting.push(PAIRS[letter]!)
    else if (letter === ')' || letter === ']') {
      if (waiting.pop() !== letter) return undefined
      if (waiting.length === 0) return at
    }
  }
  return undefined
}

function bracketDepth(text: string): number {
  return walk(text).filter(letter => letter === '[').length - walk(text).filter(letter => letter === ']').length
}

/** Which argument of a call is being written at the end of the text; `undefined`: the call is over. */
function argumentAt(text: string): number | undefined {
  let depth = 0
  let place = 0
  for (const letter of walk(text)) {
    if (letter === '(' || letter === '[') depth++
    else if (letter === ')' || letter === ']') depth--
    else if (letter === ',' && depth === 0) place++
    if (depth < 0) return undefined
  }
  return place
}

/** Letters outside of quotes. */
function walk(text: string): readonly string[] {
  return text.replace(/'[^']*'|"[^"]*"/g, '').split('')
}
