import { unwrap } from '@murram/ground'
import { compileXform, openSession, type Session } from '@murram/xform'
import { beforeAll, describe, expect, test } from 'vitest'
import { convertXlsform } from './convert.ts'
import type { Diagnostic } from './diagnostic.ts'
import { makeWorkbook, type SheetRowsOf } from './fixtures/make-workbook.ts'
import { openInOdk, startOdk, type OdkForm } from './fixtures/odk-engine.ts'

const convert = (sheets: SheetRowsOf) => convertXlsform(makeWorkbook(sheets), { fileName: 'form.xlsx' })
const xmlOf = async (sheets: SheetRowsOf): Promise<string> => unwrap(await convert(sheets)).xml

async function errorsOf(survey: SheetRowsOf[string]): Promise<readonly Pick<Diagnostic, 'code' | 'row' | 'column'>[]> {
  const converted = await convert({ survey })
  if (converted.ok) return []
  const diagnostics = (converted.error.data?.['diagnostics'] ?? []) as readonly Diagnostic[]
  return diagnostics
    .filter(one => one.severity === 'error')
    .map(({ code, row, column }) => ({
      code,
      ...(row === undefined ? {} : { row }),
      ...(column === undefined ? {} : { column }),
    }))
}

const open = (xml: string): Session =>
  unwrap(
    openSession(unwrap(compileXform(xml)), {
      now: () => 0 as never,
      uuid: () => 'u',
      random: () => 0,
      timeZone: 'UTC',
    }),
  )

const EN = 'English (en)'
const SW = 'Kiswahili (sw)'

const roster: SheetRowsOf = {
  survey: [
    [
      'type',
      'name',
      `label::${EN}`,
      `label::${SW}`,
      'constraint',
      `constraint_message::${EN}`,
      `constraint_message::${SW}`,
      'constraint_2',
      `constraint_message_2::${EN}`,
      `constraint_message_2::${SW}`,
      'soft_constraint',
      `soft_constraint_message::${EN}`,
      `soft_constraint_message::${SW}`,
      'soft_constraint_2',
      `soft_constraint_message_2::${EN}`,
      `soft_constraint_message_2::${SW}`,
    ],
    ['begin repeat', 'member', 'Member', 'Mwanakaya'],
    ['text', 'first', 'Name', 'Jina'],
    [
      'integer',
      'age',
      'Age of ${first}',
      'Umri wa ${first}',
      '. >= 0',
      'Not below 0.',
      'Si chini ya 0.',
      '. <= 130',
      'Not above 130.',
      'Si zaidi ya 130.',
      '. < 100',
      '${first} is very old.',
      '${first} ni mzee sana.',
      '. mod 10 != 0',
      'A round number.',
      'Nambari ya mviringo.',
    ],
    ['end repeat'],
  ],
}

describe('several constraints, each with its message', () => {
  test('each says what it refuses, in the active language', async () => {
    const session = open(await xmlOf(roster))
    const refused = (value: string) => {
      const { accepted, violations } = unwrap(session.answer('member[1]/age', value))
      return { accepted, messages: violations.map(one => one.message) }
    }
    expect(refused('-1')).toEqual({ accepted: false, messages: ['Not below 0.'] })
    expect(refused('131')).toEqual({ accepted: false, messages: ['Not above 130.'] })
    session.setLanguage(SW)
    expect(refused('131')).toEqual({ accepted: false, messages: ['Si zaidi ya 130.'] })
    expect(refused('31')).toEqual({ accepted: true, messages: [] })
  })

  test('other tools read one constraint, all rules joined, with the first message', async () => {
    const xml = await xmlOf({
      survey: [
        ['type', 'name', 'label', 'constraint', 'constraint_message', 'constraint_2', 'constraint_message_2'],
        ['integer', 'a', 'A', '. > 0', 'Above 0.', '. < 9 or ${b} = 1', 'Below 9.'],
        ['integer', 'b', 'B', '. > 0', null, null, null],
      ],
    })
    expect(xml).toMatch(/ constraint="\(\. &gt; 0\) and \(\. &lt; 9 or\s+\/data\/b\s+= 1\)"/)
    expect(xml).toContain(' jr:constraintMsg="Above 0."')
    expect(xml).toContain(' murram:constraint-2-msg="Below 9."')
    expect(xml).toMatch(/nodeset="\/data\/b"[^>]* constraint="\. &gt; 0"/)
    expect(xml).not.toMatch(/nodeset="\/data\/b"[^>]* murram:/)
  })
})

