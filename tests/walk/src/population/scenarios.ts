/**
 * The three troubles of real field work that the walk stages: two officers who find different
 * things at one house, a mistake noticed after the next visit, and one household listed twice.
 */
import { diceFor } from './dice.ts'
import type { AnswersByName, Household } from './household.ts'

interface Rivals {
  readonly question: 'roof'
  /** Answers by two officers, both other than what the household said first. */
  readonly answers: readonly [string, string]
}

export function roofRivals(household: Household): Rivals {
  const [first, second] = ['tile', 'iron', 'thatch', 'tarpaulin'].filter(roof => roof !== household.answers['roof'])
  if (first === undefined || second === undefined) throw new Error('a roof has at least three possible answers')
  return { question: 'roof', answers: [first, second] }
}

/** The first visit wrote the income down without its last zero: what it should have said. */
export const mistakenIncome = (
  household: Household,
): { readonly wrong: AnswersByName; readonly right: AnswersByName } => {
  const income = Number(household.answers['monthly_income'])
  return { wrong: { monthly_income: String(income / 10) }, right: { monthly_income: String(income) } }
}

/**
 * The same people listed again by someone who spells their names another way and found no one
 * at the telephone. The truth is the same: it is the same household.
 */
export function listedAgain(seed: number, household: Household): Household {
  const dice = diceFor(seed, 'duplicate', String(household.index))
  const spelled = new Map<string, string>()
  const spell = (name: string): string => {
    const known = spelled.get(name)
    if (known !== undefined) return known
    const other = name
      .split(' ')
      .map(word => dice.pick(SPELLINGS)(word))
      .join(' ')
    const final = other === name ? name.split(' ').toReversed().join(' ') : other
    spelled.set(name, final)
    return final
  }
  const { phone: _phone, ...answers } = household.answers
  return {
    ...household,
    answers: { ...answers, head_name: spell(household.answers['head_name'] ?? ''), has_phone: 'no' },
    members: household.members.map(member => ({ ...member, member_name: spell(member['member_name'] ?? '') })),
  }
}

const SPELLINGS: readonly ((word: string) => string)[] = [
  word => word.replace(/([bdgklmnprst])(?=[aeiou][a-z]*$)/, '$1$1'),
  word => word.replace(/i(?=[a-z])/, 'y'),
  word => word.replace(/^(.{4,})[aeiou]$/, '$1'),
  word => word,
]
