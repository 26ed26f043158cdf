import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allRows } from '../table.ts'
import { readCorpus } from './corpus.ts'
import { gramsOf } from './grams.ts'
import { normaliseText } from './normalise.ts'
import { learnGrams, toSparseRows } from './text-block.ts'
import { joinTwins } from './twins.ts'

test('N1 what is normalised stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), text => {
      expect(normaliseText(normaliseText(text))).toBe(normaliseText(text))
    }),
    { seed: 1 },
  )
})

test('composed and taken apart, small and large, with whatever between: one text', () => {
  expect(normaliseText('  Je\tne\u00a0SAIS\npas, É ')).toBe(' je ne sais pas, é ')
  expect(normaliseText('cafe\u0301')).toBe(normaliseText('CAFÉ'))
  expect(normaliseText(' \n ')).toBe('')
})

test('words: runs of letters, marks and numbers in any script, one and two at a time', () => {
  expect(gramsOf({ by: 'word', lengths: [1, 2] }, ' ሰላም, habari_ya 2x! ')).toEqual([
    'ሰላም',
    'habari_ya',
    '2x',
    'ሰላም habari_ya',
    'habari_ya 2x',
  ])
  // A vowel sign belongs to its word.
  expect(gramsOf({ by: 'word', lengths: [1, 1] }, 'नमस्ते दुनिया')).toEqual(['नमस्ते', 'दुनिया'])
})

test('characters: code points, spaces included', () => {
  expect(gramsOf({ by: 'char', lengths: [2, 3] }, ' 😀a')).toEqual([' 😀', '😀a', ' 😀a'])
  expect(gramsOf({ by: 'char', lengths: [2, 5] }, '')).toEqual([])
})

test('each row has length one, or nothing where no gram of it is known', () => {
  const texts = ['habari nzuri', 'habari mbaya', 'nzuri sana sana', null, 'xyz', 'habari']
  const corpus = readCorpus({ by: 'word', lengths: [1, 2] }, texts, 2)
  const known = learnGrams(corpus, allRows(texts.length), 10, 1)
  expect(known.grams).toEqual(['habari', 'nzuri'])
  const { start, values } = toSparseRows(known)
  for (const [row, text] of texts.entries()) {
    const own = values.subarray(start[row], start[row + 1])
    const length = Math.hypot(...own)
    expect(length).toBeCloseTo(text === null || text === 'xyz' ? 0 : 1, 6)
  }
})

test('the vocabulary is of the training rows: a gram that only others hold is not in it', () => {
  const texts = ['moja mbili', 'moja tatu', 'nne tano', 'nne tano']
  const corpus = readCorpus({ by: 'word', lengths: [1, 1] }, texts, 2)
  expect(learnGrams(corpus, Int32Array.of(0, 1), 10, 1).grams).toEqual(['moja'])
  // The most frequent are kept; a tie is broken by name, not by the order of the rows.
  expect(learnGrams(corpus, allRows(4), 2, 1).grams).toEqual(['moja', 'nne'])
})

test('a post that is passed on stays in one fold, whoever passes it on; a short answer does not tie them', () => {
  const others = Array.from({ length: 40 }, (_, row) => `post number ${row} of many others`)
  const values = ['The same words, twice', 'yes', ' the SAME words,  twice ', 'yes', null, null, ...others]
  const groups = values.map((_, row) => `person ${row}`)
  const joined = joinTwins([{ name: 'post', kind: 'text', values }], groups)
  expect(joined.repeated).toBe(1)
  expect(joined.groups[2]).toBe(joined.groups[0])
  expect(new Set(joined.groups).size).toBe(groups.length - 1)
})

test('a form letter that most rows hold ties nobody', () => {
  const values = Array.from({ length: 40 }, (_, row) =>
    row < 30 ? 'we thank you for your letter' : `post ${row} of a person`,
  )
  const groups = values.map((_, row) => `person ${row}`)
  expect(joinTwins([{ name: 'post', kind: 'text', values }], groups)).toEqual({ groups, repeated: 0 })
})
