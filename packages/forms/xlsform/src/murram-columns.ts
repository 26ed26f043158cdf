/**
 * Columns beyond ODK, and what plain XForms they become:
 *
 *     constraint_2 … constraint_9, constraint_message_2 …    more rules, each with its message
 *     soft_constraint, soft_constraint_message, … _2 … _9    an answer may break these with a reason
 *
 * ODK tools read one `constraint` (all rules joined, with the first message), and ask for the
 * reason as a required text question that comes up while a soft constraint does not hold:
 * `age` is followed by `age_reason`, a column like any other in every export. The bind keeps
 * the single rules beside that in attributes of our own namespace, which other tools ignore.
 *
 *   R1 a rule is never lost: what our engine refuses, the joined constraint refuses too
 *   R2 a reason is as secret as the answer that it explains
 *
 * Not here: how a form that has these is run (`read/rules.ts` and `run/violations.ts` of xform).
 */
import { HARD, OURS, SOFT, type RuleColumns } from './murram-column-names.ts'
import { NO_ATTRIBUTES } from './parameters.ts'
import { readType } from './question-types.ts'
import type { References } from './references.ts'
import { rebased } from './rebased.ts'
import type { Report, SheetRow } from './sheet-rows.ts'
import { everyNode, type Survey, type SurveyNode } from './survey-node.ts'
import type { Translations } from './translations.ts'

const given = (columns: readonly RuleColumns[], row: SheetRow): readonly RuleColumns[] =>
  columns.filter(({ rule }) => row.cell(rule) !== '')

/** Questions that take no answer, or whose answer no person gives. */
const takesRules = ({ is, type }: SurveyNode): boolean =>
  is === 'question' && type !== null && type.name !== 'note' && type.preload === undefined

/** Puts a question for the reason after each question that has a soft constraint. */
export function withReasons(survey: Survey, report: Report): Survey {
  const sealed = [...everyNode(survey.children)].filter(isSealed).map(node => node.name)
  const expand = (siblings: SurveyNode[]): void => {
    for (let i = siblings.length - 1; i >= 0; i--) {
      const node = siblings[i]!
      expand(node.children)
      if (!checkRules(node, sealed, report)) continue
      const name = `${node.name}_reason`
      const taken = siblings.find(one => one.name.toLowerCase() === name.toLowerCase())
      if (taken !== undefined)
        report({
          severity: 'error',
          code: 'reason-name-taken',
          message: `“${name}” keeps the reason for answers of “${node.name}” that break its soft constraint, but row ${taken.row.row} has that name. Give that row another name.`,
          sheet: 'survey',
          row: taken.row.row,
          column: taken.row.header('name'),
        })
      else siblings.splice(i + 1, 0, reasonOf(node, name))
    }
  }
  const children = [...survey.children]
  expand(children)
  return { ...survey, children }
}

const isSealed = ({ row }: SurveyNode): boolean => row.cell('sensitive').toLowerCase() === 'sealed'

/** Whether the question has soft constraints that can be built. */
function checkRules(node: SurveyNode, sealed: readonly string[], report: Report): boolean {
  const { row, name } = node
  let isSound = true
  const refuse = (code: string, column: string, message: string): void => {
    isSound = false
    report({ severity: 'error', code, message, sheet: 'survey', row: row.row, column: row.header(column) })
  }
  for (const { rule, message } of OURS)
    if (row.cell(message) !== '' && row.cell(rule) === '')
      refuse(
        'message-without-constraint',
        message,
        `There is a ${message} but no ${rule} that it belongs to. Fill in ${rule}, or clear this cell.`,
      )
  const soft = given(SOFT, row)
  if (!takesRules(node))
    for (const { rule } of [...given(HARD.slice(1), row), ...soft])
      refuse(
        'constraint-misplaced',
        rule,
        `“${name}” takes no answer from a person, so there is nothing that ${rule} could check. Move it to the question that is answered.`,
      )
  for (const { rule, message } of soft) {
    if (row.cell(message) === '')
      refuse(
        'missing-soft-message',
        message,
        `The officer is asked why the answer stands, but ${message} does not say what is unusual. Fill it in.`,
      )
    if (isSealed(node)) continue
    for (const other of sealed)
      if ([row.cell(rule), ...row.byLanguage(message).values()].some(text => names(text, other)))
        refuse(
          'sealed-in-use',
          rule,
          `“${other}” is sealed: the reason that is given here would speak of it in the open. Seal “${name}” too, or leave “${other}” out.`,
        )
  }
  return isSound && soft.length > 0
}

