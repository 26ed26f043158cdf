/** `select_one LIST or_other`: the list gets “Other”, and a text question asks what. */
import type { ChoiceList } from './choice-lists.ts'
import { readType } from './question-types.ts'
import type { SheetRow } from './sheet-rows.ts'
import type { Survey, SurveyNode } from './survey-tree.ts'

export function withOthers(survey: Survey, lists: ReadonlyMap<string, ChoiceList>): Survey {
  const expand = (siblings: SurveyNode[]): void => {
    for (let i = siblings.length - 1; i >= 0; i--) {
      const node = siblings[i]!
      expand(node.children)
      if (!node.orOther || node.list === null) continue
      const list = lists.get(node.list)
      if (list !== undefined && !list.items.some(item => item.value === 'other'))
        list.items.push({ value: 'other', row: madeRow(node.row, { label: 'Other', name: 'other' }), extra: [] })
      siblings.splice(i + 1, 0, specify(node))
    }
  }
  const children = [...survey.children]
  expand(children)
  return { ...survey, children }
}

function specify(node: SurveyNode): SurveyNode {
  const text = readType('text')
  const relevant = `selected(\${${node.name}}, 'other')`
  return {
    is: 'question',
    name: `${node.name}_other`,
    row: madeRow(node.row, { label: 'Specify other.', relevant }),
    parent: node.parent,
    children: [],
    type: text?.is === 'question' ? text.type : null,
    list: null,
    file: null,
    orOther: false,
  }
}

/** A row that nobody wrote, at the address of the one that asked for it. */
const madeRow = (at: SheetRow, cells: Readonly<Record<string, string>>): SheetRow => ({
  ...at,
  keys: () => Object.keys(cells),
  cell: key => cells[key] ?? '',
  byLanguage: key => new Map(cells[key] === undefined ? [] : [['', cells[key]]]),
})
