/**
 * Whom the officers interview: the synthetic population, or the rows of a real table. Both
 * sides of the walk make the same subjects from the same choice: the officer's process asks
 * them, the centre's side knows the outcome that a later visit would verify.
 */
import { err, fault, unwrap } from '@murram/ground'
import type { Form } from '@murram/xform'
import { existsSync, readFileSync } from 'node:fs'
import type { ReplayChoice } from './options.ts'
import type { Respondent } from './population/conduct-interview.ts'
import { createPopulation } from './population/population.ts'
import { respondentOf } from './population/respondent.ts'
import { listedAgain, mistakenIncome, roofRivals } from './population/scenarios.ts'
import { readTable } from './replay/read-table.ts'
import { replayTable } from './replay/replay-table.ts'

export type SubjectChoice =
  | { readonly kind: 'population'; readonly seed: number }
  | { readonly kind: 'table'; readonly choice: ReplayChoice }

/** What is staged at a household, beyond an ordinary first visit. */
export type Staging =
  | { readonly as: 'first' }
  | { readonly as: 'mistaken-income' }
  | { readonly as: 'listed-again' }
  | { readonly as: 'roof'; readonly side: 0 | 1; readonly entityId: string }
  | { readonly as: 'follow-up'; readonly entityId: string; readonly changes: Readonly<Record<string, string>> }

export interface Subjects {
  readonly size: number
  readonly outcomeOf: (index: number) => string | null
  readonly respondent: (index: number, staging: Staging, interviewer: string, date: string) => Respondent
  /** Answers by question name that put a mistaken first visit right. */
  readonly rightAnswers: (index: number) => Readonly<Record<string, string>>
}

export function openSubjects(subjects: SubjectChoice, form: Form | null): Subjects {
  return subjects.kind === 'population' ? populationSubjects(subjects.seed) : tableSubjects(subjects.choice, form)
}

function populationSubjects(seed: number): Subjects {
  const population = createPopulation({ seed })
  return {
    size: Number.MAX_SAFE_INTEGER,
    outcomeOf: index => population.household(index).truth.outcome,
    rightAnswers: index => mistakenIncome(population.household(index)).right,
    respondent: (index, staging, interviewer, date) => {
      const household = population.household(index)
      switch (staging.as) {
        case 'first':
          return respondentOf(seed, household, { date, interviewer })
        case 'mistaken-income':
          return respondentOf(seed, household, { date, interviewer, changes: mistakenIncome(household).wrong })
        case 'listed-again':
          return respondentOf(seed, listedAgain(seed, household), { date, interviewer })
        case 'roof': {
          const { entityId, side } = staging
          return respondentOf(seed, household, {
            date,
            interviewer,
            entityId,
            changes: { roof: roofRivals(household).answers[side] },
          })
        }
        case 'follow-up':
          return respondentOf(seed, household, {
            date,
            interviewer,
            entityId: staging.entityId,
            changes: staging.changes,
          })
      }
    },
  }
}

function tableSubjects(choice: ReplayChoice, form: Form | null): Subjects {
  if (form === null) throw new Error('a table is replayed through a form')
  if (!existsSync(choice.table)) unwrap(err(fault('table.unreadable', `${choice.table} is not there`)))
  const { rows } = unwrap(replayTable(form, unwrap(readTable(new Uint8Array(readFileSync(choice.table)))), choice))
  const row = (index: number) => {
    const found = rows[index]
    if (found === undefined) throw new Error(`the table has ${rows.length} rows, not ${index + 1}`)
    return found
  }
  return {
    size: rows.length,
    outcomeOf: index => row(index).outcome,
    rightAnswers: () => ({}),
    respondent: index => row(index).respondent,
  }
}
