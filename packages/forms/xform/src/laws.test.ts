/** The laws of `session-types.ts`, over generated forms and random answers. */
import { unwrap } from '@murram/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { generatedForm, type GeneratedForm } from './fixtures/generated-form.ts'
import { compileXform, loadProgram } from './open-form.ts'
import { openSession } from './open-session.ts'
import { openForTest } from './oracle/pair.ts'
import type { Form } from './form.ts'
import type { Draft, Session } from './session-types.ts'

interface Act {
  readonly which: number
  readonly value: string
  readonly what: 'answer' | 'answer-row' | 'add' | 'remove'
}

const act: fc.Arbitrary<Act> = fc.record({
  which: fc.nat(1000),
  value: fc.constantFrom('', '0', '3', '7', '60', 'x', 'x z', 'word'),
  what: fc.constantFrom('answer', 'answer', 'answer', 'answer-row', 'answer-row', 'add', 'remove'),
})
const acts = fc.array(act, { minLength: 1, maxLength: 25, size: 'max' })

const formOf = ({ xml }: GeneratedForm): Form => unwrap(compileXform(xml))

function perform(session: Session, { open }: GeneratedForm, { which, value, what }: Act): void {
  const [repeat] = session.repeats()
  if (what === 'add') {
    if (repeat !== undefined && repeat.count < 4) unwrap(session.addRepeat(repeat.ref))
    return
  }
  if (what === 'remove') {
    if (repeat !== undefined && repeat.count > 0) unwrap(session.removeRepeat(`row[${1 + (which % repeat.count)}]`))
    return
  }
  const target = open[which % Math.max(1, open.length)]
  if (target === undefined) return
  const row = what === 'answer-row' ? 1 + (which % Math.max(1, repeat?.count ?? 1)) : 1
  session.answer(target.ref.replace('row[1]', `row[${row}]`), value)
}

/** All that a person can see, and all that is sent. */
const seen = (session: Session) => ({
  answers: session.answers(),
  questions: session.questions(),
  violations: session.violations(),
  repeats: session.repeats(),
})

const withoutAudit = (draft: Draft): Draft => ({ ...draft, audit: [] })

const reopened = (session: Session, options: { readonly draft: Draft } | { readonly values: Draft }): Session => {
  const base = { now: () => Date.now() as never, uuid: () => '', random: () => 0.5, instanceId: session.instanceId }
  if ('draft' in options) return unwrap(openSession(session.form, { ...base, draft: options.draft }))
  const { values, instanceId } = options.values
  return unwrap(openSession(session.form, { ...base, answers: values, deprecatedId: instanceId }))
}

const RUNS = { numRuns: 120, seed: 7 }

test('S1 a refused answer leaves the instance as it was', () => {
  let refusals = 0
  fc.assert(
    fc.property(generatedForm, acts, (form, all) => {
      const session = openForTest(formOf(form))
      for (const one of all) {
        perform(session, form, one)
        for (const { ref } of form.open) {
          const before = withoutAudit(session.draft())
          const answered = session.answer(ref, 'no such answer')
          const isRefused = answered.ok && !answered.value.accepted
          if (isRefused) refusals++
          else if (answered.ok) session.answer(ref, before.values[ref]!)
          const after = isRefused ? withoutAudit(session.draft()) : before
          expect(after).toEqual(before)
        }
      }
    }),
    { ...RUNS, numRuns: 40 },
  )
  expect(refusals).toBeGreaterThan(100)
})

test('S2 a draft restores exactly, through JSON', () => {
  fc.assert(
    fc.property(generatedForm, acts, (form, all) => {
      const session = openForTest(formOf(form))
      for (const one of all) perform(session, form, one)
      const restored = reopened(session, { draft: JSON.parse(JSON.stringify(session.draft())) as Draft })
      expect(seen(restored)).toEqual(seen(session))
      expect(withoutAudit(restored.draft())).toEqual(withoutAudit(session.draft()))
    }),
    RUNS,
  )
})

test('S3 the order of answering does not matter', () => {
  fc.assert(
    fc.property(generatedForm, fc.array(act, { minLength: 2, maxLength: 10 }), fc.nat(), (form, wanted, turn) => {
      const last = new Map(
        wanted.map(({ which, value }) => [form.open[which % Math.max(1, form.open.length)]?.ref ?? '', value]),
      )
      const once = [...last]
      const turned = [...once.slice(turn % once.length), ...once.slice(0, turn % once.length)].reverse()
      expect(seen(answeredIn(once, form))).toEqual(seen(answeredIn(turned, form)))
    }),
    RUNS,
  )
})

/** Again and again, because one answer may open the question of another. */
function answeredIn(order: readonly (readonly [string, string])[], form: GeneratedForm): Session {
  const session = openForTest(formOf(form))
  for (let round = 0; round <= order.length; round++) for (const [ref, value] of order) session.answer(ref, value)
  return session
}

test('S4 what an answer recomputes equals what a full evaluation computes', () => {
  fc.assert(
    fc.property(generatedForm, acts, (form, all) => {
      const session = openForTest(formOf(form))
      for (const one of all) {
        perform(session, form, one)
        expect(seen(reopened(session, { values: session.draft() }))).toEqual(seen(session))
      }
    }),
    { ...RUNS, numRuns: 80 },
  )
})

test('a program restored from JSON behaves as the form it came from', () => {
  fc.assert(
    fc.property(generatedForm, acts, (form, all) => {
      const compiled = formOf(form)
      const restored = unwrap(loadProgram(JSON.parse(JSON.stringify(compiled.program))))
      const [a, b] = [openForTest(compiled), openForTest(restored)]
      for (const one of all) {
        perform(a, form, one)
        perform(b, form, one)
      }
      expect(seen(b)).toEqual(seen(a))
    }),
    { ...RUNS, numRuns: 60 },
  )
})
