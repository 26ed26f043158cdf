/**
 * What is true of one household: the answers it gives when it is asked, and what became of it.
 *
 * Not here: how it is drawn (`draw-*.ts`), what the outcome depends on (`vulnerability.ts`),
 * and the slips an interviewer makes on the way (`slips.ts`).
 */
import type { Language, Region } from './places-and-names.ts'

/** XForm string values by question name. */
export type AnswersByName = Readonly<Record<string, string>>

/** What the form calculates, said again by the generator; a test holds the two together. */
export interface Derived {
  readonly householdSize: number
  readonly children: number
  readonly elders: number
  /** Dependants to a person of working age. */
  readonly dependencyRatio: number
  readonly childrenOutOfSchool: number
  readonly membersWithDisability: number
  readonly headAge: number
  readonly femaleHeaded: boolean
  readonly personsPerRoom: number
  readonly assetCount: number
  readonly livestockUnits: number
  /** Of 8 items. */
  readonly foodInsecurityScore: number
  /** Shillings a month. */
  readonly incomePerPerson: number
  readonly shockCount: number
}

export type Outcome = 'vulnerable' | 'not_vulnerable'

export interface Household {
  readonly index: number
  readonly region: Region
  readonly language: Language
  /** Outside the roster; what is not relevant for this household is absent or never asked. */
  readonly answers: AnswersByName
  /** The roster, the head first. */
  readonly members: readonly AnswersByName[]
  readonly truth: {
    /** Of `vulnerable`, given every answer above. */
    readonly probability: number
    readonly outcome: Outcome
  }
}
