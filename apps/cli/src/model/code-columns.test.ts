import { expect, test } from 'vitest'
import { areCodes } from './code-columns.ts'
import { codesAsNumbers } from './features.ts'

/** Numbers in [0, 1) that are the same again. */
function dealer(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state >>> 4) / 2 ** 28
  }
}
const dice = dealer(7)
const ROWS = 4_000
const values = Float32Array.from({ length: ROWS }, () => Math.floor(dice() * 12))
const outcome = (chance: (value: number) => number): Float64Array[] => [
  Float64Array.from(values, value => (dice() < chance(value) ? 1 : 0)),
]

test('an outcome that jumps from value to value makes codes of them', () => {
  const level = [0.1, 0.7, 0.2, 0.6, 0.15, 0.8, 0.3, 0.1, 0.65, 0.2, 0.7, 0.1]
  expect(
    areCodes(
      values,
      outcome(value => level[value]!),
    ),
  ).toBe(true)
})

test('an outcome that rises, falls or bends along them makes amounts of them', () => {
  expect(
    areCodes(
      values,
      outcome(value => 0.05 + 0.07 * value),
    ),
  ).toBe(false)
  expect(
    areCodes(
      values,
      outcome(value => 0.1 + 0.02 * (value - 6) ** 2),
    ),
  ).toBe(false)
  expect(
    areCodes(
      values,
      outcome(() => 0.3),
    ),
  ).toBe(false)
})

test('parts, negatives and many different values are never codes', () => {
  const jumping = outcome(value => (value % 2 === 0 ? 0.1 : 0.9))
  expect(
    areCodes(
      values.map(value => value + 0.5),
      jumping,
    ),
  ).toBe(false)
  expect(
    areCodes(
      values.map(value => value - 6),
      jumping,
    ),
  ).toBe(false)
  expect(
    areCodes(
      Float32Array.from({ length: ROWS }, (_, at) => at),
      jumping,
    ),
  ).toBe(false)
})

test('codes can be read as the numbers they are written as; amounts and words stay what they are', () => {
  const amount = { column: 'age', input: { name: 'age', kind: 'number' } } as const
  const code = { column: 'browser', input: { name: 'browser', kind: 'category' }, isCode: true } as const
  expect(codesAsNumbers([amount])).toBeNull()
  expect(codesAsNumbers([amount, code])).toEqual([
    amount,
    { column: 'browser', input: { name: 'browser', kind: 'number' } },
  ])
})
