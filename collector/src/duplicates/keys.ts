/**
 * Under which keys an entity is found by others that may be the same: only those that share one
 * are compared, so that a look costs the same in a list of a hundred and of a million.
 *
 *   phone       the number
 *   village     beginnings of the words of a name there; all of the name in short
 *   name        where no village is known: the beginnings, or the consonants, of all its words
 *   position    the square of a grid; looked for in the squares around as well
 */
import type { DuplicateRules } from './duplicate-rules.ts'
import { digitsOf, namesOf, placesOf, positionOf, squaresAround, type Compared } from './normalise.ts'

const BEGINNING = 3
const MOST_WORDS = 4

export interface Keys {
  /** Stored: others find it by these. */
  readonly own: readonly string[]
  /** Asked for: it finds others by these. */
  readonly asked: readonly string[]
}

const joined = (words: readonly string[]): string => `n:${[...new Set(words)].sort().join(' ')}`

/** Vowels are what two writers of one name differ in. */
const inShort = (name: string): readonly string[] => {
  if (name === '') return []
  const words = name.split(' ').slice(0, MOST_WORDS)
  return [
    joined(words.map(word => word.slice(0, BEGINNING))),
    joined(words.map(word => word.slice(0, 1) + word.slice(1).replace(/[aeiouy]/g, ''))),
  ]
}

export function keysOf(rules: DuplicateRules, dataset: string, entity: Compared): Keys {
  const words = namesOf(rules, entity)
    .flatMap(name => name.split(' '))
    .slice(0, MOST_WORDS)
  const beginnings = [...new Set(words.filter(word => word.length >= BEGINNING).map(word => word.slice(0, BEGINNING)))]
  const places = placesOf(rules, entity)
  const [name = ''] = namesOf(rules, entity)
  const said = [
    ...digitsOf(rules, entity).map(phone => `p:${phone}`),
    ...places.flatMap(place => [...beginnings, ...inShort(name)].map(part => `v:${place}:${part}`)),
    ...(places.length === 0 ? inShort(name) : []),
  ]
  const position = positionOf(rules, entity)
  const squares = position === null ? [] : squaresAround(position, rules.withinMetres).map(square => `g:${square}`)
  const inDataset = (keys: readonly string[]) => [...new Set(keys.map(key => `${dataset}/${key}`.slice(0, 400)))]
  return { own: inDataset([...said, ...squares.slice(0, 1)]), asked: inDataset([...said, ...squares]) }
}