const names = (text: string, name: string): boolean =>
  [...text.matchAll(/\$\{\s*([^}]*?)\s*\}/g)].some(found => found[1] === name)

/** The question that every tool asks while a soft constraint does not hold. */
function reasonOf(node: SurveyNode, name: string): SurveyNode {
  const text = readType('text')
  const { row } = node
  const rules = given(SOFT, row)
  const broken = rules.map(({ rule }) => `not(${rebased(row.cell(rule), `../${node.name}`)})`)
  const cells: Readonly<Record<string, string>> = {
    type: 'text',
    name,
    relevant: `../${node.name} != '' and ${broken.length === 1 ? broken[0]! : `(${broken.join(' or ')})`}`,
    required: 'yes',
    sensitive: row.cell('sensitive'),
    [REASON_FOR]: node.name,
  }
  const labels = labelsOf(rules, row)
  return {
    ...node,
    name,
    children: [],
    type: text?.is === 'question' ? text.type : null,
    list: null,
    file: null,
    answersOf: null,
    orOther: false,
    parameters: new Map(),
    attributes: NO_ATTRIBUTES,
    triggers: [],
    row: {
      ...row,
      keys: () => Object.keys(cells),
      cell: key => (key === 'label' ? ([...labels.values()][0] ?? '') : (cells[key] ?? '')),
      byLanguage: key => (key === 'label' ? labels : new Map(cells[key] === undefined ? [] : [['', cells[key]]])),
      header: key => row.header(key === 'relevant' ? rules[0]!.rule : key === 'label' ? rules[0]!.message : key),
    },
  }
}

/** Cell of a made row: which question it keeps the reason of. No author's column has this name. */
const REASON_FOR = ' reason for'

/** What is unusual, by language; a language that lacks one message has the first there is. */
function labelsOf(rules: readonly RuleColumns[], row: SheetRow): ReadonlyMap<string, string> {
  const written = rules.map(({ message }) => row.byLanguage(message))
  const languages = [...new Set(written.flatMap(one => [...one.keys()]))]
  return new Map(
    languages.map(language => [
      language,
      written.map(one => one.get(language) ?? one.get('') ?? [...one.values()][0] ?? '').join(' / '),
    ]),
  )
}

export interface RuleDeps {
  readonly references: References
  readonly translations: Translations
}

/** The attributes of a bind that speak of rules, ODK's own included. */
export function ruleAttributes(
  node: SurveyNode,
  { references, translations }: RuleDeps,
): Readonly<Record<string, string | undefined>> {
  const { row } = node
  const path = references.pathOf(node)
  const hard = given(HARD, row)
  const explains = row.cell(REASON_FOR)
  const sources = hard.map(({ rule }) => references.expression(row, rule, node))
  const message = (id: string, column: string): string | undefined =>
    translations.message(`${path}:${id}`, column, row, node)
  const first = message('jr:constraintMsg', hard[0]?.message ?? 'constraint_message')
  const found: Record<string, string | undefined> = {
    constraint: sources.length > 1 ? sources.map(one => `(${one.trim()})`).join(' and ') : sources[0] || undefined,
    'jr:constraintMsg': first,
  }
  if (hard.length > 1)
    for (const [i, one] of hard.entries()) {
      const attribute = `murram:constraint-${i + 1}`
      found[attribute] = sources[i]
      found[`${attribute}-msg`] = i === 0 ? first : message(`${attribute}-msg`, one.message)
    }
  for (const [i, one] of given(SOFT, row).entries()) {
    const attribute = `murram:soft-constraint-${i + 1}`
    found[attribute] = references.expression(row, one.rule, node)
    found[`${attribute}-msg`] = message(`${attribute}-msg`, one.message)
  }
  if (explains !== '') found['murram:reason-for'] = `${path.slice(0, path.lastIndexOf('/'))}/${explains}`
  return found
}
