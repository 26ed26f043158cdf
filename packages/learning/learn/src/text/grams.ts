/**
 * The grams of a normalised text: runs of words, or runs of characters, of some lengths.
 *
 * Characters go across the spaces: where a language writes in one word what another writes in
 * four, the pieces of words say most. A character is a code point and a word is a run of
 * letters, marks, numbers and underscores, because that is how a graph cuts a text.
 */
export interface GramKind {
  readonly by: 'word' | 'char'
  /** Shortest and longest, in words or characters. */
  readonly lengths: readonly [number, number]
}

/** In the order of the text, shorter lengths first, repeated ones repeated. */
export function gramsOf({ by, lengths: [shortest, longest] }: GramKind, text: string): string[] {
  if (by === 'char') return charGrams(text, shortest, longest)
  const words = text.match(/[\p{L}\p{M}\p{N}_]+/gu) ?? []
  const grams: string[] = []
  for (let length = shortest; length <= longest; length++)
    for (let start = 0; start + length <= words.length; start++)
      grams.push(length === 1 ? words[start]! : words.slice(start, start + length).join(' '))
  return grams
}

function charGrams(text: string, shortest: number, longest: number): string[] {
  /** Where each character begins, and where the last one ends. */
  const bounds = [0]
  for (const character of text) bounds.push(bounds.at(-1)! + character.length)
  const grams: string[] = []
  for (let length = shortest; length <= longest; length++)
    for (let start = 0; start + length < bounds.length; start++)
      grams.push(text.slice(bounds[start], bounds[start + length]))
  return grams
}

/** How many words or characters a gram has. */
export const lengthOf = (by: GramKind['by'], gram: string): number =>
  by === 'char' ? Array.from(gram).length : gram.split(' ').length
