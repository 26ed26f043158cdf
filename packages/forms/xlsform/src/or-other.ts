/** `select_one LIST or_other`: the list gets “Other”, and a text question asks what. */
import type { ChoiceList } from './choice-lists.ts'
import { madeQuestion } from './made-question.ts'
import { madeRow } from './sheet-rows.ts'
import type { SurveyNode } from './survey-node.ts'

export function withOthers(
  children: readonly SurveyNode[],
  lists: ReadonlyMap<string, ChoiceList>,
): readonly SurveyNode[] {
  const expand = (siblings: SurveyNode[]): SurveyNode[] => {
    for (let i = siblings.length - 1; i >= 0; i--) {
      const node = siblings[i]!
      expand(node.children)
      if (!node.orOther || node.list === null) continue
      const list = lists.get(node.list)
      if (list !== undefined && !list.items.some(item => item.value === 'other'))
        list.items.push({ value: 'other', row: madeRow(node.row, { label: 'Other', name: 'other' }), extra: [] })
      siblings.splice(i + 1, 0, specify(node))
    }
    return siblings
  }
  return expand([...children])
}

const specify = (node: SurveyNode): SurveyNode =>
  madeQuestion(node, 'text', `${node.name}_other`, {
    label: 'Specify other.',
    relevant: `selected(\${${node.name}}, 'other')`,
  })
