/**
 * One interview through the real form session, as an officer leads it: question after question
 * in page order, one answer at a time. After an answer that opens or closes questions the order
 * is read again; a repeat gets its next row when the row before it is done.
 *
 * Laws, each a test in `conduct-interview.test.ts`:
 *   I1 only what is relevant at that moment is asked, and nothing relevant is left out
 *   I2 a slip must be refused: a form that takes one is an error, and this throws
 *   I3 a refused answer is kept with the form's own message; the interview goes on blank where
 *      the question may be blank, and is set aside where it may not
 *
 * Not here: what is answered (a `Respondent`: the population, or a row of a real table), and
 * finalising, which is for whoever opened the session.
 */
import { unwrap } from '@murram/ground'
import type { Answered, QuestionState, Session } from '@murram/xform'

/** An open interview; finalising it is not for whoever leads it. */
type Leadable = Omit<Session, 'finalise'>

export interface Reply {
  /** Said first, one after the other, and wrong: each must be refused. */
  readonly slips: readonly string[]
  /** Said in the end, as an XForm string value; `''` leaves the question blank. */
  readonly answer: string
}

export interface Respondent {
  /** As the form names it; `null` keeps the session's own. */
  readonly language: string | null
  /** How many rows a repeat gets; the ref is without the last position: `roster`. */
  readonly rowsOf: (repeatRef: string) => number
  readonly reply: (question: QuestionState) => Reply
}

export interface Refused {
  readonly ref: string
  readonly value: string
  /** The form's, in the language of the interview. */
  readonly message: string
}

export interface Interview {
  readonly refused: readonly Refused[]
  /** Questions that hold an answer, blanks not counted. */
  readonly answered: number
  /** Why it cannot be finalised; `null` if it can. */
  readonly setAside: Refused | null
}

export function conductInterview(session: Leadable, respondent: Respondent): Interview {
  if (respondent.language !== null) session.setLanguage(respondent.language)
  const refused: Refused[] = []
  const asked = new Set<string>()
  let answered = 0
  let last = ''
  fillFirstRows(session, respondent)
  let order = readOrder(session)

  for (;;) {
    const ref = order.find(candidate => !asked.has(candidate))
    if (addDueRow(session, respondent, last, ref)) {
      order = readOrder(session)
      continue
    }
    if (ref === undefined) break
    asked.add(ref)
    last = ref
    const question = session.question(ref)
    if (question === undefined) throw new Error(`${ref} is in the order of questions and cannot be opened`)
    const reply = respondent.reply(question)

    for (const slip of reply.slips) {
      const message = refusalOf(session, ref, slip, unwrap(session.answer(ref, slip)))
      if (message === null) throw new Error(`${ref} took ${JSON.stringify(slip)}, which is not a possible answer`)
      refused.push({ ref, value: slip, message })
    }
    const said = unwrap(session.answer(ref, reply.answer))
    const message = refusalOf(session, ref, reply.answer, said)
    if (message !== null) {
      const refusal = { ref, value: reply.answer, message }
      refused.push(refusal)
      if (question.required) return { refused, answered, setAside: refusal }
    } else if (reply.answer !== '') answered += 1
    if (said.changed.some(change => change.kind === 'relevance')) {
      fillFirstRows(session, respondent)
      order = readOrder(session)
    }
  }
  // An answer given later can make an earlier one impossible.
  const [left] = session.violations()
  if (left === undefined) return { refused, answered, setAside: null }
  const value = session.question(left.ref)?.value ?? ''
  return { refused, answered, setAside: { ref: left.ref, value, message: left.message } }
}

const readOrder = (session: Leadable): readonly string[] =>
  session.questions().flatMap(question => (isAsked(question) ? [question.ref] : []))

const isAsked = ({ kind, readOnly }: QuestionState): boolean => !readOnly && kind !== 'note' && kind !== 'calculate'

/** Blank is taken as a value and is a violation all the same where an answer is required. */
function refusalOf(session: Leadable, ref: string, value: string, said: Answered): string | null {
  const own = said.violations.find(violation => violation.ref === ref)
  if (!said.accepted) return own?.message ?? said.violations[0]?.message ?? 'refused without a message'
  if (value !== '') return null
  const question = session.question(ref)
  if (question?.required !== true) return null
  return own?.message ?? question.violations[0]?.message ?? 'blank, and an answer is required'
}

/** A form may open a repeat with no row or with one. */
function fillFirstRows(session: Leadable, respondent: Respondent): void {
  for (const { ref, count, canAdd } of session.repeats()) {
    if (!canAdd) continue
    const wanted = respondent.rowsOf(ref)
    if (count === 0 && wanted > 0) session.addRepeat(ref)
    if (count === 1 && wanted === 0) session.removeRepeat(`${ref}[1]`)
  }
}

/** The rows that `last` stands in and `next` does not are done: may one of them have a successor? */
function addDueRow(session: Leadable, respondent: Respondent, last: string, next: string | undefined): boolean {
  for (const row of rowsAround(last)) {
    if (next?.startsWith(`${row}/`) === true) return false
    const repeatRef = row.slice(0, row.lastIndexOf('['))
    if (next?.startsWith(`${repeatRef}[`) === true) return false
    const repeat = session.repeats().find(({ ref }) => ref === repeatRef)
    if (repeat !== undefined && repeat.canAdd && repeat.count < respondent.rowsOf(repeatRef)) {
      unwrap(session.addRepeat(repeatRef))
      return true
    }
  }
  return false
}

/** Innermost first: `roster[2]/visit[1]/day` → `roster[2]/visit[1]`, `roster[2]`. */
const rowsAround = (ref: string): readonly string[] =>
  [...ref.matchAll(/\]/g)].map(match => ref.slice(0, match.index + 1)).toReversed()
