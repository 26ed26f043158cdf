/** Functions on text. Positions count code units, as every engine of the field does. */
import { numeric, textual } from '../compiled.ts'
import type { FunctionTable } from '../evaluate.ts'
import { argsFrom, ofCall, ofTexts, textsOf } from './define.ts'
import { matchesWhole } from './regex.ts'

/** A UUID of another length than its own is a name, not a load on memory. */
const MOST_LETTERS = 10_000

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
function substring(text: string, start: number, length: number): string {
  const from = Math.round(start)
  const end = from + Math.round(length)
  return from < Infinity && end > 1 ? text.slice(Math.max(from, 1) - 1, Math.max(end, 1) - 1) : ''
}

/** ODK's, 0-based, negative from the end. */
const substr = (text: string, start: number, end: number): string => text.slice(Math.trunc(start), Math.trunc(end))

const normalizeSpace = (text: string): string => text.trim().replace(/\s+/g, ' ')

export const textFunctions: FunctionTable = {
  string: ofCall('value?', ({ count, arg, here }) => textual((count === 0 ? here : arg(0)).text)),
  concat: ofCall('value*', call => {
    const parts = argsFrom(call, 0)
    return textual(context => {
      let text = ''
      for (const part of parts) text += textsOf(call.tree, part, context).join('')
      return text
    })
  }),
  join: ofCall('separator, value*', call => {
    const separator = call.arg(0).text
    const parts = argsFrom(call, 1)
    return textual(context => parts.flatMap(part => textsOf(call.tree, part, context)).join(separator(context)))
  }),
  'string-length': ofCall('text?', ({ count, arg, here }) => {
    const { text } = count === 0 ? here : arg(0)
    return numeric(context => text(context).length)
  }),
  'normalize-space': ofCall('text?', ({ count, arg, here }) => {
    const { text } = count === 0 ? here : arg(0)
    return textual(context => normalizeSpace(text(context)))
  }),
  contains: ofTexts.truth('text, part', (text, part) => text.includes(part)),
  'starts-with': ofTexts.truth('text, start', (text, part) => text.startsWith(part)),
  'ends-with': ofTexts.truth('text, end', (text, part) => text.endsWith(part)),
  'substring-before': ofTexts.text('text, part', (text, part) =>
    text.includes(part) ? text.slice(0, text.indexOf(part)) : '',
  ),
  'substring-after': ofTexts.text('text, part', (text, part) =>
    text.includes(part) ? text.slice(text.indexOf(part) + part.length) : '',
  ),
  substring: ofCall('text, start, length?', ({ count, arg }) => {
    const [text, start] = [arg(0).text, arg(1).number]
    const length = count > 2 ? arg(2).number : () => Infinity
    return textual(context => substring(text(context), start(context), length(context)))
  }),
  substr: ofCall('text, start, end?', ({ count, arg }) => {
    const [text, start] = [arg(0).text, arg(1).number]
    const end = count > 2 ? arg(2).number : () => Infinity
    return textual(context => substr(text(context), start(context), end(context)))
  }),
  translate: ofTexts.text('text, from, to', translate),
  regex: ofTexts.truth('text, pattern', matchesWhole),
  uuid: ofCall('length?', ({ count, arg }) => {
    if (count === 0) return textual(({ environment }) => environment.uuid())
    const { number } = arg(0)
    return textual(context => {
      const length = Math.min(Math.trunc(number(context)), MOST_LETTERS)
      let text = ''
      while (text.length < length) {
        const drawn = context.environment.uuid()
        text += drawn === '' ? '-' : drawn
      }
      return length > 0 ? text.slice(0, length) : ''
    })
  }),
}
