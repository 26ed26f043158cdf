/** One row of the survey in the tree that the form is built from, and the tree as a whole. */
import type { ParameterAttributes, Parameters } from './parameters.ts'
import type { QuestionType } from './question-types.ts'
import type { SheetRow } from './sheet-rows.ts'

export interface SurveyNode {
  readonly is: 'question' | 'group' | 'repeat'
  readonly name: string
  readonly row: SheetRow
  readonly parent: SurveyNode | null
  readonly children: SurveyNode[]
  readonly type: QuestionType | null
  /** List of the choices sheet that is chosen from (of external_choices or osm, for those types). */
  readonly list: string | null
  readonly file: string | null
  /** Question of a repeat whose answers are the choices. */
  readonly answersOf: string | null
  readonly orOther: boolean
  /** List that a loop goes over; its group holds a copy of its questions for each choice. */
  readonly loopOver: string | null
  /** Keys in lower case. */
  readonly parameters: Parameters
  /** What the parameters write on the bind and on the control. */
  readonly attributes: ParameterAttributes
  /** Questions whose change sets this one. */
  readonly triggers: readonly string[]
}

export interface Survey {
  readonly children: readonly SurveyNode[]
  readonly audit: SheetRow | null
  /** File names of lists for look-ups. */
  readonly attached: readonly string[]
  readonly attachedRows: readonly AttachedRow[]
  /** Settings that stand on the survey sheet, as long ago. */
  readonly settings: ReadonlyMap<string, string>
}

/** A list for look-ups: `instance('name')`. */
export interface AttachedRow {
  readonly name: string
  readonly fileName: string
  readonly row: SheetRow
  readonly parent: SurveyNode | null
}

export function* everyNode(children: readonly SurveyNode[]): Generator<SurveyNode> {
  for (const child of children) {
    yield child
    yield* everyNode(child.children)
  }
}
