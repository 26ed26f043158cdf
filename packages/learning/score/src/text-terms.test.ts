import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LinearText, TextBlock } from './model-format-2.ts'
import { textOf } from './text-of.ts'
import { createTextTerms } from './text-terms.ts'

const block = (by: TextBlock['by'], lengths: TextBlock['lengths'], grams: readonly string[]): TextBlock => ({
  by,
  lengths,
  grams,
  idf: grams.map((_, i) => 1 + i / 4),
  weights: [grams.map((_, i) => (i % 2 === 0 ? 3 + i : -5 - i)), grams.map((_, i) => i - 2)],
  step: 0.125,
})
const input: LinearText = {
  name: 'note',
  kind: 'text',
  normalise: 'nfc-lower',
  blocks: [
    block('word', [1, 2], ['maji', 'safi', 'maji safi', 'sana maji']),
    block('char', [2, 3], [' m', 'ji', 'sa', 'i s', 'fi ', '! ']),
  ],
}
const { add, byWord } = createTextTerms(input, 2)
const termsOf = (text: string): number[] => {
  const sums = new Float64Array(2)
  add(textOf(text), sums)
  return [...sums]
}

test('one word twice counts 1 + ln 2, and a block is divided by its norm', () => {
  const words = createTextTerms({ ...input, blocks: [input.blocks[0]!] }, 2)
  const sums = new Float64Array(2)
  words.add(textOf('maji, maji! Safi'), sums)
  // maji: (1 + ln 2) · 1, safi: 1.25, "maji safi": 1.5 (the comma is no word, nor is the mark)
  const worths = [1 + Math.log(2), 1.25, 1.5]
  const norm = Math.hypot(...worths)
  const weights = [3, -6, 5].map(weight => weight * 0.125)
  expect(sums[0]).toBeCloseTo(
    worths.reduce((sum, worth, i) => sum + (worth / norm) * weights[i]!, 0),
    6,
  )
})

test('a text without a known gram adds nothing', () => {
  expect(termsOf('')).toEqual([0, 0])
  expect(termsOf('xyz')).toEqual([0, 0])
})

test('T1 what the words add is what the text adds', () => {
  const texts = fc
    .array(fc.constantFrom('maji', 'safi', 'sana', '!', 'misafi', 'other', 'é'), { maxLength: 7 })
    .map(words => words.join(' '))
  fc.assert(
    fc.property(texts, text => {
      for (const output of [0, 1]) {
        const weights = Float64Array.of(output === 0 ? 1 : 0, output)
        const shares = [...byWord(textOf(text), weights).values()]
        expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(termsOf(text)[output]!, 9)
      }
    }),
    { numRuns: 200, seed: 3 },
  )
})
