import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { assess } from './assessment.ts'
import type { FeatureRow } from './answers.ts'
import { fixtureBundle } from './fixture-bundle.ts'
import type { Manifest } from './manifest.ts'

const { manifest } = fixtureBundle('linear')
const answered: FeatureRow = { roof: 'thatch', water: 'source 1', size: 9, distance: 40 }
const said = (probability: number, row = answered, changes: Partial<Manifest> = {}) =>
  unwrap(assess({ ...manifest, ...changes }, row, [probability], []))

test('the class, both probabilities, and which release said so', () => {
  expect(said(0.83)).toMatchObject({
    releaseId: 'vulnerability-7',
    counter: 7,
    label: 'poor',
    probability: 0.83,
    sure: true,
    missing: [],
  })
  expect(said(0.83).probabilities['not poor']).toBeCloseTo(0.17, 12)
})

test('the threshold of the manifest names the class, the positive one at the threshold', () => {
  expect(said(0.3, answered, { threshold: 0.3 }).label).toBe('poor')
  expect(said(0.29, answered, { threshold: 0.3 }).label).toBe('not poor')
})

test('A1 with more than 30 % of the inputs missing the model is not sure', () => {
  expect(said(0.99, { ...answered, water: '' })).toMatchObject({ sure: true, missing: ['water'] })
  expect(said(0.99, { ...answered, water: '', distance: Number.NaN })).toMatchObject({
    sure: false,
    missing: ['water', 'distance'],
  })
})

test('A2 where both classes are possible, or none, the model is not sure', () => {
  expect(said(0.5).sure).toBe(false)
  expect(said(0.61).sure).toBe(true)
  const none = { conformal: { coverage: 0.6, cutoffs: { 'not poor': 0.7, poor: 0.7 } } }
  expect(said(0.61, answered, none).sure).toBe(false)
})

test('A2 the only possible class must be the class that is named', () => {
  const onlyPoor = { conformal: { coverage: 0.9, cutoffs: { 'not poor': 0.8, poor: 0.2 } } }
  expect(said(0.3, answered, onlyPoor)).toMatchObject({ label: 'not poor', sure: false })
})

test('a model whose doubt was never measured is never sure', () => {
  expect(said(0.999, answered, { conformal: null }).sure).toBe(false)
})

test('no number, no assessment', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY])
    expect(assess(manifest, answered, [bad], [])).toMatchObject({ ok: false, error: { fault: 'score.not-finite' } })
})
