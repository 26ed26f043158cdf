/**
 * Real instruments from `../shared/forms` (beside the repository; not part of it): each one
 * opens, or is refused for the right reason. Skips nothing: without the folder it says so.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { sessionOf } from './fixtures/forms.ts'
import { compileXform, loadProgram } from './open-form.ts'

const folder = join(import.meta.dirname, '../../../../../shared/forms')
const isThere = existsSync(folder)

const REFUSED: Readonly<Record<string, readonly [fault: string, named: string]>> = {
  'expect-fail-dag-cycle.xml': ['xform.cycle', 'group/a'],
  'expect-fail-xpath-syntax.xml': ['xpath.syntax', '/root/second-question'],
  'expect-fail-xpath-unknown-function.xml': ['xpath.unknown-function', 'nope()'],
}
/** Questions of each form, so that nothing is lost unseen. */
const QUESTIONS: Readonly<Record<string, number>> = {
  'all-question-types.xml': 85,
  'audit-track-changes.xml': 2,
  'cascading-3-level-multi.xml': 6,
  'constraint-message-error.xml': 4,
  'entities-bind-attributes.xml': 9,
  'entity-upsert.xml': 3,
  'repeats-08-complex.xml': 9,
  'repeats-12-nested.xml': 3,
  'soak-250q-form.xml': 250,
  'socio-economic-survey.xml': 17,
  'who-va-2016-v1.5.xml': 530,
}

const read = (file: string): string => readFileSync(join(folder, file), 'utf8')

test('the table knows every form of the folder', () => {
  const known = [...Object.keys(REFUSED), ...Object.keys(QUESTIONS)].sort()
  const there = isThere
    ? readdirSync(folder)
        .filter(file => file.endsWith('.xml') && !file.includes('template'))
        .sort()
    : (console.log('../shared/forms is not here: only our own forms are tested'), known)
  expect(there).toEqual(known)
})

for (const [file, [code, named]] of Object.entries(REFUSED).filter(() => isThere))
  test(`${file} is refused: ${code}`, () => {
    const refused = compileXform(read(file))
    expect(refused).toMatchObject({ ok: false, error: { fault: code } })
    expect(refused.ok ? '' : refused.error.detail).toContain(named)
  })

for (const [file, questions] of Object.entries(QUESTIONS).filter(() => isThere))
  test(`${file} opens, from its program too, and keeps ${questions} questions`, () => {
    const form = unwrap(compileXform(read(file)))
    expect(form.questions).toHaveLength(questions)
    const fromJson = unwrap(loadProgram(JSON.parse(JSON.stringify(form.program))))
    const session = sessionOf(fromJson)
    expect(session.questions().length).toBeGreaterThan(1)
    expect(session.draft().values).toEqual(sessionOf(form).draft().values)
  })

for (const file of isThere ? ['entities-bind-attributes.xml'] : [])
  test('an attached list is read, and chosen from', () => {
    const csv = readFileSync(join(folder, 'beneficiaries.csv'), 'utf8')
    const form = unwrap(compileXform(read(file), { attachments: new Map([['beneficiaries.csv', csv]]) }))
    const session = sessionOf(form)
    const [first] = session.question('beneficiary')?.choices ?? []
    expect(first).toBeDefined()
    expect(unwrap(session.answer('beneficiary', first!.value)).accepted).toBe(true)
    expect(session.answers()['meta/entity@update']).toBe('true')
  })
