/**
 * What one question must have: its list, its parameters, something to show. Answers with the
 * node that the form is built from.
 */
import type { ChoiceItem, ChoiceList } from './choice-lists.ts'
import { checkParameters } from './parameters.ts'
import { readRange } from './range-parameters.ts'
import { similarSheetHint } from './sheet-names.ts'
import type { Report } from './sheet-rows.ts'
import type { SurveyNode } from './survey-node.ts'
import type { Sheet } from './sheet.ts'

export interface Lists {
  readonly choices: ReadonlyMap<string, ChoiceList>
  /** Names of the lists of the external_choices sheet. */
  readonly external: ReadonlySet<string>
  readonly sheets: readonly Sheet[]
}

type Asked = Omit<SurveyNode, 'attributes'>
type Tell = (code: string, column: string, message: string, severity?: 'error' | 'warning') => void

export function checkQuestion(node: Asked, lists: Lists, report: Report): SurveyNode {
  const { row, type } = node
  const tell: Tell = (code, column, message, severity = 'error') =>
    report({ severity, code, message, sheet: row.sheet, row: row.row, column: row.header(column) })
  const kind = type?.name ?? ''
  if (kind === 'select_one_external') checkExternal(node, lists, tell)
  else if (/^select|^rank/.test(kind)) checkSelect(node, lists, tell, report)
  checkByType(node, tell)
  checkLabel(node, tell)
  checkMedia(node, tell)
  const appearance = row.cell('appearance')
  if (kind === 'range') {
    const { body, isDecimal, labels } = readRange(row, node.parameters, appearance, lists.choices, report)
    const bound = isDecimal ? { ...type!, bind: 'decimal' } : type
    return { ...node, type: bound, list: labels, attributes: { bind: {}, body } }
  }
  const rules = node.file === null ? kind : 'select from file'
  return {
    ...node,
    attributes: checkParameters(rules, row, node.parameters, appearance, report),
  }
}

function checkSelect({ row, type, list, file, orOther }: Asked, lists: Lists, tell: Tell, report: Report): void {
  if (file !== null && !/^[^.]+\.(?:csv|xml|geojson)$/.test(file))
    tell(
      'bad-file',
      'type',
      `“${row.cell('type')}” names no file that choices can come from: its name must end in .csv, .xml or .geojson. Correct it.`,
    )
  const items = list === null ? undefined : lists.choices.get(list)?.items
  if (list !== null && items === undefined) tell('missing-list', 'type', missingList(list, lists))
  if (type?.name === 'select_multiple') for (const item of items ?? []) checkChoiceName(item, list!, report)
  if (!orOther) return
  if (row.cell('choice_filter') !== '')
    tell(
      'or-other-with-filter',
      'choice_filter',
      'or_other cannot go with a choice_filter. Add a choice “other” to the list and ask for it in a question of your own.',
    )
  if (list === null || items?.length === 0)
    tell(
      'or-other-without-list',
      'type',
      'or_other needs a list of the choices sheet. Remove or_other, or write a list.',
    )
}

function checkChoiceName({ value, row }: ChoiceItem, list: string, report: Report): void {
  if (!/\s/.test(value)) return
  report({
    severity: 'error',
    code: 'bad-choice-name',
    message: `The choice “${value}” of the list “${list}” has a space in its name, which separates the answers to several choices. Use _ instead.`,
    sheet: row.sheet,
    row: row.row,
    column: row.header('name'),
  })
}

function missingList(list: string, { choices, sheets }: Lists): string {
  if (choices.size === 0 && !sheets.some(({ name }) => name.trim().toLowerCase() === 'choices'))
    return `There is no choices sheet with a list “${list}”.${similarSheetHint(sheets, 'choices')} Add the sheet with the columns list_name, name and label.`
  const near = [...choices.keys()].find(known => known.toLowerCase() === list.toLowerCase())
  const hint = near === undefined ? 'Add it to the choices sheet, or correct the name.' : `Did you mean “${near}”?`
  return `There is no list “${list}” on the choices sheet. ${hint}`
}

