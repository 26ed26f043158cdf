/** The survey sheet as a tree: groups and repeats hold what stands between begin and end. */
import type { SheetRow, SheetRows, Report } from './sheet-rows.ts'
import { knownTypes, readType, type QuestionType } from './question-types.ts'

export interface SurveyNode {
  readonly is: 'question' | 'group' | 'repeat'
  readonly name: string
  readonly row: SheetRow
  readonly parent: SurveyNode | null
  readonly children: SurveyNode[]
  readonly type: QuestionType | null
  readonly list: string | null
  readonly file: string | null
  readonly orOther: boolean
}

export interface Survey {
  readonly children: readonly SurveyNode[]
  readonly audit: SheetRow | null
  /** File names of lists for look-ups. */
  readonly attached: readonly string[]
}

const XML_NAME = /^[\p{L}_][\p{L}\p{N}\p{M}._-]*$/u

export function readSurvey({ rows }: SheetRows, report: Report): Survey {
  const children: SurveyNode[] = []
  const open: SurveyNode[] = []
  const attached: string[] = []
  let audit: SheetRow | null = null

  const refuse = (row: SheetRow, code: string, column: string, message: string): void =>
    report({ severity: 'error', code, message, sheet: 'survey', row: row.row, column: row.header(column) })

  const place = (node: SurveyNode): void => {
    const siblings = node.parent?.children ?? children
    const twin = siblings.find(one => one.name === node.name)
    if (twin !== undefined)
      refuse(
        node.row,
        'duplicate-name',
        'name',
        `The name “${node.name}” already stands in row ${twin.row.row} of the same group. Give one of them another name.`,
      )
    siblings.push(node)
  }

  function close(row: SheetRow, of: 'group' | 'repeat'): void {
    const last = open.pop()
    if (last === undefined)
      refuse(
        row,
        'unbalanced-end',
        'type',
        'Nothing is open that could end here. Remove this row, or add the begin that is missing above it.',
      )
    else if (of !== last.is)
      refuse(
        row,
        'unbalanced-end',
        'type',
        `This ends a ${of}, but the ${last.is} “${last.name}” of row ${last.row.row} is open. Write “end ${last.is}”, or end the ${of} where it belongs.`,
      )
  }

  for (const row of rows) {
    const text = row.cell('type')
    if (/^(yes|true)$/i.test(row.cell('disabled'))) continue
    if (text === '') {
      if (row.cell('name') !== '' || row.cell('label') !== '')
        refuse(row, 'missing-type', 'type', 'This row has no type. Write one, or clear the row.')
      continue
    }
    const read = readType(text)
    if (read === undefined) {
      refuse(row, 'unknown-type', 'type', unknownType(text))
      continue
    }
    if (read.is === 'audit') {
      audit = row
      continue
    }
    if (read.is === 'attached') {
      attached.push(`${row.cell('name')}.${read.ending}`)
      continue
    }
    if (read.is === 'end') {
      close(row, read.of)
      continue
    }
    const name = row.cell('name') || (read.is === 'question' && read.type.preload !== undefined ? read.type.name : '')
    if (!XML_NAME.test(name)) {
      const message =
        name === ''
          ? 'This row has no name. Give it one: letters, digits, _ and -, not beginning with a digit.'
          : `“${name}” cannot be a name. Use letters, digits, _ and -, and do not begin with a digit.`
      refuse(row, name === '' ? 'missing-name' : 'bad-name', 'name', message)
    }
    const parent = open.at(-1) ?? null
    const common = { name, row, parent, children: [] }
    if (read.is === 'begin') {
      const node: SurveyNode = { ...common, is: read.of, type: null, list: null, file: null, orOther: false }
      place(node)
      open.push(node)
    } else {
      const { type, list, file, orOther } = read
      place({ ...common, is: 'question', type, list, file, orOther })
    }
  }
  for (const node of open.reverse())
    refuse(
      node.row,
      'unbalanced-begin',
      'type',
      `The ${node.is} “${node.name}” is never ended. Add “end ${node.is}” after its last question.`,
    )
  return { children, audit, attached }
}

function unknownType(text: string): string {
  if (/^select[_ ](one|multiple)$/i.test(text))
    return `“${text}” names no list. Write “${text} LIST” with a list of the choices sheet.`
  const word = text.toLowerCase()
  const near = knownTypes().find(type => type.toLowerCase().startsWith(word.slice(0, 4)))
  const hint = near === undefined ? '' : ` Did you mean “${near}”?`
  return `The type “${text}” is not known.${hint} Known are: ${knownTypes().join(', ')}.`
}

export function* everyNode(children: readonly SurveyNode[]): Generator<SurveyNode> {
  for (const child of children) {
    yield child
    yield* everyNode(child.children)
  }
}
