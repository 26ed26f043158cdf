/**
 * The grams that a model knows, and each row in terms of them: (1 + ln count) · idf, divided
 * by the row's Euclidean norm, so that a long text says no more than a short one.
 *
 * The vocabulary is learned on the training rows alone: the grams that most rows hold.
 */
import type { Corpus } from './corpus.ts'
import { lengthOf } from './grams.ts'

export interface KnownGrams {
  readonly corpus: Corpus
  /** By length, then by code units. */
  readonly grams: readonly string[]
  readonly idf: Float32Array
}

export interface SparseRows {
  readonly width: number
  /** Row r has `values[start[r]…]` at `places[start[r]…]`. */
  readonly start: Int32Array
  readonly places: Int32Array
  readonly values: Float32Array
}

export function learnGrams(corpus: Corpus, rows: Int32Array, most: number, fewestRows: number): KnownGrams {
  const holding = new Int32Array(corpus.grams.length)
  for (const row of rows)
    for (let at = corpus.start[row]!; at < corpus.start[row + 1]!; at++) holding[corpus.ids[at]!]! += 1
  const ids = [...holding.keys()]
    .filter(id => holding[id]! >= fewestRows)
    .sort((a, b) => holding[b]! - holding[a]! || (corpus.grams[a]! < corpus.grams[b]! ? -1 : 1))
    .slice(0, most)
  const entries = ids.map(id => ({
    gram: corpus.grams[id]!,
    length: lengthOf(corpus.kind.by, corpus.grams[id]!),
    idf: idfOf(rows.length, holding[id]!),
  }))
  entries.sort((a, b) => a.length - b.length || (a.gram < b.gram ? -1 : 1))
  return { corpus, grams: entries.map(({ gram }) => gram), idf: Float32Array.from(entries, ({ idf }) => idf) }
}

/** In steps of 1/64, so that the number is as short in a file as it is exact. */
const idfOf = (rows: number, holding: number): number =>
  Math.round(64 * (Math.log((1 + rows) / (1 + holding)) + 1)) / 64

export function toSparseRows({ corpus, grams, idf }: KnownGrams): SparseRows {
  const places = new Map(grams.map((gram, place) => [gram, place]))
  const placeOf = Int32Array.from(corpus.grams, gram => places.get(gram) ?? -1)
  const start = new Int32Array(corpus.start.length)
  let known = 0
  for (const id of corpus.ids) if (placeOf[id]! >= 0) known++
  const found = { places: new Int32Array(known), values: new Float32Array(known) }
  let next = 0
  for (let row = 0; row + 1 < start.length; row++) {
    const first = next
    let squares = 0
    for (let at = corpus.start[row]!; at < corpus.start[row + 1]!; at++) {
      const place = placeOf[corpus.ids[at]!]!
      if (place < 0) continue
      const value = (1 + Math.log(corpus.counts[at]!)) * idf[place]!
      found.places[next] = place
      found.values[next] = value
      squares += value * value
      next++
    }
    const norm = Math.sqrt(squares)
    for (let at = first; at < next; at++) found.values[at]! /= norm
    start[row + 1] = next
  }
  return { width: grams.length, start, ...found }
}