describe('a soft constraint', () => {
  test('accepts the answer, asks for a reason and keeps it', async () => {
    const session = open(await xmlOf(roster))
    session.answer('member[1]/first', 'Asha')
    expect(unwrap(session.answer('member[1]/age', '100'))).toMatchObject({
      accepted: true,
      violations: [
        { ref: 'member[1]/age', kind: 'soft', label: 'Age of Asha', message: 'Asha is very old.' },
        { ref: 'member[1]/age', kind: 'soft', message: 'A round number.' },
      ],
    })
    expect(session.finalise()).toMatchObject({ error: { fault: 'session.violations' } })
    expect(unwrap(session.explain('member[1]/age', ' Birth certificate seen '))).toMatchObject({ accepted: true })
    expect(session.violations()).toMatchObject([
      { reason: 'Birth certificate seen' },
      { reason: 'Birth certificate seen' },
    ])
    const done = unwrap(session.finalise())
    expect(done.answers['member[1]/age_reason']).toBe('Birth certificate seen')
    expect(done.xml).toContain('<age>100</age><age_reason>Birth certificate seen</age_reason>')
  })

  test('is about one row; a reason whose cause went away is not sent', async () => {
    const session = open(await xmlOf(roster))
    unwrap(session.addRepeat('member'))
    unwrap(session.answer('member[2]/age', '110'))
    unwrap(session.answer('member[1]/age', '33'))
    unwrap(session.explain('member[2]/age', 'so it is'))
    expect(session.explain('member[1]/age', 'why not')).toMatchObject({ error: { fault: 'session.not-relevant' } })
    expect(session.violations().map(one => one.ref)).toEqual(['member[2]/age', 'member[2]/age'])
    unwrap(session.answer('member[2]/age', '44'))
    expect(session.violations()).toEqual([])
    expect(unwrap(session.finalise()).xml).not.toContain('age_reason')
  })

  test('asks again when another answer breaks it', async () => {
    const session = open(await xmlOf(roster))
    unwrap(session.answer('member[1]/age', '101'))
    unwrap(session.explain('member[1]/age', 'seen'))
    unwrap(session.answer('member[1]/age', '102'))
    expect(session.violations()).toEqual([expect.not.objectContaining({ reason: expect.anything() })])
  })

  test('may stand on a calculation, whose reason is then asked', async () => {
    const session = open(
      await xmlOf({
        survey: [
          ['type', 'name', 'label', 'calculation', 'soft_constraint', 'soft_constraint_message'],
          ['integer', 'a', 'A', null, null, null],
          ['calculate', 'double', null, '${a} * 2', '. < 10', 'Twice that is a lot.'],
        ],
      }),
    )
    expect(unwrap(session.answer('a', '6'))).toMatchObject({
      violations: [{ ref: 'double', kind: 'soft', message: 'Twice that is a lot.' }],
    })
    unwrap(session.explain('double', 'it is'))
    expect(unwrap(session.finalise()).answers).toMatchObject({ double: '12', double_reason: 'it is' })
  })

  test('says of “this answer” what its author said: quotes, decimals and filters stay', async () => {
    const session = open(
      await xmlOf({
        survey: [
          ['type', 'name', 'label', 'soft_constraint', 'soft_constraint_message'],
          ['text', 'a', 'A', "(.!='a . b' and string-length(.)<7.5) or count(../b[. = current()]) > 0", 'Odd.'],
          ['text', 'b', 'B', null, null],
        ],
      }),
    )
    const isOdd = (value: string): boolean => unwrap(session.answer('a', value)).violations.length > 0
    expect([isOdd('short'), isOdd('a . b'), isOdd('much longer')]).toEqual([false, true, true])
    unwrap(session.answer('b', 'much longer'))
    expect(session.violations()).toEqual([])
  })
})

