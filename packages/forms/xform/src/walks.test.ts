/**
 * Random walks of an officer through generated forms: answers, reasons, rows, languages, drafts
 * that are put away and taken up again, and attempts to finish. After each step the session is
 * held against a small model of it and against the laws of `session-types.ts`.
 */
import { isDeepStrictEqual } from 'node:util'
import { unwrap } from '@murram/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { generatedForm, type GeneratedForm } from './fixtures/generated-form.ts'
import { compileXform } from './open-form.ts'
import { openSession } from './open-session.ts'
import { openForTest } from './oracle/pair.ts'
import { isOpen } from './run/violations.ts'
import type { Answered, Changed, Draft, Progress, QuestionState, Session } from './session-types.ts'

interface Step {
  readonly what: 'answer' | 'explain' | 'add' | 'remove' | 'language' | 'restore'
  readonly which: number
  readonly value: string
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    ...([
      'answer',
      'answer',
      'answer',
      'answer',
      'explain',
      'explain',
      'add',
      'remove',
      'language',
      'restore',
    ] as const),
  ),
  which: fc.nat(1000),
  value: fc.constantFrom('', '0', '3', '21', '22', '44', '60', '-70', 'x', 'x z', 'because'),
})
const steps = fc.array(step, { minLength: 1, maxLength: 25, size: 'max' })

const options = { now: () => Date.now() as never, uuid: () => '', random: () => 0.5 }
const reopened = (session: Session): Session =>
  unwrap(openSession(session.form, { ...options, draft: JSON.parse(JSON.stringify(session.draft())) as Draft }))

const softOf = (session: Session): ReadonlySet<string> =>
  new Set(session.violations().flatMap(one => (one.kind === 'soft' ? [one.ref] : [])))

/** Questions that have a place for a reason, asked or not. */
const explainable = (session: Session): readonly QuestionState[] =>
  session.questions().filter(({ ref }) => `${ref}_reason` in session.draft().values)

const tally = { answered: 0, refused: 0, explained: 0, forgotten: 0, finished: 0, unfinished: 0 }

/** Laws that did not hold: a test says them all, and ends there. */
type Broken = string[]

const same = (one: unknown, other: unknown): boolean => isDeepStrictEqual(one, other)

/** The step, and what the model of it says of reasons: they hang on the answer they are for. */
function take(session: Session, { what, which, value }: Step, broken: Broken): Session {
  const before = session.draft().values
  const [repeat] = session.repeats()
  if (what === 'add' || what === 'remove') {
    if (repeat === undefined) return session
    if (what === 'add' && repeat.count < 4) unwrap(session.addRepeat(repeat.ref))
    if (what === 'remove' && repeat.count > 0) unwrap(session.removeRepeat(`row[${1 + (which % repeat.count)}]`))
    return session
  }
  if (what === 'restore') return reopened(session)
  if (what === 'language') {
    session.setLanguage(session.language() === 'en' ? 'sw' : 'en')
    return session
  }
  const explained = explainable(session).filter(({ ref }) => before[`${ref}_reason`] !== '')
  const wanted = which % 3 === 0 && explained.length > 0 ? explained : session.questions()
  const open = (what === 'explain' ? explainable(session) : wanted).filter(one => !one.readOnly)
  const question = open[which % Math.max(1, open.length)]
  if (question === undefined) return session
  if (what === 'explain') explain(session, question.ref, value, broken)
  else answer(session, question.ref, value, broken)
  return session
}

function explain(session: Session, ref: string, reason: string, broken: Broken): void {
  const before = session.draft().values[`${ref}_reason`]
  const isAsked = softOf(session).has(ref)
  const said = session.explain(ref, reason)
  if (isAsked) tally.explained++
  if (said.ok !== isAsked) broken.push(`S5 ${ref} takes a reason, or none, at the wrong time`)
  if (session.draft().values[`${ref}_reason`] !== (isAsked ? reason : before)) broken.push(`S6 ${ref} keeps another`)
}

function answer(session: Session, ref: string, value: string, broken: Broken): void {
  const before = session.draft().values
  const { accepted } = unwrap(session.answer(ref, value))
  const after = session.draft().values
  tally[accepted ? 'answered' : 'refused']++
  if (!accepted && !same(after, before)) broken.push(`S1 ${ref} = ${value}`)
  for (const key of Object.keys(after).filter(one => one.endsWith('_reason') && one !== ref)) {
    const isOther = accepted && key === `${ref}_reason` && after[ref] !== before[ref]
    if (isOther && before[key] !== '') tally.forgotten++
    if (after[key] !== (isOther ? '' : before[key])) broken.push(`S6 ${key} after ${ref} = ${value}`)
  }
}

function holdToLaws(session: Session, broken: Broken): void {
  const { values } = session.draft()
  const answers = session.answers()
  const soft = softOf(session)
  for (const { ref, violations } of explainable(session)) {
    const reasonRef = `${ref}_reason`
    if (reasonRef in answers !== soft.has(ref)) broken.push(`S5 ${reasonRef}`)
    const reason = values[reasonRef] === '' ? undefined : values[reasonRef]
    const isKept = violations.every(
      one => one.kind !== 'soft' || (one.reasonRef === reasonRef && one.reason === reason),
    )
    if (!isKept) broken.push(`S5 ${ref} stands by another reason`)
  }
  const asked = session.questions()
  const pages = session.pages()
  const refs = asked.map(one => one.ref)
  if (
    !same(
      refs,
      pages.flatMap(page => page.questions),
    )
  )
    broken.push('the pages ask something else')
  const sum = (of: keyof Progress): number => pages.reduce((all, page) => all + page.progress[of], 0)
  const { answered, relevant, missing, wrong } = session.progress()
  const inAll = [sum('answered'), sum('relevant'), sum('missing'), sum('wrong')]
  if (!same([answered, relevant, missing, wrong], inAll)) broken.push('pages and the whole count differently')
  const violations = session.violations()
  if (
    !same(
      violations,
      asked.flatMap(one => one.violations),
    )
  )
    broken.push('a violation stands at no question')
  const open = violations.filter(isOpen)
  if (missing + wrong !== open.length) broken.push('what is to do is miscounted')
  if (open.some(({ message, label }) => message === '' || label === '')) broken.push('a violation says nothing')
}

