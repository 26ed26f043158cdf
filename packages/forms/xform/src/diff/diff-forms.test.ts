/** The laws of `diff-forms.ts`, and what each kind of change means to whom. */
import { unwrap } from '@murram/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formOf } from '../fixtures/forms.ts'
import { generatedForm } from '../fixtures/generated-form.ts'
import type { Form } from '../form.ts'
import { compileXform, loadProgram } from '../open-form.ts'
import { diffForms } from './diff-forms.ts'
import type { FormChange } from './form-change.ts'

const anyForm: fc.Arbitrary<Form> = generatedForm.map(({ xml }) => unwrap(compileXform(xml)))

test('D1 a form differs from itself in nothing, nor from the program it was stored as', () => {
  fc.assert(
    fc.property(anyForm, form => {
      const stored = unwrap(loadProgram(JSON.parse(JSON.stringify(form.program))))
      expect(diffForms(form, form)).toMatchObject({ severity: 'fine', changes: [] })
      expect(diffForms(form, stored).changes).toEqual([])
    }),
    { numRuns: 60, seed: 3 },
  )
})

const refs = (changes: readonly FormChange[], concern: string, kind: string): readonly string[] =>
  changes
    .filter(one => one.concern === concern && one.kind === kind)
    .map(one => one.path)
    .sort()

test('D2 what one direction adds to an export, the other takes away', () => {
  let met = 0
  fc.assert(
    fc.property(anyForm, anyForm, (a, b) => {
      const [there, back] = [diffForms(a, b).changes, diffForms(b, a).changes]
      met += there.length
      expect(refs(back, 'exports', 'question-gone')).toEqual(refs(there, 'exports', 'question-added'))
      const swapped = (changes: readonly FormChange[], from: 'path' | 'was', to: 'path' | 'was') =>
        new Set(
          changes.flatMap(one =>
            one.concern === 'exports' && one.was !== undefined ? [`${one[from]} → ${one[to]}`] : [],
          ),
        )
      expect(swapped(back, 'was', 'path')).toEqual(swapped(there, 'path', 'was'))
    }),
    { numRuns: 80, seed: 4 },
  )
  expect(met).toBeGreaterThan(200)
})

test('D3 each change has a sentence that names its place', () => {
  fc.assert(
    fc.property(anyForm, anyForm, (a, b) => {
      for (const { path, was, message } of diffForms(a, b).changes) {
        expect(message).toMatch(/\.$/)
        const named = [path, was].some(place => place !== undefined && message.includes(place))
        expect(named, message).toBe(true)
      }
    }),
    { numRuns: 40, seed: 5 },
  )
})

interface Parts {
  readonly instance?: string
  readonly binds?: string
  readonly body?: string
}

const household = ({ instance = '<size/><work/><row><age/></row>', binds = '', body }: Parts = {}): Form =>
  formOf({
    instance,
    model: `<bind nodeset="/data/size" type="int"/>${binds}`,
    body:
      body ??
      `<input ref="/data/size"><label>Size</label></input>${work('farm', 'trade')}<group ref="/data/row"><repeat nodeset="/data/row"><input ref="/data/row/age"/></repeat></group>`,
  })

const work = (...values: readonly string[]): string =>
  `<select1 ref="/data/work"><label>Work</label>${values.map(value => `<item><label>${value}</label><value>${value}</value></item>`).join('')}</select1>`

const said = (older: Form, newer: Form): readonly string[] =>
  diffForms(older, newer)
    .changes.filter(({ kind }) => kind !== 'version-not-raised')
    .map(({ concern, severity, kind, path }) => `${concern} ${severity} ${kind} ${path}`)

const rows = '<group ref="/data/row"><repeat nodeset="/data/row"><input ref="/data/row/age"/></repeat></group>'
const size = '<input ref="/data/size"><label>Size</label></input>'

test('a question that is gone takes its answers and its column with it', () => {
  const newer = household({ instance: '<size/><row><age/></row>', body: size + rows })
  expect(said(household(), newer)).toEqual(['drafts breaks question-gone work', 'exports breaks question-gone work'])
  expect(said(newer, household())).toEqual(['drafts fine question-added work', 'exports fine question-added work'])
})

test('a question in another group, or under another name, is asked again and not lost', () => {
  const inGroup = formOf({
    instance: '<people><size/></people><work/><row><age/></row>',
    model: '<bind nodeset="/data/people/size" type="int"/>',
    body: `<group ref="/data/people"><input ref="/data/people/size"><label>Size</label></input></group>${work('farm', 'trade')}${rows}`,
  })
  const renamed = formOf({
    instance: '<members/><work/><row><age/></row>',
    model: '<bind nodeset="/data/members" type="int"/>',
    body: `<input ref="/data/members"><label>Size</label></input>${work('farm', 'trade')}${rows}`,
  })
  expect(said(household(), inGroup)).toEqual([
    'exports breaks question-moved people/size',
    'drafts asks-again question-moved people/size',
  ])
  expect(said(household(), renamed)).toEqual([
    'exports breaks question-moved members',
    'drafts asks-again question-moved members',
  ])
})

