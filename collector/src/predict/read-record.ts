/**
 * From a record as a program sends it to answers of the form:
 *
 *   { "roof": "thatch", "home/rooms": 2, "assets": ["radio", "bicycle"], "roster[1]/age": 7 }
 *
 * Laws, in `read-record.test.ts`:
 *   RR1 a name is a question's name or its path; one that the form does not know, or that several
 *       questions bear, is refused by name, and so is an answer that the question cannot have
 *   RR2 what is left out, `null` or `''` is a blank
 *   RR3 all that is wrong is said at once, up to ten things
 *   RR4 no name means more than its letters, whatever JavaScript calls its own
 *
 * Nothing is calculated again: a calculated answer is given as a device would have stored it, or
 * is missing.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import type { Answers, Form, QuestionInfo } from '@murram/xform'

export type ReadRecord = (record: unknown) => Result<Answers, FaultOf<'predict.record-refused'>>

/** Longer than anybody writes into a form. */
const MOST_CHARACTERS = 20_000
/** So many problems are named, and so many choices; of a name, so much is repeated. */
const MOST_NAMED = 10
const MOST_OF_A_NAME = 60
/** More than a form asks, with all its repeats: a program that sends more has lost its way. */
const MOST_ANSWERS = 5_000

export function createRecordReader(form: Form): ReadRecord {
  const byPath = new Map(form.questions.map(question => [question.path, question]))
  const byName = Map.groupBy(form.questions, ({ name }) => name)
  const choices = new Map<QuestionInfo, ReadonlySet<string>>()
  const choicesOf = (question: QuestionInfo): ReadonlySet<string> => {
    const known = choices.get(question) ?? new Set(question.choices(form.defaultLanguage).map(({ value }) => value))
    choices.set(question, known)
    return known
  }

  /** The question and where its answer stands; or what is wrong with the name. */
  const find = (name: string): { readonly question: QuestionInfo; readonly ref: string } | string => {
    const path = name.replaceAll(/\[\d+\]/g, '')
    const exact = byPath.get(path)
    if (exact !== undefined && (exact.repeat === null || path !== name)) return { question: exact, ref: name }
    const named = byName.get(name) ?? []
    const once = named.filter(({ repeat }) => repeat === null)
    const [first, second] = once
    if (first !== undefined && second === undefined) return { question: first, ref: first.path }
    const all = exact === undefined ? named : [exact]
    if (all.length === 0) return `${shortened(name)} is no question of ${form.formId} ${form.version}`
    return first === undefined
      ? `${name} is asked several times: say which, as ${all[0]!.path.replace(/\/([^/]*)$/, '[1]/$1')}`
      : `${name} are several questions: say ${once.map(one => one.path).join(' or ')}`
  }

  return record => {
    if (typeof record !== 'object' || record === null || Array.isArray(record))
      return err(fault('predict.record-refused', 'a record is an object: answers by the names of questions'))
    const given = Object.entries(record)
    if (given.length > MOST_ANSWERS)
      return err(fault('predict.record-refused', `it has ${given.length} answers, at most ${MOST_ANSWERS} are read`))
    const answers = Object.create(null) as Record<string, string> // RR4
    const problems: string[] = []
    for (const [name, value] of given) {
      const found = find(name)
      if (typeof found === 'string') {
        problems.push(found)
        continue
      }
      const { question, ref } = found
      const answer = textOf(value)
      const problem =
        answer === null
          ? 'is neither a text, a number nor a list of them'
          : ref in answers
            ? 'is given twice, by name and by path'
            : problemOf(question, answer, Array.isArray(value), choicesOf)
      if (problem !== null) problems.push(`${shortened(name)} ${problem}`)
      else answers[ref] = answer ?? ''
    }
    return problems.length === 0
      ? ok(answers)
      : err(fault('predict.record-refused', listed(problems, '; '), { lines: problems.slice(0, MOST_NAMED) }))
  }
}

/** RR2. As an XForm holds it; `null`: it cannot hold it. */
function textOf(value: unknown): string | null {
  if (value === null) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  if (!Array.isArray(value)) return null
  const parts = value.map(one => (Array.isArray(one) || one === null ? null : textOf(one)))
  return parts.some(part => part === null || part === '' || /\s/.test(part)) ? null : parts.join(' ')
}

function problemOf(
  question: QuestionInfo,
  answer: string,
  isList: boolean,
  choicesOf: (question: QuestionInfo) => ReadonlySet<string>,
): string | null {
  const { kind } = question
  if (answer.trim() === '') return null
  if (answer.length > MOST_CHARACTERS) return `has more than ${MOST_CHARACTERS} characters`
  if (isList && kind !== 'select-multiple') return 'takes one answer, not a list'
  if (kind === 'integer' || kind === 'decimal') {
    if (!Number.isFinite(Number(answer))) return `is no number: ${JSON.stringify(answer.slice(0, 40))}`
    return kind === 'integer' && !Number.isInteger(Number(answer)) ? 'is no whole number' : null
  }
  if (kind !== 'select-one' && kind !== 'select-multiple') return null
  const known = choicesOf(question)
  const chosen = kind === 'select-one' ? [answer] : answer.split(/\s+/).filter(Boolean)
  // A list that lies in a file which nobody gave is empty: then anything may be chosen.
  const other = known.size === 0 ? undefined : chosen.find(value => !known.has(value))
  return other === undefined ? null : `is ${listed([...known], ', ')}; not ${JSON.stringify(other.slice(0, 40))}`
}

const shortened = (name: string): string => (name.length > MOST_OF_A_NAME ? `${name.slice(0, MOST_OF_A_NAME)}…` : name)

const listed = (all: readonly string[], between: string): string =>
  all.length <= MOST_NAMED
    ? all.join(between)
    : `${all.slice(0, MOST_NAMED).join(between)} … and ${all.length - MOST_NAMED} more`
