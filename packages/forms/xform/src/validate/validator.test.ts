/** The laws of `validator.ts`, over generated forms and over the real instruments. */
import { unwrap, type InstanceId, type Millis } from '@murram/ground'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formOf, householdXml, xformOf } from '../fixtures/forms.ts'
import { generatedForm, type GeneratedForm } from '../fixtures/generated-form.ts'
import type { Answers, Form } from '../form.ts'
import { compileXform, loadProgram } from '../open-form.ts'
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
const sorted = (all: readonly Pick<RecordViolation, 'ref' | 'kind' | 'message'>[]): readonly string[] =>
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
  expect([...met].sort()).toEqual([
    'calculation',
    'constraint',
    'not-offered',
    'not-relevant',
    'required',
    'soft',
    'type',
  ])
})

test('V1 holds where rows read the row before, and where the form counts the rows', () => {
  const form = formOf({
    instance: '<n/><row><plus/><balance/><low/></row>',
    model: `<bind nodeset="/data/n" type="int"/><bind nodeset="/data/row/plus" type="int" required="true()"/>
      <bind nodeset="/data/row/balance" calculate="coalesce(../plus, 0) + coalesce(../../row[position() = position(current()/..) - 1]/balance, 0)"/>
      <bind nodeset="/data/row/low" relevant="../balance &gt; 5" required="true()"/>`,
    body: `<input ref="/data/n"/><group ref="/data/row"><repeat nodeset="/data/row" jr:count="/data/n" xmlns:jr="http://openrosa.org/javarosa">
      <input ref="/data/row/plus"/><input ref="/data/row/low"/></repeat></group>`,
  })
  const validate = validatorOf(form)
  const number = fc.constantFrom('', '0', '1', '3', '4', 'x')
  fc.assert(
    fc.property(number, fc.array(fc.tuple(number, number), { maxLength: 5 }), (n, rows) => {
      const record = Object.fromEntries([
        ['n', n],
        ...rows.flatMap(([plus, low], i) => [
          [`row[${i + 1}]/plus`, plus],
          [`row[${i + 1}]/low`, low],
        ]),
      ]) as Answers
      const found = validate(record)
      expect(asSession(found)).toEqual(sorted(sessionWith(form, record).violations()))
      const extra = n === '' || n === 'x' ? 0 : Math.max(0, rows.length - Number(n))
      expect(found.filter(({ kind, ref }) => kind === 'unknown-node' && /^row\[\d\]$/.test(ref))).toHaveLength(extra)
    }),
    { numRuns: 200, seed: 12 },
  )
})

const shared = join(import.meta.dirname, '../../../../../../shared/forms')
const INSTRUMENTS = [
  'who-va-2016-v1.5.xml',
  'socio-economic-survey.xml',
  'all-question-types.xml',
  'repeats-12-nested.xml',
]

for (const name of INSTRUMENTS.filter(file => existsSync(join(shared, file))))
  test(`V1 a submission of a session is checked as that session: ${name}`, () => {
    const form = unwrap(compileXform(readFileSync(join(shared, name), 'utf8')))
    const validate = validatorOf(form)
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(10_000), fc.nat(10_000)), { minLength: 80, maxLength: 80 }), dice => {
        const session = sessionWith(form, {})
        for (let rows = 0; rows < 2; rows++)
          for (const { ref, canAdd } of session.repeats()) if (canAdd) unwrap(session.addRepeat(ref))
        for (const [which, what] of dice) {
          const open = session.questions().filter(one => !one.readOnly)
          const { ref, kind, choices } = open[which % open.length]!
          const pick = choices.length > 0 ? choices[what % choices.length]!.value : String(what % 90)
          session.answer(ref, kind === 'date' ? `19${10 + (what % 80)}-0${1 + (what % 9)}-1${what % 10}` : pick)
        }
        const found = validate(session.answers())
        expect(sorted(found)).toEqual(sorted(session.violations()))
        const finalised = session.finalise()
        expect(finalised.ok ? validate(finalised.value.xml) : []).toEqual([])
      }),
      { numRuns: 4, seed: 13 },
    )
  })

test('V2 what one record held has no part in the verdict on the next', () => {
  fc.assert(
    fc.property(
      generatedForm.chain(form =>
        fc.tuple(fc.constant(form), fc.array(recordOf(form), { minLength: 2, maxLength: 6 })),
      ),
      ([{ xml }, records]) => {
        const form = unwrap(compileXform(xml))
        const one = validatorOf(form)
        for (const record of records) expect(one(record)).toEqual(validatorOf(form)(record))
      },
    ),
    { numRuns: 100, seed: 14 },
  )
})

