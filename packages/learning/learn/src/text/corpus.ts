/**
 * A column of texts cut into grams once, so that each fold only counts numbers.
 *
 * Not here: which grams a model knows (vocabulary.ts), which depends on the training rows.
 */
import { gramsOf, type GramKind } from './grams.ts'
import { normaliseText } from './normalise.ts'

export interface Corpus {
  readonly kind: GramKind
  readonly grams: readonly string[]
  /** Row r holds the grams `ids[start[r]]` to `ids[start[r + 1]]`, each once, `counts` times. */
  readonly start: Int32Array
  readonly ids: Int32Array
  readonly counts: Uint16Array
}

/** A dictionary is not let grow beyond this: then what was met once so far is dropped. */
const MOST_GRAMS = 3_000_000
const MOST_REPEATS = 65_535

/** Grams that fewer than `fewestRows` rows hold are left out: they tell nothing of other rows. */
export function readCorpus(kind: GramKind, texts: readonly (string | null)[], fewestRows: number): Corpus {
  const normal = texts.map(text => normaliseText(text ?? ''))
  const ids = new Map<string, number>()
  for (const [gram, rows] of rowsOfGrams(kind, normal)) if (rows >= fewestRows) ids.set(gram, ids.size)

  const start = new Int32Array(texts.length + 1)
  const found: number[] = []
  const times: number[] = []
  for (const [row, text] of normal.entries()) {
    const counts = new Map<number, number>()
    for (const gram of gramsOf(kind, text)) {
      const id = ids.get(gram)
      if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    for (const [id, count] of counts) {
      found.push(id)
      times.push(Math.min(MOST_REPEATS, count))
    }
    start[row + 1] = found.length
  }
  return { kind, grams: [...ids.keys()], start, ids: Int32Array.from(found), counts: Uint16Array.from(times) }
}

function rowsOfGrams(kind: GramKind, texts: readonly string[]): ReadonlyMap<string, number> {
  const rows = new Map<string, number>()
  for (const text of texts) {
    for (const gram of new Set(gramsOf(kind, text))) rows.set(gram, (rows.get(gram) ?? 0) + 1)
    if (rows.size > MOST_GRAMS) for (const [gram, count] of rows) if (count === 1) rows.delete(gram)
  }
  return rows
}