/** What a diligent officer does before finishing. */
function mend(session: Session): void {
  for (const { ref, kind, reason } of session.violations()) {
    if (kind === 'soft' && reason === undefined) unwrap(session.explain(ref, 'so it is'))
    if (kind === 'required') for (const value of ['1', 'x']) session.answer(ref, value)
  }
}

const RUNS = { numRuns: 160, seed: 23 }

test('S1 S5 S6 S7 on random walks, with drafts put away and taken up again', () => {
  fc.assert(
    fc.property(generatedForm, steps, (form, all) => {
      let session = openForTest(unwrap(compileXform(form.xml)))
      const broken: Broken = []
      for (const one of all) {
        session = take(session, one, broken)
        holdToLaws(session, broken)
      }
      if (all.length % 2 === 0) mend(session)
      const isDone = session.violations().every(one => !isOpen(one))
      const before = session.answers()
      const finished = session.finalise()
      tally[isDone ? 'finished' : 'unfinished']++
      if (finished.ok !== isDone) broken.push('S7')
      if (!same(finished.ok ? finished.value.answers : session.answers(), before))
        broken.push('finishing changed answers')
      expect(broken).toEqual([])
    }),
    RUNS,
  )
  // A walk that meets nothing proves nothing.
  expect(Object.entries(tally).filter(([, met]) => met < 15)).toEqual([])
})

/** Its words may follow other answers; what is wrong with it does not. */
const verdicts = (violations: QuestionState['violations']) => [
  ...new Set(violations.map(({ kind, reason = '' }) => `${kind} ${reason}`)),
]

/** What a screen shows of a question, by what may change it. */
const shown = (session: Session) =>
  new Map(
    session.questions().map(({ ref, value, violations, required, readOnly, choices }) => [
      ref,
      {
        value,
        validity: JSON.stringify([verdicts(violations), required, readOnly]),
        choices: JSON.stringify(choices),
      },
    ]),
  )

test('S8 what was changed is named: nothing else looks different afterwards', () => {
  let named = 0
  fc.assert(
    fc.property(generatedForm, steps, (form, all) => {
      const session = openForTest(unwrap(compileXform(form.xml)))
      for (const { which, value } of all) {
        const open = session.questions().filter(one => !one.readOnly)
        const question = open[which % Math.max(1, open.length)]
        if (question === undefined) continue
        const before = shown(session)
        const answered = unwrap(session.answer(question.ref, value))
        named += answered.changed.length
        expect(unnamed(answered, question.ref, before, shown(session))).toEqual([])
      }
    }),
    RUNS,
  )
  expect(named).toBeGreaterThan(500)
})

/** What looks different without having been named. */
function unnamed(
  { changed }: Answered,
  asked: string,
  before: ReturnType<typeof shown>,
  after: ReturnType<typeof shown>,
): readonly string[] {
  const isNamed = (ref: string, kind: Changed['kind']): boolean =>
    changed.some(one => one.kind === kind && one.ref === ref)
  return [...new Set([...before.keys(), ...after.keys()])].flatMap(ref => {
    const [was, is] = [before.get(ref), after.get(ref)]
    if (was === undefined || is === undefined)
      // Shown or hidden, itself or with what it stands in.
      return changed.some(one => one.kind === 'relevance' && ref.startsWith(one.ref)) ? [] : [`${ref} relevance`]
    const kinds = (['value', 'validity', 'choices'] as const).filter(kind => was[kind] !== is[kind])
    // Who answers is told at once what is wrong with the answer; the others are named.
    const isTold = ref === asked || was.value !== is.value
    return kinds.filter(kind => !(kind === 'validity' && isTold) && !isNamed(ref, kind)).map(kind => `${ref} ${kind}`)
  })
}

const wordless = (session: Session) => ({
  values: session.draft().values,
  questions: session.questions().map(({ ref, value, required, readOnly }) => ({ ref, value, required, readOnly })),
  violations: session.violations().map(({ ref, kind, reason }) => ({ ref, kind, reason })),
})

test('S9 a language changes words alone, and back again nothing', () => {
  let translated = 0
  const walked = (form: GeneratedForm, all: readonly Step[]): Session =>
    all.reduce((session, one) => take(session, one, []), openForTest(unwrap(compileXform(form.xml))))
  fc.assert(
    fc.property(generatedForm, steps, (form, all) => {
      const session = walked(form, all)
      const language = session.language()
      const [before, messages] = [wordless(session), session.violations().map(one => one.message)]
      session.setLanguage(language === 'en' ? 'sw' : 'en')
      expect(wordless(session)).toEqual(before)
      const others = session.violations().map(one => one.message)
      if (messages.length > 0 && others.every((other, i) => other !== messages[i])) translated++
      session.setLanguage(language)
      expect(session.violations().map(one => one.message)).toEqual(messages)
    }),
    { ...RUNS, numRuns: 60 },
  )
  expect(translated).toBeGreaterThan(10)
})
