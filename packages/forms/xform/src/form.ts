/**
 * What the house sees of a compiled form: names, kinds and texts of its questions.
 *
 * A question is named by its `path`, the node path below the root element without repeat
 * positions (`roster/age`); an answer by its `ref`, the same with positions (`roster[2]/age`).
 *
 * Not here: how a form is read (`read-xform.ts`), or filled in (`session.ts`).
 */
import type { FaultOf, FormId } from '@murram/ground'
import type { EntityDeclaration, EntitySpec, Program, QuestionKind, Sensitivity } from './program.ts'

/** XForm string values by ref; `''` is a blank answer, an absent ref was not asked. */
export type Answers = Readonly<Record<string, string>>

/** File names; where the files lie is the host's business. */
export interface Media {
  readonly image?: string
  readonly bigImage?: string
  readonly audio?: string
  readonly video?: string
}

export interface Choice {
  readonly value: string
  readonly label: string
  readonly media?: Media
  /** Of a list that is chosen from on a map: a point, line or shape as ODK writes it. */
  readonly geometry?: string
}

export interface QuestionInfo {
  readonly path: string
  readonly name: string
  readonly kind: QuestionKind
  /** Path of the innermost repeat around it. */
  readonly repeat: string | null
  readonly label: (language: string) => string
  /** The whole list, before any filter. */
  readonly choices: (language: string) => readonly Choice[]
  /** Required whatever was answered before. */
  readonly required: boolean
  readonly feature: boolean
  readonly outcome: boolean
  readonly sensitive: Sensitivity
  readonly saveTo: string | null
  readonly readOnly: boolean
}

export interface Form {
  readonly formId: FormId
  readonly version: string
  readonly title: string
  readonly languages: readonly string[]
  readonly defaultLanguage: string
  /** Plain JSON: what a device stores and `loadProgram` restores. */
  readonly program: Program
  /** Every leaf outside `meta`, in document order, calculated ones included. */
  readonly questions: readonly QuestionInfo[]
  /** The first one at the root. */
  readonly entity: EntityDeclaration | null
  readonly entities: readonly EntitySpec[]
  /** Names of all files that the form refers to: lists, and media of its texts. */
  readonly attachments: readonly string[]
  /** Names of lists that nobody gave: they are empty. Asks for each file when it is first read. */
  readonly missingAttachments: readonly string[]
  /** What is wrong with the lists that were given. Reads every list. */
  readonly damagedAttachments: readonly FaultOf<'form.invalid'>[]
  /** What the form asks for and this engine does not do. */
  readonly warnings: readonly string[]
}
