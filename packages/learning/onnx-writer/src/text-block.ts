/**
 * One kind of grams of one text as a graph:
 *
 *   Tokenizer (runs of letters, or characters) → Squeeze → TfIdfVectorizer (counts)
 *     → 1 + ln → · idf → / Euclidean norm → MatMul → [N, outputs]
 *
 * The text comes in as score and learn make it ready: composed, in small letters, with one
 * space before, between and after its words. The graph needs no idea of case or language.
 *
 * A count of c becomes ln(max(c, 1)) + min(c, 1): 0 stays 0. The norm is at least the smallest
 * that a single gram could have, so an empty text stays zeros.
 */
import type { Attribute, Constant, Node, Parts } from './graph.ts'
import type { TextBlock } from './models-format-2.ts'

/** Stands where a row has fewer tokens than its neighbour; no gram of ours holds it. */
const PADDING: Readonly<Record<TextBlock['by'], string>> = { word: ' ', char: '  ' }
/** As trainer and scorer have it. */
const WORD = '[\\p{L}\\p{M}\\p{N}_]+'
const SMALLEST_NORM = 1e-12

export function textBlockParts(
  input: string,
  { by, lengths, grams, idf, weights, step }: TextBlock,
  prefix: string,
): Parts & { readonly term: string } {
  const name = (part: string) => `${prefix}${part}`
  const constant = (part: string, shape: readonly number[], values: readonly number[]): Constant => ({
    name: name(part),
    shape,
    values,
  })
  const node = (op: string, inputs: readonly string[], output: string, attributes: Node['attributes'] = {}): Node => ({
    op,
    domain: '',
    inputs: inputs.map(one => (one.startsWith('@') ? name(one.slice(1)) : one)),
    outputs: [name(output)],
    attributes,
  })
  const { pool, counts } = poolOf(by, lengths[1], grams)
  const tokenizer: Readonly<Record<string, Attribute>> = {
    mark: { integer: 0 },
    mincharnum: { integer: 1 },
    pad_value: { string: PADDING[by] },
    ...(by === 'word' ? { tokenexp: { string: WORD } } : { separators: { strings: [''] } }),
  }
  return {
    term: name('term'),
    nodes: [
      { ...node('Tokenizer', [input], 'tokens', tokenizer), domain: 'com.microsoft', makes: 'string' },
      node('Squeeze', ['@tokens', '@axis'], 'flat'),
      node('TfIdfVectorizer', ['@flat'], 'counts', {
        mode: { string: 'TF' },
        min_gram_length: { integer: lengths[0] },
        max_gram_length: { integer: lengths[1] },
        max_skip_count: { integer: 0 },
        ngram_counts: { integers: counts },
        ngram_indexes: { integers: grams.map((_, place) => place) },
        pool_strings: { strings: pool },
      }),
      node('Max', ['@counts', '@one'], 'atLeastOne'),
      node('Log', ['@atLeastOne'], 'logs'),
      node('Min', ['@counts', '@one'], 'present'),
      node('Add', ['@logs', '@present'], 'damped'),
      node('Mul', ['@damped', '@idf'], 'worths'),
      node('ReduceL2', ['@worths'], 'norm', { axes: { integers: [1] }, keepdims: { integer: 1 } }),
      node('Max', ['@norm', '@smallest'], 'divisor'),
      node('Div', ['@worths', '@divisor'], 'scaled'),
      node('MatMul', ['@scaled', '@weights'], 'term'),
    ],
    constants: [
      { name: name('axis'), type: 'integer', shape: [1], values: [1] },
      constant('one', [1], [1]),
      constant('smallest', [1], [SMALLEST_NORM]),
      constant('idf', [1, grams.length], idf),
      constant(
        'weights',
        [grams.length, weights.length],
        grams.flatMap((_, gram) => weights.map(row => row[gram]! * step)),
      ),
    ],
  }
}

/** The grams as tokens one after the other, and where each length begins. */
function poolOf(by: TextBlock['by'], longest: number, grams: readonly string[]) {
  const tokens = grams.map(gram => (by === 'word' ? gram.split(' ') : Array.from(gram)))
  const counts: number[] = []
  let at = 0
  let gram = 0
  for (let length = 1; length <= longest; length++) {
    counts.push(at)
    for (; gram < tokens.length && tokens[gram]!.length === length; gram++) at += length
  }
  if (gram < tokens.length) throw new Error(`the gram '${grams[gram]}' does not stand among those of its length`)
  return { pool: tokens.flat(), counts }
}
