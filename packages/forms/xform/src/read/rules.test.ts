/** Rules as another converter passes them through: attributes of a namespace, references as paths. */
import { unwrap } from '@murram/ground'
import { describe, expect, test } from 'vitest'
import { formOf, sessionOf, xformOf } from '../fixtures/forms.ts'
import { compileXform } from '../open-form.ts'
import type { Session } from '../session-types.ts'

const said = (session: Session, ref: string, value: string) => {
  const { accepted, violations } = unwrap(session.answer(ref, value))
  return { accepted, says: violations.map(({ kind, message }) => `${kind}: ${message}`) }
}

const oneQuestion = (bind: string): Session =>
  sessionOf(
    formOf({ instance: '<a/>', model: `<bind nodeset="/data/a" type="int" ${bind}/>`, body: '<input ref="/data/a"/>' }),
  )

describe('hard rules', () => {
  test('the plain constraint is the first rule where only further ones are passed through', () => {
    const session = oneQuestion(
      'constraint=". &gt; 0" jr:constraintMsg="Above 0" murram:constraint-3=". &lt; 100" murram:constraint-3-msg="Below 100" murram:constraint-2=". != 13"',
    )
    expect(said(session, 'a', '0')).toEqual({ accepted: false, says: ['constraint: Above 0'] })
    expect(said(session, 'a', '13')).toEqual({ accepted: false, says: ['constraint: This answer is not allowed.'] })
    expect(said(session, 'a', '100')).toEqual({ accepted: false, says: ['constraint: Below 100'] })
    expect(said(session, 'a', '99')).toEqual({ accepted: true, says: [] })
  })

  test('the first rule stands for the plain constraint, which is what other tools read', () => {
    const session = oneQuestion(
      'constraint="(. &gt; 0) and (. mod 2 = 0)" jr:constraintMsg="Not so" murram:constraint-1=". &gt; 0" murram:constraint-1-msg="Above 0" murram:constraint-2=". mod 2 = 0" murram:constraint-2-msg="Even"',
    )
    expect(said(session, 'a', '-1').says).toEqual(['constraint: Above 0', 'constraint: Even'])
  })

  test('a rule alone is a constraint', () => {
    expect(said(oneQuestion('murram:constraint-1=". &gt; 0"'), 'a', '0').accepted).toBe(false)
  })

  test('a rule that cannot be read is named with its question', () => {
    const broken = compileXform(
      xformOf({ instance: '<a/>', model: '<bind nodeset="/data/a" murram:constraint-2=". &gt;"/>' }),
    )
    expect(broken).toMatchObject({
      error: { fault: 'xpath.syntax', detail: expect.stringContaining('constraint-2 of /data/a') },
    })
  })
})

describe('the question that keeps a reason', () => {
  const roster = (reason: string) =>
    xformOf({
      instance: '<member><age/><why/></member><other><x/></other>',
      model: `<bind nodeset="/data/member/age" type="int"/><bind nodeset="/data/member/why" required="true()" ${reason} relevant="../age &gt; 100"/>`,
      body: '<group ref="/data/member"><repeat nodeset="/data/member"><input ref="/data/member/age"/><input ref="/data/member/why"><label>Why so old?</label></input></repeat></group><group ref="/data/other"><repeat nodeset="/data/other"><input ref="/data/other/x"/></repeat></group>',
    })

  test.each([[' ../age '], ['/data/member/age'], ['./../age']])('may name its question as %s', written => {
    const session = sessionOf(unwrap(compileXform(roster(`murram:reason-for="${written}"`))))
    unwrap(session.addRepeat('member'))
    expect(said(session, 'member[2]/age', '101')).toEqual({ accepted: true, says: ['soft: Why so old?'] })
    expect(session.question('member[2]/why')).toMatchObject({ reasonFor: 'member[2]/age', violations: [] })
    unwrap(session.explain('member[2]/age', 'seen'))
    expect(session.finalise().ok).toBe(true)
  })

  test('may be answered as the plain question that it is elsewhere', () => {
    const session = sessionOf(unwrap(compileXform(roster('murram:reason-for="../age"'))))
    unwrap(session.answer('member[1]/age', '101'))
    expect(unwrap(session.answer('member[1]/why', 'seen')).changed).toContainEqual({
      ref: 'member[1]/age',
      kind: 'validity',
    })
    expect(session.violations()).toMatchObject([{ ref: 'member[1]/age', kind: 'soft', reason: 'seen' }])
  })

  test.each([
    ['names nothing', 'murram:reason-for="../nobody"', 'which is not in the instance'],
    ['speaks of another repeat', 'murram:reason-for="/data/other/x"', 'which stands in another repeat'],
  ])('that %s makes no form', (_, reason, problem) => {
    expect(compileXform(roster(reason))).toMatchObject({
      error: { fault: 'form.invalid', detail: expect.stringContaining(problem) },
    })
  })
})
