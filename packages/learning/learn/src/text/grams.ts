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
  const tokens = by === 'char' ? Array.from(text) : (text.match(/[\p{L}\p{M}\p{N}_]+/gu) ?? [])
  const between = by === 'char' ? '' : ' '
  const grams: string[] = []
  for (let length = shortest; length <= longest; length++) {
    for (let start = 0; start + length <= tokens.length; start++) {
      let gram = tokens[start]!
      for (let at = start + 1; at < start + length; at++) gram += between + tokens[at]!
      grams.push(gram)
    }
  }
  return grams
}

/** How many words or characters a gram has. */
export const lengthOf = (by: GramKind['by'], gram: string): number =>
  by === 'char' ? Array.from(gram).length : gram.split(' ').length
