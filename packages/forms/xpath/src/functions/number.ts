/** Functions on numbers. What is no number is NaN, and NaN stays NaN. */
import { numeric } from '../compiled.ts'
import type { Call, Compiled, FunctionEntry, FunctionTable } from '../evaluate.ts'
import { argsFrom, numbersOf, ofCall, ofNumbers } from './define.ts'

/** Places of the shown decimal digits, so that 1.005 to 2 places is 1.01; halves go up (XPath 1.0 §4.4). */
function roundTo(value: number, places: number): number {
  if (!Number.isFinite(value)) return value
  if (Number.isNaN(places) || Math.abs(places) > 30) return Number.NaN
  const whole = Math.trunc(places)
  if (whole === 0) return Math.round(value)
  const [digits, exponent = '0'] = String(value).split('e')
  const shifted = Math.round(Number(`${digits}e${Number(exponent) + whole}`))
  const [back, at = '0'] = String(shifted).split('e')
  return Number(`${back}e${Number(at) - whole}`)
}

/** Without `Math.max(...numbers)`: a roster of 100,000 rows must not overflow the stack. */
const extreme = (isBeyond: (a: number, b: number) => boolean): FunctionEntry =>
  ofCall('value*', <N>(call: Call<N>): Compiled<N> => {
    const parts = argsFrom(call, 0)
    return numeric(context => {
      let found: number | undefined
      for (const part of parts)
        for (const number of numbersOf(call.tree, part, context)) {
          if (Number.isNaN(number)) return number
          if (found === undefined || isBeyond(number, found)) found = number
        }
      return found ?? Number.NaN
    })
  })

export const numberFunctions: FunctionTable = {
  number: ofCall('value?', ({ count, arg, here }) => numeric((count === 0 ? here : arg(0)).number)),
  int: ofNumbers('number', value => Math.trunc(value)),
  round: ofNumbers('number, places?', (value, places = 0) => roundTo(value, places)),
  floor: ofNumbers('number', value => Math.floor(value)),
  ceiling: ofNumbers('number', value => Math.ceil(value)),
  abs: ofNumbers('number', value => Math.abs(value)),
  pow: ofNumbers('base, exponent', (base, exponent) => base ** exponent),
  sqrt: ofNumbers('number', value => Math.sqrt(value)),
  exp: ofNumbers('number', value => Math.exp(value)),
  exp10: ofNumbers('number', value => 10 ** value),
  log: ofNumbers('number', value => Math.log(value)),
  log10: ofNumbers('number', value => Math.log10(value)),
  sin: ofNumbers('radians', value => Math.sin(value)),
  cos: ofNumbers('radians', value => Math.cos(value)),
  tan: ofNumbers('radians', value => Math.tan(value)),
  asin: ofNumbers('number', value => Math.asin(value)),
  acos: ofNumbers('number', value => Math.acos(value)),
  atan: ofNumbers('number', value => Math.atan(value)),
  atan2: ofNumbers('y, x', (y, x) => Math.atan2(y, x)),
  pi: ofNumbers('', () => Math.PI),
  sum: ofCall('nodes', ({ tree, arg }) => {
    const nodes = arg(0)
    return numeric(context => {
      let total = 0
      for (const number of numbersOf(tree, nodes, context)) total += number
      return total
    })
  }),
  max: extreme((a, b) => a > b),
  min: extreme((a, b) => a < b),
  random: ofCall('', () => numeric(({ environment }) => environment.random())),
}
