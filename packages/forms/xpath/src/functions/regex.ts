/**
 * `regex(text, pattern)`: whether the whole text matches (ODK; not merely a part of it).
 *
 * Patterns are written for Java. What Java and ECMAScript both have is the same in both; what
 * only Java has and forms use is put into ECMAScript's words here: `(?i)` at the front,
 * `\p{Alpha}` and its kin, `\A` and `\z`, `*+` (taken as `*`). A pattern that is none matches
 * nothing: the person in front of the question can do nothing about it.
 */
import { remember } from '../zone.ts'

/** Java's US-ASCII classes, as the inside of a bracket. */
const CLASSES: Readonly<Record<string, string>> = {
  Lower: 'a-z',
  Upper: 'A-Z',
  ASCII: '\\x00-\\x7F',
  Alpha: 'A-Za-z',
  Digit: '0-9',
  Alnum: 'A-Za-z0-9',
  Punct: '!-\\/:-@\\[-`\\{-~',
  Graph: '!-~',
  Print: ' -~',
  Blank: ' \\t',
  XDigit: '0-9A-Fa-f',
  Space: ' \\t\\n\\x0B\\f\\r',
}

/** Ends with a quantifier: a `+` behind it is Java's "possessive". */
const QUANTIFIED = /(?:^|[^\\])(?:\\\\)*(?:[*+?]|\{\d+(?:,\d*)?\})$/

function inOwnWords(pattern: string): string {
  let out = ''
  let inBracket = false
  for (let i = 0; i < pattern.length; i++) {
    const letter = pattern[i]!
    if (letter === '\\') {
      const next = pattern[++i] ?? ''
      const named = /^p\{(?:Is)?(\w+)\}/.exec(pattern.slice(i, i + 20))
      const inside = named === null ? undefined : CLASSES[named[1]!]
      if (inside !== undefined) {
        out += inBracket ? inside : `[${inside}]`
        i += named![0].length - 1
      } else out += next === 'A' ? '^' : next === 'z' || next === 'Z' ? '$' : `\\${next}`
    } else if (letter === '+' && !inBracket && QUANTIFIED.test(out.slice(-24))) continue
    else {
      if (letter === '[') inBracket = true
      if (letter === ']') inBracket = false
      out += letter
    }
  }
  return out
}

const compiled = remember(pattern => {
  const flagged = /^\(\?([ims]+)\)/.exec(pattern)
  const flags = flagged?.[1] ?? ''
  const body = inOwnWords(flagged === null ? pattern : pattern.slice(flagged[0].length))
  // With `u` first; patterns with escapes that only the older syntax allows are read by it.
  for (const mode of ['u', ''])
    try {
      return new RegExp(`^(?:${body})$`, `${flags}${mode}`)
    } catch {
      continue
    }
  return null
})

export function matchesWhole(text: string, pattern: string): boolean {
  return compiled(pattern)?.test(text) ?? false
}
