/** Functions on text. Positions count code units, as every engine of the field does. */
import { createHash } from 'node:crypto'
import type { FunctionTable } from '../evaluate.ts'
import { ofTexts, ofValues, textsOf } from './define.ts'
import { numberOfText } from '../value.ts'

const ALGORITHMS: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
}

/** ODK: the whole text must match. A pattern that is none matches nothing. */
function matchesWhole(text: string, pattern: string): boolean {
  for (const flags of ['u', ''])
    try {
      return new RegExp(`^(?:${pattern})$`, flags).test(text)
    } catch {
      continue
    }
  return false
}

function translate(text: string, from: string, to: string): string {
  const [sources, targets] = [Array.from(from), Array.from(to)]
  return Array.from(text)
    .map(letter => {
      const at = sources.indexOf(letter)
      return at < 0 ? letter : (targets[at] ?? '')
    })
    .join('')
}

/** XPath's, 1-based, with rounding (§4.2). */
function substring(text: string, start: string, length: string | undefined): string {
  const from = Math.round(numberOfText(start))
  const end = length === undefined ? Infinity : from + Math.round(numberOfText(length))
  return Array.from(text)
    .filter((_, i) => i + 1 >= from && i + 1 < end)
    .join('')
}

/** ODK's, 0-based, negative from the end. */
function substr(text: string, start: string, end: string | undefined): string {
  const [from, to] = [numberOfText(start), end === undefined ? text.length : numberOfText(end)]
  return Number.isNaN(from) || Number.isNaN(to) ? '' : text.slice(Math.trunc(from), Math.trunc(to))
}

export const textFunctions: FunctionTable = {
  string: ofValues(0, 1, ({ tree, context, count, text }) => (count === 0 ? tree.text(context.node) : text(0))),
  concat: ofValues(0, Infinity, ({ tree, count, value }) =>
    Array.from({ length: count }, (_, i) => textsOf(tree, value(i)).join('')).join(''),
  ),
  join: ofValues(1, Infinity, ({ tree, count, text, value }) =>
    Array.from({ length: count - 1 }, (_, i) => textsOf(tree, value(i + 1)))
      .flat()
      .join(text(0)),
  ),
  'string-length': ofValues(0, 1, ({ tree, context, count, text }) =>
    count === 0 ? tree.text(context.node).length : text(0).length,
  ),
  'normalize-space': ofValues(0, 1, ({ tree, context, count, text }) =>
    (count === 0 ? tree.text(context.node) : text(0)).trim().replace(/\s+/g, ' '),
  ),
  contains: ofTexts(2, 2, (text, part) => text.includes(part)),
  'starts-with': ofTexts(2, 2, (text, part) => text.startsWith(part)),
  'ends-with': ofTexts(2, 2, (text, part) => text.endsWith(part)),
  'substring-before': ofTexts(2, 2, (text, part) => (text.includes(part) ? text.slice(0, text.indexOf(part)) : '')),
  'substring-after': ofTexts(2, 2, (text, part) =>
    text.includes(part) ? text.slice(text.indexOf(part) + part.length) : '',
  ),
  substring: ofTexts(2, 3, (text, start, length) => substring(text, start, length)),
  substr: ofTexts(2, 3, (text, start, end) => substr(text, start, end)),
  translate: ofTexts(3, 3, (text, from, to) => translate(text, from, to)),
  regex: ofTexts(2, 2, (text, pattern) => matchesWhole(text, pattern)),
  digest: ofTexts(2, 3, (text, algorithm, encoding) => {
    const known = ALGORITHMS[algorithm.toUpperCase()]
    if (known === undefined) return ''
    return createHash(known)
      .update(text)
      .digest(encoding === 'hex' ? 'hex' : 'base64')
  }),
}
