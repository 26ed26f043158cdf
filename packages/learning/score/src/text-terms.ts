/**
 * What a text adds to each output: counts of known grams, damped (1 + ln count), weighed by
 * how rare a gram is, divided by their norm, times the gram's weight. As the graph does it.
 *
 * A character is a code point and goes across spaces; a word is a run of letters, marks,
 * numbers and underscores.
 *
 * T1 the terms are the sum of what each word adds: a gram that touches several words is
 *    shared out among them
 */
import type { LinearText, TextBlock } from './model-format-2.ts'

interface PreparedBlock extends Pick<TextBlock, 'by' | 'lengths' | 'idf'> {
  readonly places: ReadonlyMap<string, number>
  /** `weights[gram * outputs + output]`, as float32. */
  readonly weights: Float32Array
}

export interface TextTerms {
  /** @param text As `textOf` makes it. */
  readonly add: (text: string, sums: Float64Array) => void
  /** What each word (up to a space) adds to the outputs weighed so; T1. */
  readonly byWord: (text: string, weighOutputs: Float64Array) => ReadonlyMap<string, number>
}

export function createTextTerms({ blocks }: LinearText, outputs: number): TextTerms {
  const prepared = blocks.map((block): PreparedBlock => {
    const weights = new Float32Array(block.grams.length * outputs)
    for (let gram = 0; gram < block.grams.length; gram++)
      for (let k = 0; k < outputs; k++) weights[gram * outputs + k] = block.weights[k]![gram]! * block.step
    return { ...block, places: new Map(block.grams.map((gram, place) => [gram, place])), weights }
  })
  return {
    add(text, sums) {
      for (const block of prepared)
        for (const [gram, worth] of worthsOf(block, countGrams(block, text)))
          for (let k = 0; k < outputs; k++) sums[k]! += worth * block.weights[gram * outputs + k]!
    },
    byWord(text, weighOutputs) {
      const words = [...text.matchAll(/[^ ]+/gu)].map(({ 0: word, index }) => ({
        word,
        index,
        end: index + word.length,
      }))
      const shares = new Map<string, number>(words.map(({ word }) => [word, 0]))
      for (const block of prepared) {
        const counts = countGrams(block, text)
        const worths = worthsOf(block, counts)
        eachGram(block, text, (gram, start, end) => {
          const touched = words.filter(word => word.index < end && word.end > start)
          let added = 0
          for (let k = 0; k < outputs; k++) added += weighOutputs[k]! * block.weights[gram * outputs + k]!
          added *= worths.get(gram)! / counts.get(gram)! / touched.length
          for (const { word } of touched) shares.set(word, shares.get(word)! + added)
        })
      }
      return shares
    },
  }
}

const WORD = /[\p{L}\p{M}\p{N}_]+/gu

/** Each known gram where it stands: its place in the list, and from where to where. */
function eachGram(
  { by, lengths: [low, high], places }: PreparedBlock,
  text: string,
  found: (gram: number, start: number, end: number) => void,
): void {
  const tokens: { readonly text: string; readonly start: number }[] = []
  if (by === 'word') for (const { 0: word, index } of text.matchAll(WORD)) tokens.push({ text: word, start: index })
  else {
    let start = 0
    for (const letter of text) {
      tokens.push({ text: letter, start })
      start += letter.length
    }
  }
  for (const [first, { text: begin, start }] of tokens.entries()) {
    let gram = begin
    for (let size = 1; size <= high && first + size <= tokens.length; size++) {
      const last = tokens[first + size - 1]!
      if (size > 1) gram += by === 'word' ? ` ${last.text}` : last.text
      const place = size >= low ? places.get(gram) : undefined
      if (place !== undefined) found(place, start, last.start + last.text.length)
    }
  }
}

function countGrams(block: PreparedBlock, text: string): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  eachGram(block, text, gram => counts.set(gram, (counts.get(gram) ?? 0) + 1))
  return counts
}

function worthsOf({ idf }: PreparedBlock, counts: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
  const worths = new Map<number, number>()
  let squares = 0
  for (const [gram, count] of counts) {
    const worth = (1 + Math.log(count)) * idf[gram]!
    worths.set(gram, worth)
    squares += worth * worth
  }
  const norm = Math.max(Math.sqrt(squares), 1e-12)
  for (const [gram, worth] of worths) worths.set(gram, worth / norm)
  return worths
}
