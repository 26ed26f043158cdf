/**
 * Whether two entities may be one, and why, in words. A suggestion: a person decides.
 *
 * Each likeness is evidence for itself; what contradicts takes away from all of it. The weights
 * were set by hand and looked at on drawn households: they order a list, they are no odds.
 */
import type { DuplicateRules } from './duplicate-rules.ts'
import { jaroWinkler } from './jaro-winkler.ts'
import { agesOf, digitsOf, metresBetween, namesOf, placesOf, positionOf, type Compared } from './normalise.ts'

export interface Likeness {
  /** 0 to 1. */
  readonly score: number
  readonly reasons: readonly string[]
}

const WEIGHTS = { phone: 0.7, name: 0.6, position: 0.4, place: 0.2, age: 0.15 } as const
const ALIKE = 0.88
const UNLIKE = 0.65

export function compare(rules: DuplicateRules, a: Compared, b: Compared): Likeness {
  let against = 1
  let doubt = 1
  const reasons: string[] = []
  const speaksFor = (weight: number, reason: string): void => {
    against *= 1 - weight
    reasons.push(reason)
  }

  const [phonesOfA, phonesOfB] = [digitsOf(rules, a), digitsOf(rules, b)]
  if (phonesOfA.some(phone => phonesOfB.includes(phone))) speaksFor(WEIGHTS.phone, 'the same phone number')
  else if (phonesOfA.length > 0 && phonesOfB.length > 0) doubt *= 0.85

  const alike = nameLikeness(rules, a, b)
  if (alike.likeness >= ALIKE)
    speaksFor(
      WEIGHTS.name * alike.likeness,
      alike.a === alike.b
        ? `the same name: ${asName(alike.a)}`
        : `names that sound alike: ${asName(alike.a)}, ${asName(alike.b)}`,
    )
  else if (alike.likeness < UNLIKE) doubt *= 0.6

  const [here, there] = [positionOf(rules, a), positionOf(rules, b)]
  if (here !== null && there !== null) {
    const metres = metresBetween(here, there)
    if (metres <= rules.withinMetres)
      speaksFor(WEIGHTS.position * (1 - metres / (2 * rules.withinMetres)), `${Math.round(metres)} m apart`)
    else if (metres > 20 * rules.withinMetres) doubt *= 0.6
  }

  const villages = placesOf(rules, b)
  const village = placesOf(rules, a).find(place => villages.includes(place))
  if (village !== undefined) speaksFor(WEIGHTS.place, `both in ${asName(village)}`)
  else if (villages.length > 0 && placesOf(rules, a).length > 0) doubt *= 0.75

  const [ageOfA, ageOfB] = [agesOf(rules, a)[0], agesOf(rules, b)[0]]
  if (ageOfA !== undefined && ageOfB !== undefined) {
    if (Math.abs(ageOfA - ageOfB) <= 1)
      speaksFor(WEIGHTS.age, ageOfA === ageOfB ? `both aged ${ageOfA}` : `aged ${ageOfA} and ${ageOfB}`)
    else if (Math.abs(ageOfA - ageOfB) > 10) doubt *= 0.7
  }
  return { score: Number(((1 - against) * doubt).toFixed(3)), reasons }
}

/** Names are compared without capitals, and shown with them. */
const asName = (text: string): string => text.replace(/(?<=^|\s)\p{L}/gu, letter => letter.toUpperCase())

/** Of the names that either has, the two most alike; the order of their words does not matter. */
function nameLikeness(rules: DuplicateRules, a: Compared, b: Compared) {
  let best = { likeness: 0.7, a: '', b: '' } // nothing to compare says nothing
  let isFirst = true
  for (const nameOfA of namesOf(rules, a))
    for (const nameOfB of namesOf(rules, b)) {
      const sorted = (name: string) => name.split(' ').sort().join(' ')
      const likeness = Math.max(jaroWinkler(nameOfA, nameOfB), jaroWinkler(sorted(nameOfA), sorted(nameOfB)))
      if (isFirst || likeness > best.likeness) best = { likeness, a: nameOfA, b: nameOfB }
      isFirst = false
    }
  return best
}
