/**
 * A household that answers, on one visit. What the household says does not change with the
 * visit except where `changes` says so; the slips do (each visit is hurried or not by itself).
 */
import { diceFor } from './dice.ts'
import type { AnswersByName, Household } from './household.ts'
import type { Respondent } from './conduct-interview.ts'
import { drawSlips, HURRIED_RATIO } from './slips.ts'

export interface Visit {
  /** `YYYY-MM-DD`. */
  readonly date: string
  readonly interviewer: string
  /** The entity that is followed up; absent on a first visit. */
  readonly entityId?: string
  /** Answers that differ from the household's own, by question name outside the roster. */
  readonly changes?: AnswersByName
  /** `false` for an interview without any slip. */
  readonly slips?: boolean
}

export function respondentOf(seed: number, household: Household, visit: Visit): Respondent {
  const dice = diceFor(seed, 'slips', String(household.index), visit.date, visit.entityId ?? 'first', visit.interviewer)
  const hurried = visit.slips !== false && dice.chance(HURRIED_RATIO)
  const answers: AnswersByName = {
    ...household.answers,
    ...visit.changes,
    visit_type: visit.entityId === undefined ? 'first' : 'follow_up',
    ...(visit.entityId === undefined ? {} : { household_id: visit.entityId }),
    visit_date: visit.date,
    interviewer: visit.interviewer,
    consent: 'yes',
  }
  return {
    language: household.language,
    rowsOf: repeatRef => (repeatRef === 'roster' ? household.members.length : 0),
    reply(question) {
      const row = /^roster\[(\d+)\]\//.exec(question.ref)?.[1]
      const known = row === undefined ? answers : household.members[Number(row) - 1]
      return {
        slips: hurried ? drawSlips(dice, question, household.language) : [],
        answer: known?.[question.name] ?? '',
      }
    },
  }
}
