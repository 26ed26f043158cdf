import fc from 'fast-check'
import { expect, test } from 'vitest'
import { missingInputs, toFeatureRow } from './feature-row.ts'
import type { ModelInput } from './manifest.ts'

const inputs: readonly ModelInput[] = [
  { name: 'roof', kind: 'category' },
  { name: 'members', kind: 'number', from: 'household_size' },
  { name: 'note', kind: 'text' },
]
const row = (answers: Record<string, string>) => toFeatureRow(new Map(Object.entries(answers)), inputs)

test('answers become a row in the order of the inputs, each by its kind', () => {
  expect(row({ note: 'MAJI  Safi', household_size: '6', roof: 'Iron', extra: 'x' })).toEqual({
    ok: true,
    value: { roof: 'Iron', members: 6, note: ' maji safi ' },
  })
})

test('not asked and left blank are both missing', () => {
  for (const answers of [{}, { roof: '', household_size: '', note: '' }, { household_size: '  ' }]) {
    const made = row(answers)
    expect(made).toEqual({ ok: true, value: { roof: '', members: Number.NaN, note: '' } })
    expect(made.ok && missingInputs(made.value, inputs)).toEqual(['roof', 'members', 'note'])
  }
})

test('a number that cannot be read, or that float32 cannot hold, is missing', () => {
  for (const answer of ['six', '6 persons', 'Infinity', '1e39', 'NaN'])
    expect(row({ household_size: answer })).toMatchObject({ value: { members: Number.NaN } })
})

test('numbers are float32, as the graph compares them', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e30, max: 1e30, noNaN: true }), number => {
      const text = String(number)
      expect(row({ household_size: text })).toMatchObject({ value: { members: Math.fround(Number(text)) } })
    }),
  )
})

test('one word typed in two ways of Unicode is one word', () => {
  expect(row({ note: 'Cafe\u0301' })).toEqual(row({ note: 'CAF\u00C9' }))
})

test('a form version that does not ask what the model reads is named', () => {
  expect(toFeatureRow(new Map(), inputs, new Set(['roof', 'note']))).toMatchObject({
    ok: false,
    error: { fault: 'score.input-missing', detail: 'household_size' },
  })
})
