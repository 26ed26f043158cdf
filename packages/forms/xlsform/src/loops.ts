/**
 * `begin loop over LIST`: the questions inside are asked once for each choice. The loop's
 * group gets a group for each choice, and `%(name)s`, `%(label)s` or another column of the
 * choices stands for the choice in every text of its questions.
 */
import type { ChoiceItem, ChoiceList } from './choice-lists.ts'
import { NO_ATTRIBUTES } from './parameters.ts'
import { changedRow, type SheetRow } from './sheet-rows.ts'
import type { SurveyNode } from './survey-node.ts'

/** “None” of a list of several choices is nothing to ask about. */
const NONE = 'none'

export function withLoops(
  children: readonly SurveyNode[],
  lists: ReadonlyMap<string, ChoiceList>,
): readonly SurveyNode[] {
  const expand = (node: SurveyNode): void => {
    for (const child of node.children) expand(child)
    if (node.loopOver === null) return
    const items = (lists.get(node.loopOver)?.items ?? []).filter(item => item.value !== NONE)
    const inside = node.children.splice(0)
    node.children.push(...items.map(item => groupOf(item, node, inside)))
  }
  for (const child of children) expand(child)
  return children
}

function groupOf(item: ChoiceItem, loop: SurveyNode, inside: readonly SurveyNode[]): SurveyNode {
  const group: SurveyNode = {
    ...loop,
    name: item.value,
    row: changedRow(item.row, (text, _, key) => (CAPTIONS.has(key) ? text : '')),
    parent: loop,
    children: [],
    loopOver: null,
    parameters: new Map(),
    attributes: NO_ATTRIBUTES,
    triggers: [],
  }
  group.children.push(...inside.map(child => copyFor(item, child, group)))
  return group
}

const CAPTIONS: ReadonlySet<string> = new Set(['label', 'image', 'audio', 'video', 'big-image'])

function copyFor(item: ChoiceItem, node: SurveyNode, parent: SurveyNode): SurveyNode {
  const copy: SurveyNode = {
    ...node,
    name: fill(node.name, item.row, null),
    row: changedRow(node.row, (text, language) => fill(text, item.row, language)),
    parent,
    children: [],
  }
  copy.children.push(...node.children.map(child => copyFor(item, child, copy)))
  return copy
}

const fill = (text: string, choice: SheetRow, language: string | null): string =>
  text.replace(/%\(([^)]+)\)s/g, (_, key: string) => choice.byLanguage(key).get(language ?? '') ?? choice.cell(key))