function checkExternal({ row, list }: Asked, { external, sheets }: Lists, tell: Tell): void {
  if (row.cell('choice_filter') === '')
    tell(
      'external-without-filter',
      'choice_filter',
      'select_one_external is meant for long lists with a choice_filter. Add one, or use select_one.',
      'warning',
    )
  if (external.size === 0)
    tell(
      'missing-list',
      'type',
      `There is no external_choices sheet with a list “${list}”.${similarSheetHint(sheets, 'external_choices')} Add the sheet with the columns list_name, name and label.`,
    )
  else if (!external.has(list ?? ''))
    tell(
      'missing-list',
      'type',
      `There is no list “${list}” on the external_choices sheet. Add it, or correct the name.`,
    )
}

const RETIRED: ReadonlySet<string> = new Set(['simserial', 'subscriberid'])

function checkByType({ row, type, name, parameters, triggers }: Asked, tell: Tell): void {
  const kind = type?.name ?? ''
  if (RETIRED.has(kind))
    tell(
      'retired-type',
      'type',
      `${kind} stays empty on most devices: Android gives it to no app since version 10. Remove the row.`,
      'warning',
    )
  if (kind === 'image' && !parameters.has('max-pixels'))
    tell(
      'missing-max-pixels',
      'parameters',
      `“${name}” keeps pictures in full size. Add max-pixels=1024 or so: it saves storage and time to send.`,
      'warning',
    )
  if (kind === 'calculate' && row.cell('calculation') === '' && !isCalculatedDefault(row.cell('default')))
    tell('missing-calculation', 'calculation', `“${name}” is calculated, but nothing says how. Fill in calculation.`)
  if (kind !== 'background-geopoint') return
  if (triggers.length === 0)
    tell(
      'missing-trigger',
      'trigger',
      `A background-geopoint is taken when a question changes. Say in trigger which one, e.g. \${age}.`,
    )
  if (row.cell('calculation') !== '')
    tell(
      'calculated-geopoint',
      'calculation',
      `“${name}” is taken from the device and cannot be calculated. Clear the cell.`,
    )
}

/** A default that is an expression: a reference, a call, arithmetic. */
const isCalculatedDefault = (text: string): boolean => /\$\{|[\w-]\(|[*+|]|(?:^|\s)-|\s(?:div|mod)\s/.test(text)

/** A question that is calculated and shows nothing is no question on the screen. */
export function isShown({ type, row, triggers }: Pick<SurveyNode, 'type' | 'row' | 'triggers'>): boolean {
  if (type === null || type.control === null) return false
  const isSet = row.cell('calculation') !== '' || triggers.length > 0
  return !isSet || row.byLanguage('label').size > 0 || row.byLanguage('hint').size > 0
}

function checkLabel(node: Asked, tell: Tell): void {
  const { row, name } = node
  if (!isShown(node)) return
  const has = (...keys: readonly string[]): boolean => keys.some(key => row.byLanguage(key).size > 0)
  if (!has('label', 'hint', 'image', 'audio', 'video', 'big-image') && row.cell('appearance') !== 'label')
    tell('missing-label', 'label', `“${name}” has no label or hint: the officer sees nothing to ask. Fill in label.`)
  if (has('big-image') && !has('image'))
    tell(
      'big-image-alone',
      'big-image',
      `“${name}” has a big-image, which opens from an image. You must also specify an image.`,
    )
}

const MEDIA = 'media::'

function checkMedia({ row }: Asked, tell: Tell): void {
  for (const key of row.keys())
    if (key.startsWith(MEDIA) && row.cell(key) !== '')
      tell(
        'unknown-media',
        key,
        `“${key.slice(MEDIA.length)}” is no kind of media that a form can show. Use image, big-image, audio or video.`,
      )
}
