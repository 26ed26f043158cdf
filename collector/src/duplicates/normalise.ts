/** What is compared of an entity, with everything taken away in which two writers differ. */
import type { DuplicateRules } from './duplicate-rules.ts'

export interface Compared {
  readonly label: string | null
  readonly properties: Readonly<Record<string, string>>
}

const answersOf = ({ properties }: Compared, names: readonly string[]): readonly string[] =>
  names.flatMap(name => {
    const answer = Object.hasOwn(properties, name) ? properties[name] : undefined
    return answer === undefined || answer.trim() === '' ? [] : [answer]
  })

/** Letters and digits in lower case, without accents, one space between words. */
export const plainText = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

const distinct = (all: readonly string[]): readonly string[] => [...new Set(all.filter(text => text !== ''))]

export function namesOf({ name }: DuplicateRules, entity: Compared): readonly string[] {
  const said = answersOf(entity, name)
  return distinct((said.length > 0 ? said : [entity.label ?? '']).map(plainText))
}

export const placesOf = ({ place }: DuplicateRules, entity: Compared): readonly string[] =>
  distinct(answersOf(entity, place).map(plainText))

/** The last nine digits: with or without a country's code it is the same telephone. */
export const digitsOf = ({ phone }: DuplicateRules, entity: Compared): readonly string[] =>
  distinct(
    answersOf(entity, phone)
      .map(text => text.replace(/\D/g, '').slice(-9))
      .filter(digits => digits.length >= 7),
  )

export const agesOf = ({ age }: DuplicateRules, entity: Compared): readonly number[] =>
  answersOf(entity, age).flatMap(text => (/^\d{1,3}$/.test(text.trim()) ? [Number(text)] : []))

export interface Position {
  readonly latitude: number
  readonly longitude: number
}

export function positionOf({ position }: DuplicateRules, entity: Compared): Position | null {
  for (const text of answersOf(entity, position)) {
    const [latitude = Number.NaN, longitude = Number.NaN] = text.trim().split(/\s+/).map(Number)
    if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) return { latitude, longitude }
  }
  return null
}

const METRES_A_DEGREE = 111_320
const toRadians = (degrees: number): number => (degrees * Math.PI) / 180

/** On a plane: good to a percent within a few kilometres. */
export function metresBetween(a: Position, b: Position): number {
  const north = (a.latitude - b.latitude) * METRES_A_DEGREE
  const east = (a.longitude - b.longitude) * METRES_A_DEGREE * Math.cos(toRadians((a.latitude + b.latitude) / 2))
  return Math.hypot(north, east)
}

/** The square of a grid of this width, and those around it. */
export function squaresAround({ latitude, longitude }: Position, widthMetres: number): readonly string[] {
  const row = Math.floor((latitude * METRES_A_DEGREE) / widthMetres)
  return [0, -1, 1].flatMap(up => {
    // Each row has columns of its own width, by its own southern edge.
    const edge = ((row + up) * widthMetres) / METRES_A_DEGREE
    const width = widthMetres / Math.max(0.01, Math.cos(toRadians(edge)))
    const column = Math.floor((longitude * METRES_A_DEGREE) / width)
    return [0, -1, 1].map(right => `${row + up}:${column + right}`)
  })
}
