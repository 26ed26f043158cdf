import { expect, test } from 'vitest'
import { conformalCutoffs } from './conformal.ts'
import { plantHouseholds } from './planted-households.ts'

const classes = ['no', 'yes']

test('of fresh households of each class, about the promised share keeps its true class', () => {
  const known = plantHouseholds(4_000, 1)
  const fresh = plantHouseholds(4_000, 2)
  for (const coverage of [0.8, 0.9, 0.95]) {
    const cutoffs = conformalCutoffs(known.truth, known.labels, coverage)
    for (const [code, name] of known.labels.classes.entries()) {
      const own = [...fresh.truth].filter((_, row) => fresh.labels.codes[row] === code)
      const kept = own.filter(p => (code === 1 ? p : 1 - p) >= cutoffs[name]!)
      expect(Math.abs(kept.length / own.length - coverage)).toBeLessThan(0.025)
    }
  }
})

test('too few rows to promise anything: every class stays possible', () => {
  expect(conformalCutoffs([0.1, 0.9], { classes, codes: Uint8Array.of(0, 1) }, 0.9)).toEqual({ no: 0, yes: 0 })
})
