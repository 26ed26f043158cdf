/** A question that nobody wrote, beside the one that asked for it. */
import { madeNode } from './made-node.ts'
import { readType } from './question-types.ts'
import { madeRow } from './sheet-rows.ts'
import type { SurveyNode } from './survey-node.ts'

export function madeQuestion(
  beside: Pick<SurveyNode, 'row' | 'parent'>,
  typeName: string,
  name: string,
  cells: Readonly<Record<string, string>>,
): SurveyNode {
  const read = readType(typeName)
  const type = read?.is === 'question' ? read.type : null
  return { ...madeNode('question', name, madeRow(beside.row, cells), beside.parent), type }
}
