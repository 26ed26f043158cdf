/** The words and letters that a text model goes by: the heaviest for each class. */
import type { AnyModel, TextBlock } from '@murram/learn'
import { escape, table } from './html.ts'

const MOST = 15

/** `''` where the model reads no text. */
export function wordsOf(model: AnyModel): string {
  if (model.format !== 2 || model.kind !== 'linear') return ''
  const words = model.inputs.flatMap(input =>
    input.kind === 'text' ? input.blocks.filter(({ by }) => by === 'word') : [],
  )
  const [block] = words
  if (block === undefined) return ''
  const outputs = block.weights.length
  const names = outputs === 1 ? [...model.classes].reverse() : model.classes
  const columns = names.map((_, at) => (outputs === 1 ? heaviest(block, 0, at === 0 ? 1 : -1) : heaviest(block, at, 1)))
  const lines = Array.from({ length: MOST }, (_, line) => columns.map(column => escape(column[line] ?? '')))
  return table([names.map(name => `speaks for ${escape(name)}`), ...lines])
}

const heaviest = ({ grams, weights, idf }: TextBlock, output: number, sign: 1 | -1): readonly string[] => {
  const weight = (place: number): number => sign * weights[output]![place]! * (idf[place] ?? 1)
  return grams
    .map((_, place) => place)
    .sort((a, b) => weight(b) - weight(a))
    .slice(0, MOST)
    .filter(place => weight(place) > 0)
    .map(place => grams[place]!)
}
