/**
 * The four XPath values and the conversions between them (XPath 1.0 §4), with ODK's one
 * addition: an ISO date or dateTime is, as a number, days since 1970-01-01. So `today()` can
 * be text, `today() - ${born}` works, and no fifth type is needed.
 */

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
}

export type Value<N> = string | number | boolean | readonly N[]

const NUMERIC = /^\s*-?(?:\d+\.?\d*|\.\d+)\s*$/
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/
const DAY_MS = 86_400_000

export function numberOfText(text: string): number {
  if (NUMERIC.test(text)) return Number(text)
  const date = DATE.exec(text)
  if (date !== null) return Date.UTC(Number(date[1]), Number(date[2]) - 1, Number(date[3])) / DAY_MS
  if (DATE_TIME.test(text)) return Date.parse(text) / DAY_MS
  return Number.NaN
}

/** Never with an exponent: `1e21` is no number in XPath. */
export function textOfNumber(value: number): string {
  if (Object.is(value, -0)) return '0'
  const text = String(value)
  if (!text.includes('e')) return text
  return Math.abs(value) >= 1 ? BigInt(Math.trunc(value)).toString() : value.toFixed(20).replace(/\.?0+$/, '')
}

export const isNodes = <N>(value: Value<N>): value is readonly N[] => typeof value === 'object'

export function toText<N>(tree: Tree<N>, value: Value<N>): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return textOfNumber(value)
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  const [first] = value
  return first === undefined ? '' : tree.text(first)
}

export function toNumber<N>(tree: Tree<N>, value: Value<N>): number {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  return numberOfText(toText(tree, value))
}

export function toBoolean<N>(value: Value<N>): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value !== 0 && !Number.isNaN(value)
  return value.length > 0
}

type Ordering = '<' | '<=' | '>' | '>='

const order = (operator: Ordering, a: number, b: number): boolean =>
  operator === '<' ? a < b : operator === '<=' ? a <= b : operator === '>' ? a > b : a >= b

/** `=` and `!=` (§3.4): a node set is equal to what one of its nodes equals. */
export function areEqual<N>(tree: Tree<N>, left: Value<N>, right: Value<N>, wanted: boolean): boolean {
  if (typeof left === 'boolean' || typeof right === 'boolean') return (toBoolean(left) === toBoolean(right)) === wanted
  if (isNodes(left)) return left.some(node => areEqual<N>(tree, tree.text(node), right, wanted))
  if (isNodes(right)) return right.some(node => areEqual<N>(tree, left, tree.text(node), wanted))
  if (typeof left === 'number' || typeof right === 'number')
    return (toNumber(tree, left) === toNumber(tree, right)) === wanted
  return (left === right) === wanted
}

export function areOrdered<N>(tree: Tree<N>, operator: Ordering, left: Value<N>, right: Value<N>): boolean {
  if (isNodes(left)) return left.some(node => areOrdered<N>(tree, operator, tree.text(node), right))
  if (isNodes(right)) return right.some(node => areOrdered<N>(tree, operator, left, tree.text(node)))
  return order(operator, toNumber(tree, left), toNumber(tree, right))
}
