/**
 * Long lists of choices, a few at a time: a page that is sent ten thousand villages with each answer
 * would be slow, and nobody scrolls through them.
 *
 * SC1 what was chosen is always among what is sent
 * SC2 each word that is typed begins a word of the label, or the value itself; case and accents aside
 */
import type { Choice } from '@murram/xform'

export const MOST_CHOICES = 100
const MOST_FOUND = 50

/** SC1 */
export function shownChoices(choices: readonly Choice[], value: string): readonly Choice[] {
  if (choices.length <= MOST_CHOICES) return choices
  const chosen = new Set(value.split(' '))
  return choices.filter(choice => chosen.has(choice.value))
}

export interface FoundChoices {
  readonly total: number
  readonly choices: readonly Choice[]
}

/** SC2. In the order of the list. */
export function searchChoices(choices: readonly Choice[], text: string): FoundChoices {
  const wanted = wordsOf(text)
  const found = choices.filter(({ label, value }) => {
    const words = [...wordsOf(label), plain(value)]
    return wanted.every(one => words.some(word => word.startsWith(one)))
  })
  return { total: found.length, choices: found.slice(0, MOST_FOUND) }
}

const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
const wordsOf = (text: string): readonly string[] => plain(text).match(/[\p{L}\p{N}]+/gu) ?? []
