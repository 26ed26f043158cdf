import { expect, test } from 'vitest'
import { byClass, curvesOf, labelsSaid } from './curves.ts'

const three = { task: 'multiclass', classes: ['a', 'b', 'c'], codes: Uint8Array.of(0, 0, 1, 2) } as const
// prettier-ignore
const said = Float64Array.of(
  0.7, 0.2, 0.1,
  0.4, 0.5, 0.1,
  0.2, 0.6, 0.2,
  0.1, 0.1, 0.8,
)

test('of several classes each has its curves, of two the positive one', () => {
  expect(curvesOf(three, said).map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  const two = { task: 'binary', classes: ['no', 'yes'], codes: Uint8Array.of(0, 1, 0, 1) } as const
  const [curve, ...others] = curvesOf(two, Float64Array.of(0.1, 0.9, 0.4, 0.3))
  expect(others).toEqual([])
  expect(curve?.name).toBe('yes')
  expect(curve?.roc.map(({ truePositives }) => truePositives)).toEqual([0, 0.5, 0.5, 1, 1])
  expect(curve?.roc.at(-1)).toEqual({ falsePositives: 1, truePositives: 1 })
})

test('the groups of a calibration curve hold every row once, in the order of what was said', () => {
  const codes = Uint8Array.from({ length: 103 }, (_, row) => (row % 3 === 0 ? 1 : 0))
  const [curve] = curvesOf(
    { task: 'binary', classes: ['no', 'yes'], codes },
    Float64Array.from(codes, (_, row) => ((row * 37) % 103) / 103),
  )
  const bins = curve!.reliability
  expect(bins.reduce((sum, { rows }) => sum + rows, 0)).toBe(103)
  expect(bins.map(bin => bin.said)).toEqual(bins.map(bin => bin.said).toSorted((a, b) => a - b))
})

test('the class said is the likeliest; of two the second from one half on', () => {
  expect([...labelsSaid(three, said, 4)]).toEqual([0, 1, 1, 2])
  expect(byClass(three, said, 4)[1]).toEqual(Float64Array.of(0.2, 0.5, 0.6, 0.1))
  const two = { task: 'binary', classes: ['no', 'yes'], codes: Uint8Array.of(0, 1) } as const
  expect([...labelsSaid(two, Float64Array.of(0.49, 0.5), 2)]).toEqual([0, 1])
})
