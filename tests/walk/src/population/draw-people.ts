/**
 * Who lives in a household. Poverty (standard normal around the means of region and setting;
 * higher is poorer) brings larger families, fewer years of school and more children out of it.
 */
import { clamp, logistic, type Dice } from './dice.ts'
import { familyNames, givenNames, type Region } from './places-and-names.ts'
import type { AnswersByName } from './household.ts'

const MOST_MEMBERS = 12

interface People {
  readonly members: readonly AnswersByName[]
  readonly headMarital: string
  readonly orphans: number
}

type Sex = 'female' | 'male'
interface Seat {
  readonly relationship: string
  readonly sex: Sex
  readonly age: number
}

export function drawPeople(dice: Dice, region: Region, poverty: number): People {
  const headSex: Sex = dice.chance(logistic(-1 + 0.3 * poverty)) ? 'female' : 'male'
  const headAge = Math.round(clamp(dice.normal(43 + 1.5 * poverty, 13), 19, 88))
  const headMarital =
    headSex === 'male'
      ? dice.weighted({ married: 82, single: 10, separated: 5, widowed: 3 })
      : dice.weighted({ married: 33, widowed: 32, separated: 24, single: 11 })
  const family = dice.pick(familyNames[region])

  const seats: Seat[] = [{ relationship: 'head', sex: headSex, age: headAge }]
  if (headMarital === 'married') {
    const age = Math.round(clamp(headAge + dice.normal(headSex === 'male' ? -5 : 5, 4), 18, 95))
    seats.push({ relationship: 'spouse', sex: headSex === 'male' ? 'female' : 'male', age })
  }
  const sexOf = (): Sex => (dice.chance(0.5) ? 'female' : 'male')
  const oldestChild = Math.max(0, Math.min(24, headAge - 17))
  const kids = dice.poisson(clamp(2.1 + 0.45 * poverty, 0.4, 5))
  for (let i = 0; i < kids; i += 1) {
    seats.push({ relationship: 'child', sex: sexOf(), age: dice.whole(0, oldestChild) })
  }
  if (headAge > 50) {
    const grandchildren = dice.poisson(0.9)
    for (let i = 0; i < grandchildren; i += 1) {
      seats.push({ relationship: 'grandchild', sex: sexOf(), age: dice.whole(0, 14) })
    }
  }
  if (headAge < 65 && dice.chance(0.07)) {
    seats.push({ relationship: 'parent', sex: sexOf(), age: headAge + dice.whole(18, 32) })
  }
  if (dice.chance(0.12)) seats.push({ relationship: 'other', sex: sexOf(), age: dice.whole(8, 70) })

  const kept = seats.slice(0, MOST_MEMBERS)
  const given = new Set<string>()
  const nameOf = (sex: Sex): string => {
    const free = givenNames[sex].filter(name => !given.has(name))
    const name = dice.pick(free.length > 0 ? free : givenNames[sex])
    given.add(name)
    return `${name} ${family}`
  }
  const members = kept.map(seat => ({
    member_name: nameOf(seat.sex),
    relationship: seat.relationship,
    sex: seat.sex,
    age: String(seat.age),
    ...drawSchool(dice, poverty, seat.age),
    ...drawDifficulty(dice, seat.age),
  }))
  const minors = kept.filter(seat => seat.age < 18 && seat.relationship !== 'head').length
  const orphans = Array.from({ length: minors }, () => dice.chance(0.07 + (headMarital === 'widowed' ? 0.4 : 0)))
  return { members, headMarital, orphans: orphans.filter(Boolean).length }
}

function drawSchool(dice: Dice, poverty: number, age: number): AnswersByName {
  if (age < 6 || age > 17) return {}
  if (dice.chance(logistic(2.2 - 0.8 * poverty - (age > 13 ? 0.6 : 0)))) return { attends_school: 'yes' }
  const reason = dice.weighted({ cost: 55, distance: 12, work: 18, illness: 7, other: 8 })
  return { attends_school: 'no', why_not_school: reason }
}

function drawDifficulty(dice: Dice, age: number): AnswersByName {
  if (age < 5) return {}
  const severe = age >= 60 ? 14 : 3
  return { difficulty: dice.weighted({ none: 86 - severe, some: 14, a_lot: severe, cannot: severe / 3 }) }
}
