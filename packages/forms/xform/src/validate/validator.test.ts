/** The laws of `validator.ts`, over generated forms and over the real instruments. */
import { unwrap, type InstanceId, type Millis } from '@murram/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { generatedForm, type GeneratedForm } from '../fixtures/generated-form.ts'
import type { Answers, Form } from '../form.ts'
import { compileXform } from '../open-form.ts'
import { openSession } from '../open-session.ts'
import type { RecordViolation } from './record-violation.ts'
import { createValidator, type Validator } from './validator.ts'

const AT = 1_795_248_000_000 as Millis
const SESSION_KINDS: ReadonlySet<string> = new Set(['required', 'constraint', 'type', 'soft'])

const sessionWith = (form: Form, answers: Answers) =>
  unwrap(
    openSession(form, {
      now: () => AT,
      uuid: () => '00000000-0000-4000-8000-000000000000',
      random: () => 0.5,
      answers,
      deprecatedId: 'uuid:before' as InstanceId,
    }),
  )

const validatorOf = (form: Form): Validator => createValidator(form, { now: () => AT })
const sorted = (all: readonly RecordViolation[]): readonly string[] =>
  all.map(({ ref, kind, message }) => `${ref} ${kind} ${message}`).sort()
const asSession = (all: readonly RecordViolation[]): readonly string[] =>
  sorted(all.filter(({ kind }) => SESSION_KINDS.has(kind)))

const value = fc.constantFrom('', '0', '3', '7', '60', '-1', 'x', 'x z', 'word', 'no such', '1e5', ' 4 ')

/** Any values at any of the form's places, rows with gaps included. */
const recordOf = ({ open, xml }: GeneratedForm): fc.Arbitrary<Answers> => {
  const form = unwrap(compileXform(xml))
  const refs = form.questions.flatMap(({ path, repeat }) =>
    repeat === null ? [path] : [1, 2, 3].map(row => path.replace(repeat, `${repeat}[${row}]`)),
  )
  void open
  return fc
    .array(fc.tuple(fc.constantFrom(...refs), value), { maxLength: 2 * refs.length, size: 'max' })
    .map(pairs => Object.fromEntries(pairs))
}

test('V1 finds what a session finds that holds the same answers', () => {
  const met = new Set<string>()
  fc.assert(
    fc.property(
      generatedForm.chain(form =>
        fc.tuple(fc.constant(form), fc.array(recordOf(form), { minLength: 1, maxLength: 4 })),
      ),
      ([{ xml }, records]) => {
        const form = unwrap(compileXform(xml))
        const validate = validatorOf(form)
        for (const record of records) {
          const found = validate(record)
          for (const { kind } of found) met.add(kind)
          expect(asSession(found)).toEqual(sorted(sessionWith(form, record).violations()))
        }
      },
    ),
    { numRuns: 400, seed: 11 },
  )
  expect([...met].sort()).toEqual(['calculation', 'constraint', 'not-offered', 'not-relevant', 'required', 'type'])
})
