import { expect, test } from 'vitest'
import { MOST_CHOICES, searchChoices, shownChoices } from './search-choices.ts'

const choices = Array.from({ length: 300 }, (_, i) => ({ value: `v${i}`, label: `Village Élan ${i % 7} of ${i}` }))

test('SC1 a short list is sent whole; of a long one what was chosen, in its order', () => {
  expect(shownChoices(choices.slice(0, MOST_CHOICES), '')).toHaveLength(MOST_CHOICES)
  expect(shownChoices(choices, '')).toEqual([])
  expect(shownChoices(choices, 'v200 v7 gone').map(({ value }) => value)).toEqual(['v7', 'v200'])
})

test('SC2 words begin words of the label, or the value is typed; the first fifty are sent, and how many there are', () => {
  expect(searchChoices(choices, '')).toMatchObject({ total: 300 })
  expect(searchChoices(choices, '').choices).toHaveLength(50)
  expect(searchChoices(choices, 'elan 299').choices).toEqual([choices[299]])
  expect(searchChoices(choices, 'V299').choices).toEqual([choices[299]])
  expect(searchChoices(choices, 'lan').total).toBe(0)
  expect(searchChoices(choices, '  vil 5 ').choices[0]).toEqual(choices[5])
})
