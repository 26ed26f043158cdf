/**
 * `=`, `!=`, `<` and their kin (XPath 1.0 §3.4): a set of nodes is equal to, or less than,
 * what one of its nodes is.
 */
import { isNodes, numberBeside, numberOfText, toBoolean, toNumber, type Tree, type Value } from './value.ts'

export type Ordering = '<' | '<=' | '>' | '>='

export function areEqual<N>(
  tree: Tree<N>,
  left: Value<N>,
  right: Value<N>,
  wanted: boolean,
  timeZone: string,
): boolean {
  if (typeof left === 'boolean' || typeof right === 'boolean') return (toBoolean(left) === toBoolean(right)) === wanted
  if (isNodes(left)) return left.some(node => areEqual<N>(tree, tree.text(node), right, wanted, timeZone))
  if (isNodes(right)) return right.some(node => areEqual<N>(tree, left, tree.text(node), wanted, timeZone))
  if (typeof left === 'number' || typeof right === 'number')
    return (toNumber(tree, left, timeZone) === toNumber(tree, right, timeZone)) === wanted
  return (left === right) === wanted
}

const inOrder = (operator: Ordering, a: number, b: number): boolean =>
  operator === '<' ? a < b : operator === '<=' ? a <= b : operator === '>' ? a > b : a >= b

/** One value, or one text a node. */
const each = <N>(tree: Tree<N>, value: Value<N>): readonly (string | number | boolean)[] =>
  isNodes(value) ? value.map(tree.text) : [value]

export function areOrdered<N>(
  tree: Tree<N>,
  operator: Ordering,
  left: Value<N>,
  right: Value<N>,
  timeZone: string,
): boolean {
  // A set of nodes beside a boolean is that boolean's peer: true where it has a node.
  if (typeof left === 'boolean' || typeof right === 'boolean')
    return inOrder(operator, numberOrTruth(left, timeZone), numberOrTruth(right, timeZone))
  if (typeof right === 'number' && isNodes(left))
    return left.some(node => inOrder(operator, numberOfText(tree.text(node), timeZone), right))
  const others = each(tree, right)
  return each(tree, left).some(one =>
    others.some(other =>
      inOrder(operator, numberNextTo<N>(one, other, timeZone), numberNextTo<N>(other, one, timeZone)),
    ),
  )
}

const numberOrTruth = <N>(value: Value<N>, timeZone: string): number =>
  typeof value === 'string'
    ? numberOfText(value, timeZone)
    : typeof value === 'number'
      ? value
      : Number(toBoolean(value))

const numberNextTo = <N>(value: Value<N>, other: Value<N>, timeZone: string): number =>
  typeof value === 'string'
    ? numberBeside(value, typeof other === 'string' ? other : '', timeZone)
    : numberOrTruth(value, timeZone)

/** `left - right`, with a date beside a moment read as its midnight. */
export function difference<N>(tree: Tree<N>, left: Value<N>, right: Value<N>, timeZone: string): number {
  const [a, b] = [scalar(tree, left), scalar(tree, right)]
  return numberNextTo<N>(a, b, timeZone) - numberNextTo<N>(b, a, timeZone)
}

function scalar<N>(tree: Tree<N>, value: Value<N>): string | number | boolean {
  if (!isNodes(value)) return value
  const [first] = value
  return first === undefined ? '' : tree.text(first)
}
