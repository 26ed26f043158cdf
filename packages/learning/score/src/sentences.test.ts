import { expect, test } from 'vitest'
import { reasonSentence, type ReasonWords } from './sentences.ts'

const roof: ReasonWords = {
  question: 'Roof of the main house?',
  answer: 'thatch',
  positive: 'very_poor',
  language: 'English (en)',
}
const reason = (contribution: number) => ({ input: 'roof_type', contribution })

test('the question, the answer, and which way it speaks', () => {
  expect(reasonSentence(reason(0.4), roof)).toBe('Roof of the main house: thatch. Speaks for “very poor”.')
  expect(reasonSentence(reason(-1.4), roof)).toBe(
    'Roof of the main house: thatch. Speaks strongly against “very poor”.',
  )
})

test('a question without a label goes by its name, a blank answer says so, an unknown one is left out', () => {
  expect(reasonSentence(reason(0.4), { ...roof, question: '' })).toContain('roof type: thatch')
  expect(reasonSentence(reason(0.4), { ...roof, answer: '' })).toContain('not answered')
  expect(reasonSentence(reason(0.4), { ...roof, answer: null })).toBe('Roof of the main house. Speaks for “very poor”.')
})

test('of a text, the words that weighed most are named, not the text', () => {
  const text = { input: 'note', contribution: -2, words: ['mbaya', 'sana'] }
  expect(reasonSentence(text, { ...roof, question: 'Comment', answer: 'a long text' })).toBe(
    'Comment: mbaya, sana. Speaks strongly against “very poor”.',
  )
})

test.each([
  ['Kiswahili (sw)', 'Inaashiria'],
  ['sw-TZ', 'Inaashiria'],
  ['swahili', 'Inaashiria'],
  ['Français (fr)', 'Plaide pour'],
  ['es', 'Habla a favor'],
  ['Português (pt-MZ)', 'Fala a favor'],
  ['default', 'Speaks for'],
  ['Kinyarwanda (rw)', 'Speaks for'],
])('a form in %s is spoken to in its language, or else in English', (language, begin) => {
  expect(reasonSentence(reason(0.4), { ...roof, language })).toContain(begin)
})
