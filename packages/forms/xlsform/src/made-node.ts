/** Nodes of the form that no row of the survey asks for: of an entity, of the count of a repeat. */
import type { SheetRow } from './sheet-rows.ts'
import type { SurveyNode } from './survey-node.ts'

/** @param row Whose address is named where something is wrong. */
export const madeNode = (is: SurveyNode['is'], name: string, row: SheetRow, parent: SurveyNode | null): SurveyNode => ({
  is,
  name,
  row,
  parent,
  children: [],
  type: null,
  list: null,
  file: null,
  answersOf: null,
  orOther: false,
  loopOver: null,
  parameters: new Map(),
  attributes: { bind: {}, body: {} },
  triggers: [],
})
