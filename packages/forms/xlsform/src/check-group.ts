/** What a row that begins a group, a repeat or a loop must have; and the names of all rows. */
import type { ChoiceList } from './choice-lists.ts'
import type { Report, SheetRow } from './sheet-rows.ts'
import type { SurveyNode } from './survey-node.ts'
import { isXmlName, NAME_RULE } from './xml-name.ts'

export function checkName(row: SheetRow, name: string, report: Report): void {
  if (isXmlName(name)) return
  report({
    severity: 'error',
    code: name === '' ? 'missing-name' : 'bad-name',
    message:
      name === '' ? `This row has no name. Give it one. ${NAME_RULE}` : `“${name}” cannot be a name. ${NAME_RULE}`,
    sheet: row.sheet,
    row: row.row,
    column: row.header('name'),
  })
}

/** Media of a group say what it is about as well as a label does. */
const CAPTIONS = ['label', 'image', 'audio', 'video', 'big-image']

export function checkGroup(node: SurveyNode, lists: ReadonlyMap<string, ChoiceList>, report: Report): void {
  const { row, is, name, loopOver } = node
  const tell = (severity: 'error' | 'warning', code: string, column: string, message: string): void =>
    report({ severity, code, message, sheet: row.sheet, row: row.row, column: row.header(column) })
  if (is === 'repeat' && CAPTIONS.every(key => row.byLanguage(key).size === 0))
    tell(
      'warning',
      'missing-label',
      'label',
      `The repeat “${name}” has no label: the officer is asked to add one more of what? Fill it in.`,
    )
  const required = row.cell('required')
  if (required !== '' && !/^(?:no|false(?:\(\))?)$/i.test(required))
    tell(
      'warning',
      'required-group',
      'required',
      `A ${loopOver === null ? is : 'loop'} cannot be required, so this is left out. Clear the cell, or require a question inside.`,
    )
  if (loopOver === '')
    tell(
      'error',
      'missing-list',
      'type',
      'This loop names no list. Write “begin loop over LIST” with a list of the choices sheet.',
    )
  else if (loopOver !== null && !lists.has(loopOver))
    tell(
      'error',
      'missing-list',
      'type',
      `There is no list “${loopOver}” on the choices sheet to loop over. Add it, or correct the name.`,
    )
}