const dated = formOf({
  instance: '<start/><end/><visit/><age/>',
  model: `<bind nodeset="/data/start" type="dateTime" jr:preload="timestamp" jr:preloadParams="start"/>
    <bind nodeset="/data/end" type="dateTime" jr:preload="timestamp" jr:preloadParams="end"/>
    <bind nodeset="/data/visit" type="date" constraint=". &gt;= today()"/>
    <bind nodeset="/data/age" calculate="int((today() - /data/visit) div 365)"/>`,
  body: '<input ref="/data/visit"/>',
})

test('V3 a rule that speaks of today speaks of the day of the record, and what was drawn stands', () => {
  const validate = createValidator(dated, { now: () => AT, timeZone: 'Africa/Nairobi' })
  const at = (day: string): Answers => ({ end: `${day}T10:00:00.000+03:00`, visit: '2024-03-02', age: '7' })
  expect(validate(at('2024-03-01'))).toEqual([])
  expect(validate(at('2024-03-03'))).toMatchObject([{ ref: 'visit', kind: 'constraint' }])
  expect(validate({ visit: '2024-03-02' })).toMatchObject([{ ref: 'visit', kind: 'constraint' }])
})

test('V4 any text at all is a verdict, never an exception', () => {
  const form = unwrap(compileXform(householdXml()))
  const validate = validatorOf(form)
  const part = fc.constantFrom(
    'member',
    'member[1]',
    'member[0]',
    'member[999999]',
    'age',
    'meta',
    '@id',
    '..',
    '/',
    '',
    '[1]',
  )
  const ref = fc.oneof(
    fc.string(),
    fc.array(part, { maxLength: 4 }).map(parts => parts.join('/')),
  )
  const anything = fc.dictionary(ref, fc.string({ unit: 'binary' }), { maxKeys: 12 })
  fc.assert(
    fc.property(
      fc.oneof(
        anything,
        fc.string(),
        fc.string().map(text => `<data id="household">${text}</data>`),
      ),
      record => {
        for (const { ref: at, message } of validate(record))
          expect([typeof at, typeof message]).toEqual(['string', 'string'])
      },
    ),
    { numRuns: 500, seed: 15 },
  )
})

test('rows are bounded, and what no row can hold is named', () => {
  const validate = validatorOf(unwrap(compileXform(householdXml())))
  const began = performance.now()
  const found = validate({ 'member[999999]/first': 'x', 'member[2]/job[999998]/income': '3', 'member[3]/first': 'y' })
  expect(found.filter(({ kind }) => kind === 'unknown-node').map(({ ref }) => ref)).toEqual([
    'member[999999]/first',
    'member[2]/job[999998]/income',
  ])
  expect(performance.now() - began).toBeLessThan(5_000)
})

test('a list that is not at hand judges nothing', () => {
  const xml = xformOf({
    instance: '<district/>',
    model: '<instance id="districts" src="jr://file-csv/districts.csv"/>',
    body: `<select1 ref="/data/district"><itemset nodeset="instance('districts')/root/item"><value ref="name"/><label ref="label"/></itemset></select1>`,
  })
  const { program } = unwrap(compileXform(xml))
  const withList = (text: string | undefined) =>
    createValidator(unwrap(loadProgram(program, { attachments: () => text })))
  expect(withList(undefined)({ district: 'lira' })).toEqual([])
  expect(withList('name,label\nlira,Lira\n')({ district: 'lira' })).toEqual([])
  expect(withList('name,label\ngulu,Gulu\n')({ district: 'lira' })).toMatchObject([{ kind: 'not-offered' }])
})

test('a soft constraint is told with its reason; without one it is open', () => {
  const form = formOf({
    instance: '<size/><size_reason/>',
    model: `<bind nodeset="/data/size" type="int" murram:soft-constraint-1=". &lt; 20" murram:soft-constraint-1-msg="Large"/>
      <bind nodeset="/data/size_reason" murram:reason-for="/data/size" required="true()" relevant="/data/size != '' and not(/data/size &lt; 20)"/>`,
    body: '<input ref="/data/size"/><input ref="/data/size_reason"/>',
  })
  const validate = validatorOf(form)
  expect(validate({ size: '12' })).toEqual([])
  expect(validate({ size: '30' })).toEqual([{ ref: 'size', kind: 'soft', label: 'size', message: 'Large' }])
  expect(validate({ size: '30', size_reason: 'three families' })).toMatchObject([
    { kind: 'soft', reason: 'three families' },
  ])
})
