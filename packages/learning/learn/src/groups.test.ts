import fc from 'fast-check'
import { expect, test } from 'vitest'
import { groupedFolds, isHoldout, rowsByGroup } from './groups.ts'

const groups = fc.array(
  fc.integer({ min: 0, max: 30 }).map(n => `h${n}`),
  { minLength: 1, maxLength: 200 },
)
const k = fc.integer({ min: 2, max: 6 })

test('G1 no household is in two folds', () => {
  fc.assert(
    fc.property(groups, k, fc.nat(), (all, k, seed) => {
      const folds = groupedFolds(all, k, seed)
      for (const rows of rowsByGroup(all).values()) expect(new Set(rows.map(row => folds[row])).size).toBe(1)
    }),
  )
})

test('G2 folds differ by at most the largest household', () => {
  fc.assert(
    fc.property(groups, k, fc.nat(), (all, k, seed) => {
      const folds = groupedFolds(all, k, seed)
      const sizes = Array.from({ length: k }, (_, fold) => folds.filter(f => f === fold).length)
      const largest = Math.max(...[...rowsByGroup(all).values()].map(rows => rows.length))
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(largest)
    }),
  )
})

test('G3 holdout membership depends on the household and the salt alone', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (group, salt) => {
      expect(isHoldout(group, salt, 0.25)).toBe(isHoldout(group, salt, 0.25))
      // A larger holdout keeps every household of the smaller one.
      expect(!isHoldout(group, salt, 0.25) || isHoldout(group, salt, 0.5)).toBe(true)
      expect(isHoldout(group, salt, 0)).toBe(false)
      expect(isHoldout(group, salt, 1)).toBe(true)
    }),
  )
})

test('the holdout has about the share that was asked for, and another salt draws another', () => {
  const ids = Array.from({ length: 4_000 }, (_, i) => `household-${i}`)
  const first = ids.filter(id => isHoldout(id, 'a', 0.25))
  const second = ids.filter(id => isHoldout(id, 'b', 0.25))
  expect(Math.abs(first.length - 1_000)).toBeLessThan(100)
  const both = first.filter(id => second.includes(id)).length
  expect(Math.abs(both - 250)).toBeLessThan(80)
})

test('one household keeps its place in the holdout for ever', () => {
  // Red? A changed hash moves households between training and holdout: every gate is void.
  expect(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].filter(id => isHoldout(id, 'pinned', 0.5))).toEqual([
    'a',
    'b',
    'c',
    'd',
    'e',
  ])
})
