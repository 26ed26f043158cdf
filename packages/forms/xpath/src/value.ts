/**
 * The four XPath values and the conversions between them (XPath 1.0 §4), with ODK's one
 * addition: an ISO date or dateTime is, as a number, days since 1970-01-01. So `today()` can
 * be text, `today() - ${born}` works, and no fifth type is needed.
 *
 *   a date     whole days: the same in every zone, and no clock put forward makes a fraction
 *   a moment   days since 1970-01-01T00:00Z, with the part of the day
 *   a date beside a moment (`. <= now()`, `${visited} - ${born}`) counts from its own midnight
 *              in the device's zone
 */
import { DAY_MS, dayOf, momentOf, startOfDay } from './moment.ts'

/** What XPath needs of a tree; which nodes these are is the caller's affair. */
export interface Tree<N> {
  readonly parent: (node: N) => N | null
  /** Elements in document order. */
  readonly children: (node: N) => readonly N[]
  readonly childrenNamed: (node: N, name: string) => readonly N[]
  readonly attributes: (node: N) => readonly N[]
  readonly name: (node: N) => string
  /** String value; `''` of what is not relevant. */
  readonly text: (node: N) => string
  /** String value even of what is not relevant: what `once()` must not draw anew. */
  readonly held?: (node: N) => string
  /** The document's node above the root element. */
  readonly documentOf: (node: N) => N
  readonly instance: (id: string) => N | null
  /**
   * Children called `name` of which a child called `key` has this text: answered from an
   * index, or `null` where there is none and XPath looks itself.
   */
  readonly lookUp: (node: N, name: string, key: string, value: string) => readonly N[] | null
  /**
   * First steps of an absolute path that the row of `node` decides: JavaRosa's reading of
   * `/data/roster/age` inside the roster. `null`: none, XPath's own reading.
   */
  readonly rowOf?: (node: N, names: readonly string[]) => { readonly node: N; readonly taken: number } | null
  /**
   * The one node to which an absolute path of plain names leads, whatever the context, where
   * that is known when the expression is compiled. `null`: look for it.
   */
  readonly fixedAt?: (names: readonly string[]) => N | null
}

export type Value<N> = string | number | boolean | readonly N[]

/** Written so that no text, however long, makes it try again and again. */
const NUMERIC = /^\s*-?(?:\d+(?:\.\d*)?|\.\d+)\s*$/

/** Where moments without an offset are read when nobody names a zone. */
const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

/** Most numbers of a form are a few digits; -1: it is something else. */
function numberOfDigits(text: string): number {
  if (text.length === 0 || text.length > 9) return -1
  let number = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return -1
    number = number * 10 + digit
  }
  return number
}

export function numberOfText(text: string, timeZone?: string): number {
  const digits = numberOfDigits(text)
  if (digits >= 0) return digits
  if (text === '') return Number.NaN
  if (NUMERIC.test(text)) return Number(text)
  const day = dayOf(text)
  return Number.isNaN(day) ? daysOfMoment(text, timeZone) : day
}

const daysOfMoment = (text: string, timeZone: string | undefined): number =>
  text.includes('T') ? momentOf(text, timeZone ?? ownZone()) / DAY_MS : Number.NaN

/** The number of `text` beside `other`: a date beside a moment is the moment at which it begins. */
export function numberBeside(text: string, other: string, timeZone: string): number {
  const number = numberOfText(text, timeZone)
  if (!other.includes('T') || text.includes('T') || Number.isNaN(dayOf(text))) return number
  return Number.isNaN(momentOf(other, timeZone)) ? number : startOfDay(number, timeZone) / DAY_MS
}

/** Never with an exponent: `1e21` is no number in XPath. */
export function textOfNumber(value: number): string {
  if (Object.is(value, -0)) return '0'
  const text = String(value)
  const e = text.indexOf('e')
  if (e < 0) return text
  const [whole, part = ''] = text.slice(value < 0 ? 1 : 0, e).split('.')
  const [digits, point] = [`${whole}${part}`, whole!.length + Number(text.slice(e + 1))]
  const sign = value < 0 ? '-' : ''
  return point > 0 ? `${sign}${digits.padEnd(point, '0')}` : `${sign}0.${'0'.repeat(-point)}${digits}`
}

export const isNodes = <N>(value: Value<N>): value is readonly N[] => typeof value === 'object'

export function toText<N>(tree: Tree<N>, value: Value<N>): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return textOfNumber(value)
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  const [first] = value
  return first === undefined ? '' : tree.text(first)
}

/** `timeZone`: where a moment without an offset is read. */
export function toNumber<N>(tree: Tree<N>, value: Value<N>, timeZone?: string): number {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  return numberOfText(toText(tree, value), timeZone)
}

export function toBoolean<N>(value: Value<N>): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value !== 0 && !Number.isNaN(value)
  return value.length > 0
}
