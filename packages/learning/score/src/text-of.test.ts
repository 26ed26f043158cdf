/** The text that a device hands to a graph is the text that the trainer cut. */
import { normaliseText } from '@murram/learn'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { textOf } from './text-of.ts'

const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('İSTANBUL', 'Ǆ  ﬁ\n', 'Maïs\u0301', '\u00a0', 'ሰላም😀'),
)

test('device and trainer make one text of an answer', () => {
  fc.assert(
    fc.property(texts, text => {
      expect(textOf(text)).toBe(normaliseText(text))
    }),
    { numRuns: 500, seed: 1 },
  )
})

test('N1 what is made ready stays as it is', () => {
  fc.assert(
    fc.property(texts, text => {
      expect(textOf(textOf(text))).toBe(textOf(text))
    }),
    { numRuns: 500, seed: 2 },
  )
})

test('composed, small, single spaces, one at either end; nothing of nothing', () => {
  expect(textOf('  MAJI \n Safi ')).toBe(' maji safi ')
  expect(textOf('Cafe\u0301')).toBe(' café ')
  expect(textOf(' \t')).toBe('')
})