test('answers that fit another type stay; those that do not are refused', () => {
  const typed = (type: string): Form =>
    formOf({ instance: '<size/>', model: `<bind nodeset="/data/size" type="${type}"/>`, body: size })
  expect(said(typed('int'), typed('decimal'))).toEqual([
    'drafts fine type-changed size',
    'exports fine type-changed size',
  ])
  expect(said(typed('int'), typed('string'))).toEqual([
    'exports breaks type-changed size',
    'drafts fine type-changed size',
  ])
  expect(said(typed('string'), typed('int'))).toEqual([
    'drafts breaks type-changed size',
    'exports breaks type-changed size',
  ])
})

test('a question that becomes one of many rows breaks drafts and tables', () => {
  const once = formOf({
    instance: '<row><age/></row>',
    body: '<group ref="/data/row"><input ref="/data/row/age"/></group>',
  })
  const often = formOf({ instance: '<row><age/></row>', body: rows })
  expect(said(once, often)).toEqual(['drafts breaks repeat-changed row/age', 'exports breaks repeat-changed row/age'])
})

test('choices that are gone are asked again; choices that come are told to readers of exports', () => {
  const offering = (...values: readonly string[]): Form => formOf({ instance: '<work/>', body: work(...values) })
  expect(said(offering('farm', 'trade'), offering('farm', 'school'))).toEqual([
    'drafts asks-again choices-gone work',
    'exports fine choices-added work',
  ])
})

test('stricter rules are asked again, looser ones are fine', () => {
  const ruled = (bind: string): Form =>
    formOf({ instance: '<size/>', model: `<bind nodeset="/data/size" type="int" ${bind}/>`, body: size })
  const again = (kind: string) => [`drafts asks-again ${kind} size`]
  const fine = (kind: string) => [`drafts fine ${kind} size`]
  expect(said(ruled(''), ruled('required="true()"'))).toEqual(again('required-changed'))
  expect(said(ruled('required="true()"'), ruled(''))).toEqual(fine('required-changed'))
  expect(said(ruled('constraint=". &gt; 0"'), ruled('constraint=". &gt; 0 and . &lt; 9"'))).toEqual(
    again('constraint-changed'),
  )
  expect(said(ruled('constraint=". &gt; 0 and . &lt; 9"'), ruled('constraint=". &lt; 9"'))).toEqual(
    fine('constraint-changed'),
  )
  expect(said(ruled('constraint=". &lt; 9"'), ruled('constraint=".  &lt;  9"'))).toEqual([])
  expect(said(ruled(''), ruled('relevant="1 = 1"'))).toEqual(again('relevance-changed'))
})

test('models are told of features and outcomes only', () => {
  const modelled = (feature: string, values: readonly string[], more = ''): Form =>
    formOf({
      instance: `<size/><work/>${more}`,
      model: `<bind nodeset="/data/size" type="int" ${feature}/><bind nodeset="/data/work" murram:outcome="true()"/>`,
      body: size + work(...values),
    })
  const models = (older: Form, newer: Form) => said(older, newer).filter(one => one.startsWith('models'))
  const older = modelled('murram:feature="true()"', ['farm', 'trade'])
  expect(older.questions.map(({ feature, outcome }) => [feature, outcome])).toEqual([
    [true, false],
    [false, true],
  ])
  expect(models(older, modelled('', ['farm', 'trade']))).toEqual(['models asks-again role-changed size'])
  expect(models(older, modelled('murram:feature="true()"', ['farm']))).toEqual(['models breaks choices-gone work'])
  expect(models(older, household())).toEqual(['models breaks role-changed work', 'models asks-again role-changed size'])
  const gone = formOf({ instance: '<work/>', body: work('farm', 'trade') })
  expect(models(older, gone)).toContain('models breaks question-gone size')
})

test('another form id is another form; the same version twice is said', () => {
  const renamed = unwrap(
    compileXform(
      '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title>T</h:title><model><instance><data id="u" version="1"><size/></data></instance><bind nodeset="/data/size" type="int"/></model></h:head><h:body><input ref="/data/size"><label>Size</label></input></h:body></h:html>',
    ),
  )
  expect(said(household(), renamed)).toContain('drafts breaks form-id-changed ')
  const newer = household({ instance: '<size/><row><age/></row>', body: size + rows })
  expect(diffForms(household(), newer).changes.map(({ kind }) => kind)).toContain('version-not-raised')
})
