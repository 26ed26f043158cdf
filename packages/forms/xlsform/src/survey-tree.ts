/**
 * The survey sheet as a tree: groups and repeats hold what stands between begin and end.
 *
 * Not here: whether names, references and lists of the whole fit together (`check-names.ts`,
 * `check-references.ts`, `check-instances.ts`), and what stands for several rows
 * (`or-other.ts`, `loops.ts`, `table-lists.ts`).
 */
import { checkAudit } from './audit-parameters.ts'
import { editDistance } from './sheet-names.ts'
import { changedRow, type Report, type SheetRow, type SheetRows } from './sheet-rows.ts'
import type { AttachedRow, Survey, SurveyNode } from './survey-node.ts'
import { readParameters, type Parameters } from './parameters.ts'
import { checkQuestion, type Lists } from './check-question.ts'
import { checkGroup, checkName } from './check-group.ts'
import { knownTypes, readType, type ReadType } from './question-types.ts'
import { asTable, intoTable, isTable, type OpenTable } from './table-lists.ts'
import { readTriggers } from './triggers.ts'

const YES = /^(?:yes|true(?:\(\))?)$/i

interface Reading {
  readonly children: SurveyNode[]
  readonly open: SurveyNode[]
  readonly attached: AttachedRow[]
  readonly settings: Map<string, string>
  audit: SheetRow | null
  table: OpenTable | null
}

export function readSurvey(sheet: SheetRows, lists: Lists, report: Report): Survey {
  const { columns, rows, headerRow } = sheet
  if (!columns.some(({ key }) => key === 'type'))
    report({
      severity: 'error',
      code: 'missing-column',
      message: `The survey sheet has no column “type” in its first row. Write the headers type, name and label there.`,
      sheet: 'survey',
      row: headerRow,
      column: 'type',
    })
  const reading: Reading = { children: [], open: [], attached: [], settings: new Map(), audit: null, table: null }
  if (columns.some(({ key }) => key === 'type')) for (const row of rows) readRow(row, reading, lists, report)
  for (const { is, name, row, loopOver } of reading.open.reverse()) {
    const what = loopOver === null ? is : 'loop'
    tell(
      row,
      report,
      'unbalanced-begin',
      'type',
      `The ${what}${name === '' ? '' : ` “${name}”`} is never ended. Add “end ${what}” after its last question.`,
    )
  }
  const { children, attached, settings, audit } = reading
  return { children, audit, attached: attached.map(one => one.fileName), attachedRows: attached, settings }
}

function tell(
  row: SheetRow,
  report: Report,
  code: string,
  column: string,
  message: string,
  severity: 'error' | 'warning' = 'error',
): void {
  report({ severity, code, message, sheet: 'survey', row: row.row, column: row.header(column) })
}

function readRow(row: SheetRow, reading: Reading, lists: Lists, report: Report): void {
  const text = row.cell('type')
  const disabled = row.cell('disabled')
  if (disabled !== '')
    tell(
      row,
      report,
      'disabled-row',
      'disabled',
      'The column “disabled” is read by few tools. Use relevant to hide a question, or delete the row.',
      'warning',
    )
  if (YES.test(disabled) || isComment(row)) return
  if (text === '') return readUntyped(row, report)
  const read = readType(text)
  if (read === undefined) return tell(row, report, 'unknown-type', 'type', unknownType(text))
  const parameters = readParameters(row, report)
  if (read.is === 'audit') {
    checkAudit(row, parameters, report)
    if (reading.audit !== null)
      tell(
        row,
        report,
        'duplicate-name',
        'type',
        `The form has an audit in row ${reading.audit.row} already. Remove one of the rows.`,
      )
    reading.audit = row
  } else if (read.is === 'setting') reading.settings.set(read.key, row.cell('name'))
  else if (read.is === 'end') close(row, read.of, reading, report)
  else place(row, read, parameters, reading, lists, report)
}

/** A row that says nothing but what its author noted for themselves. */
const isComment = (row: SheetRow): boolean => row.cell('type').startsWith('#')

function readUntyped(row: SheetRow, report: Report): void {
  if (row.cell('name') !== '' || row.cell('label') !== '')
    tell(row, report, 'missing-type', 'type', 'This row has no type. Write one, or clear the row.')
  else if (row.written().some(([column]) => column.key !== 'disabled'))
    tell(
      row,
      report,
      'comment-row',
      'type',
      'This row has no type, name or label, and is left out. Fill them in, or clear the row.',
      'warning',
    )
}