describe('what another converter passes through', () => {
  const survey = [
    [
      'type',
      'name',
      'label',
      'required',
      'relevant',
      'constraint',
      'bind::murram:constraint-2',
      'bind::murram:constraint-2-msg',
      'bind::murram:reason-for',
    ],
    ['begin repeat', 'member', 'Member'],
    ['integer', 'age', 'Age', null, null, '. >= 0', '. <= ${most}', 'Too old.'],
    ['text', 'why', 'Why so old?', 'yes', '${age} > 100', null, null, null, '${age}'],
    ['end repeat'],
    ['calculate', 'most', null, null, null, null, null, null, null, '130'],
  ]
  const rows = survey.map((row, i) =>
    [...row, ...Array.from({ length: 9 - row.length }, () => null), ...(i === 0 ? ['calculation'] : [])].slice(0, 10),
  )

  test('is read as if our own columns had said it', async () => {
    const session = open(
      await xmlOf({
        survey: rows,
        settings: [
          ['form_id', 'namespaces'],
          ['f', 'murram="http://murram.org/xforms"'],
        ],
      }),
    )
    expect(unwrap(session.answer('member[1]/age', '131')).violations).toMatchObject([{ message: 'Too old.' }])
    unwrap(session.answer('member[1]/age', '101'))
    unwrap(session.explain('member[1]/age', 'seen'))
    expect(unwrap(session.finalise()).xml).toContain('<why>seen</why>')
  })
})

describe('a form that uses them opens in the ODK engine with the nearest plain meaning', () => {
  let form: OdkForm
  beforeAll(async () => {
    await startOdk()
    form = await openInOdk(await xmlOf(roster))
  })

  test('all rules joined are one constraint', () => {
    for (const value of ['-1', '131']) {
      form.answer('member[1]/age', value)
      expect(form.violations()).toContain('member[1]/age constraint')
    }
  })

  test('the reason is a required question that comes up, and a column of the submission', () => {
    form.answer('member[1]/age', '33')
    expect(form.questions()).not.toContain('member[1]/age_reason')
    form.answer('member[1]/age', '101')
    expect(form.questions()).toContain('member[1]/age_reason')
    expect(form.violations()).toEqual(['member[1]/age_reason required'])
    form.answer('member[1]/age_reason', 'seen')
    expect(form.violations()).toEqual([])
    expect(form.xml()).toContain('<age_reason>seen</age_reason>')
  })
})

describe('what cannot be is said at its cell', () => {
  const HEADER = [
    'type',
    'name',
    'label',
    'constraint_2',
    'constraint_message_2',
    'soft_constraint',
    'soft_constraint_message',
    'sensitive',
  ]

  test.each([
    [
      'a message without its constraint',
      ['integer', 'a', 'A', null, 'M'],
      { code: 'message-without-constraint', row: 2, column: 'constraint_message_2' },
    ],
    [
      'a soft message without its constraint',
      ['integer', 'a', 'A', null, null, null, 'M'],
      { code: 'message-without-constraint', row: 2, column: 'soft_constraint_message' },
    ],
    [
      'a soft constraint that says nothing',
      ['integer', 'a', 'A', null, null, '. < 5'],
      { code: 'missing-soft-message', row: 2, column: 'soft_constraint_message' },
    ],
    [
      'a soft constraint on a note',
      ['note', 'a', 'A', null, null, '. < 5', 'M'],
      { code: 'constraint-misplaced', row: 2, column: 'soft_constraint' },
    ],
    [
      'a further constraint on a time stamp',
      ['start', 'a', 'A', '. < 5', 'M'],
      { code: 'constraint-misplaced', row: 2, column: 'constraint_2' },
    ],
  ])('%s', async (_, row, expected) => {
    expect(await errorsOf([HEADER, row, ['text', 'z', 'Z']])).toEqual([expected])
  })

  test('a name that the reason needs', async () => {
    const rows = [HEADER, ['integer', 'a', 'A', null, null, '. < 5', 'M'], ['text', 'A_Reason', 'R']]
    expect(await errorsOf(rows)).toEqual([{ code: 'reason-name-taken', row: 3, column: 'name' }])
  })

  test('a reason in the open that would speak of a sealed answer', async () => {
    const sealed = ['integer', 'status', 'S', null, null, null, null, 'sealed']
    const rows = [HEADER, sealed, ['integer', 'a', 'A', null, null, '. < ${status}', 'M']]
    expect(await errorsOf(rows)).toEqual([{ code: 'sealed-in-use', row: 3, column: 'soft_constraint' }])
  })

  test('R2 the reason for a sealed answer is sealed', async () => {
    const xml = await xmlOf({ survey: [HEADER, ['integer', 'a', 'A', null, null, '. < 5', 'M', 'sealed']] })
    const reason = unwrap(compileXform(xml)).questions.find(question => question.path === 'a_reason')
    expect(reason?.sensitive).toBe('sealed')
  })
})
