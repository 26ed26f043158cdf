/** Functions on numbers. What is no number is NaN, and NaN stays NaN. */
import type { FunctionTable } from '../evaluate.ts'
import { numbersOf, ofNumbers, ofValues } from './define.ts'
import type { Tree, Value } from '../value.ts'

/** Half away from zero on the decimal digits that are shown, so that 1.005 to 2 places is 1.01. */
function roundTo(value: number, places: number): number {
  if (!Number.isFinite(value) || Number.isNaN(places)) return value
  if (places === 0) return Math.round(value)
  const shifted = Number(`${Math.abs(value)}e${Math.trunc(places)}`)
  if (Number.isNaN(shifted)) return value
  return Math.sign(value) * Number(`${Math.round(shifted)}e${-Math.trunc(places)}`)
}

const all = <N>(tree: Tree<N>, count: number, value: (i: number) => Value<N>): readonly number[] =>
  Array.from({ length: count }, (_, i) => numbersOf(tree, value(i))).flat()

export const numberFunctions: FunctionTable = {
  number: ofValues(0, 1, ({ tree, context, count, number }) =>
    count === 0 ? (numbersOf(tree, [context.node])[0] ?? Number.NaN) : number(0),
  ),
  int: ofNumbers(1, 1, value => Math.trunc(value)),
  round: ofNumbers(1, 2, (value, places = 0) => roundTo(value, places)),
  floor: ofNumbers(1, 1, value => Math.floor(value)),
  ceiling: ofNumbers(1, 1, value => Math.ceil(value)),
  abs: ofNumbers(1, 1, value => Math.abs(value)),
  pow: ofNumbers(2, 2, (base, exponent) => base ** exponent),
  sqrt: ofNumbers(1, 1, value => Math.sqrt(value)),
  exp: ofNumbers(1, 1, value => Math.exp(value)),
  exp10: ofNumbers(1, 1, value => 10 ** value),
  log: ofNumbers(1, 1, value => Math.log(value)),
  log10: ofNumbers(1, 1, value => Math.log10(value)),
  sin: ofNumbers(1, 1, value => Math.sin(value)),
  cos: ofNumbers(1, 1, value => Math.cos(value)),
  tan: ofNumbers(1, 1, value => Math.tan(value)),
  asin: ofNumbers(1, 1, value => Math.asin(value)),
  acos: ofNumbers(1, 1, value => Math.acos(value)),
  atan: ofNumbers(1, 1, value => Math.atan(value)),
  atan2: ofNumbers(2, 2, (y, x) => Math.atan2(y, x)),
  pi: ofNumbers(0, 0, () => Math.PI),
  sum: ofValues(1, 1, ({ tree, value }) => numbersOf(tree, value(0)).reduce((a, b) => a + b, 0)),
  max: ofValues(0, Infinity, ({ tree, count, value }) => {
    const numbers = all(tree, count, value)
    return numbers.length === 0 ? Number.NaN : Math.max(...numbers)
  }),
  min: ofValues(0, Infinity, ({ tree, count, value }) => {
    const numbers = all(tree, count, value)
    return numbers.length === 0 ? Number.NaN : Math.min(...numbers)
  }),
  random: ofValues(0, 0, ({ context }) => context.environment.random()),
}