function close(row: SheetRow, of: 'group' | 'repeat' | 'loop', reading: Reading, report: Report): void {
  const { open } = reading
  if (row.cell('save_to') !== '')
    tell(row, report, 'bad-save-to', 'save_to', 'The end of a group or repeat has no value to save. Clear the cell.')
  reading.table = null
  const last = open.pop()
  if (last === undefined)
    return tell(
      row,
      report,
      'unbalanced-end',
      'type',
      `No ${of} is open that could end here. Remove this row, or add the “begin ${of}” that is missing above it.`,
    )
  const is = last.loopOver === null ? last.is : 'loop'
  if (of !== is)
    tell(
      row,
      report,
      'unbalanced-end',
      'type',
      `This ends a ${of}, but the ${is} “${last.name}” of row ${last.row.row} is open. Write “end ${is}”, or end the ${of} where it belongs.`,
    )
}

function place(
  row: SheetRow,
  read: Extract<ReadType, { is: 'question' | 'begin' | 'attached' }>,
  parameters: Parameters,
  reading: Reading,
  lists: Lists,
  report: Report,
): void {
  const isNote = read.is === 'question' && read.type.name === 'note'
  const name = row.cell('name') || (isNote ? `generated_note_name_${row.row}` : '')
  checkName(row, name, report)
  const parent = reading.open.at(-1) ?? null
  const common = { name, row, parent, children: [], triggers: readTriggers(row, report) }
  if (read.is === 'attached') return attach(row, name, read.ending, reading, report)
  if (read.is === 'begin') {
    const begun: SurveyNode = {
      ...common,
      is: read.of === 'repeat' ? 'repeat' : 'group',
      type: null,
      list: null,
      file: null,
      answersOf: null,
      orOther: false,
      loopOver: read.of === 'loop' ? (read.list ?? '') : null,
      parameters,
      attributes: { bind: {}, body: row.cell('intent') === '' ? {} : { intent: row.cell('intent') } },
    }
    checkGroup(begun, lists.choices, report)
    const node = isTable(begun) ? asTable(begun) : begun
    if (node !== begun) reading.table = { first: null }
    siblings(reading).push(node)
    reading.open.push(node)
    return
  }
  const { type, list, file, answersOf, orOther } = read
  const filled = type.cells === undefined ? row : changedRow(row, (text, _, key) => text || (type.cells?.[key] ?? ''))
  const asked = { ...common, is: 'question' as const, row: filled, type, list, file, answersOf, orOther }
  const node = checkQuestion({ ...asked, loopOver: null, parameters }, lists, report)
  siblings(reading).push(...(reading.table === null ? [node] : intoTable(node, reading.table, report)))
}

const siblings = ({ open, children }: Reading): SurveyNode[] => open.at(-1)?.children ?? children

function attach(row: SheetRow, name: string, ending: string, { attached, open }: Reading, report: Report): void {
  if (open.some(({ is }) => is === 'repeat'))
    tell(
      row,
      report,
      'attached-in-repeat',
      'type',
      'A list for look-ups belongs to the whole form, not to the rows of a repeat. Move it out of the repeat.',
      'warning',
    )
  const twin = attached.find(one => one.name === name)
  if (twin !== undefined)
    tell(
      row,
      report,
      'duplicate-instance',
      'name',
      `The list “${name}” is attached in row ${twin.row.row} already. Remove this row, or give it another name.`,
    )
  attached.push({ name, fileName: `${name}.${ending}`, row, parent: open.at(-1) ?? null })
}

function unknownType(text: string): string {
  if (/^select[_ ](one|multiple)$/i.test(text))
    return `“${text}” names no list. Write “${text} LIST” with a list of the choices sheet.`
  if (/^(?:select[_ ](?:one|multiple)|rank) \S+ \S/i.test(text))
    return `“${text}” is read as a list whose name has a space. Write _ instead, here and on the choices sheet.`
  const word = text.toLowerCase()
  const near = knownTypes().find(
    type => editDistance(type.toLowerCase(), word) <= 2 || type.toLowerCase().startsWith(word.slice(0, 4)),
  )
  const hint = near === undefined ? '' : ` Did you mean “${near}”?`
  return `The type “${text}” is not known.${hint} Known are: ${knownTypes().join(', ')}.`
}
