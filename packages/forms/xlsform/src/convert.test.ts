import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { unwrap } from '@murram/ground'
import { compileXform, openSession, type Session } from '@murram/xform'
import { describe, expect, test } from 'vitest'
import { convertXlsform } from './convert.ts'
import type { Diagnostic } from './diagnostic.ts'
import { household } from './fixtures/household.ts'
import { makeWorkbook, type SheetRowsOf } from './fixtures/make-workbook.ts'

const convert = (sheets: SheetRowsOf, fileName = 'form.xlsx') => convertXlsform(makeWorkbook(sheets), { fileName })

async function diagnosticsOf(sheets: SheetRowsOf): Promise<readonly Diagnostic[]> {
  const converted = await convert(sheets)
  return converted.ok ? converted.value.warnings : (converted.error.data?.['diagnostics'] as readonly Diagnostic[])
}

async function sessionOf(sheets: SheetRowsOf): Promise<Session> {
  const { xml } = unwrap(await convert(sheets))
  const form = unwrap(compileXform(xml))
  return unwrap(openSession(form, { now: () => 0 as never, uuid: () => 'u', random: () => 0, timeZone: 'UTC' }))
}

const HEADER = ['type', 'name', 'label', 'relevant', 'constraint', 'calculation', 'default']

describe('a workbook becomes an XForm', () => {
  test('the household survey is what both engines are tested with', async () => {
    const converted = unwrap(await convert(household, 'household.xlsx'))
    const fixture = readFileSync(join(import.meta.dirname, '../../xform/src/fixtures/household.xml'), 'utf8')
    expect(converted.xml.replace(/></g, '>\n<')).toBe(fixture)
    expect(converted).toMatchObject({
      formId: 'household',
      version: '2026112101',
      title: 'Household',
      languages: ['English (en)', 'Swahili (sw)'],
      warnings: [expect.objectContaining({ code: 'missing-translation', column: 'hint::Swahili (sw)' })],
    })
  })

  test('the same rows give the same form as .xls, .ods and .csv', async () => {
    const survey = [
      HEADER,
      ['text', 'a', 'A, "quoted"', null, null, null, null],
      ['integer', 'b', 'B', "${a} != ''", null, null, 3],
    ]
    const asXlsx = unwrap(await convert({ survey })).xml
    for (const type of ['xls', 'ods'] as const)
      expect(unwrap(await convertXlsform(makeWorkbook({ survey }, type), { fileName: `form.${type}` })).xml).toBe(
        asXlsx,
      )
    const csv = `survey,,,,,,,\n,${HEADER.join(',')}\n,text,a,"A, ""quoted""",,,,\n,integer,b,B,\${a} != '',,,3\n`
    expect(unwrap(await convertXlsform(new TextEncoder().encode(csv), { fileName: 'form.csv' })).xml).toBe(asXlsx)
  })

  test('headers may be written in any case, with spaces, and by their older names', async () => {
    const session = await sessionOf({
      Survey: [
        ['TYPE', 'Name', 'Label', 'Relevance', 'Constraint Message', 'constraint', 'read only'],
        ['select one from yn', 'a', 'A', null, null, null, null],
        ['int', 'b', 'B', "${a} = 'y'", 'Too many', '. < 5', null],
        ['text', 'c', 'C', null, null, null, 'yes'],
      ],
      CHOICES: [
        ['List Name', 'Value', 'LABEL'],
        ['yn', 'y', 'Yes'],
      ],
    })
    expect(session.questions().map(question => question.ref)).toEqual(['a', 'c'])
    unwrap(session.answer('a', 'y'))
    expect(unwrap(session.answer('b', '9')).violations[0]?.message).toBe('Too many')
    expect(session.question('c')?.readOnly).toBe(true)
  })

  test('without settings the file gives the form its id', async () => {
    const { formId, title, version } = unwrap(
      await convert({ survey: [HEADER, ['text', 'a', 'A']] }, 'dir/my visit.xlsx'),
    )
    expect({ formId, title, version }).toEqual({ formId: 'my_visit', title: 'my_visit', version: '' })
  })

  test('inside a repeat a reference means the row it stands in; outside, every row', async () => {
    const session = await sessionOf({
      survey: [
        HEADER,
        ['begin repeat', 'row', 'Row'],
        ['integer', 'n', 'N'],
        ['begin group', 'inner', 'Inner'],
        ['calculate', 'twice', null, null, null, '${n} * 2'],
        ['end group'],
        ['end repeat'],
        ['calculate', 'total', null, null, null, 'sum(${twice})'],
      ],
    })
    unwrap(session.answer('row[1]/n', '1'))
    unwrap(session.addRepeat('row'))
    unwrap(session.answer('row[2]/n', '4'))
    expect(session.answers()).toMatchObject({ 'row[1]/inner/twice': '2', 'row[2]/inner/twice': '8', total: '10' })
  })

  test('indexed-repeat names other rows, from inside the repeat too', async () => {
    const session = await sessionOf({
      survey: [
        HEADER,
        ['begin repeat', 'row', 'Row'],
        ['integer', 'n', 'N'],
        ['calculate', 'before', null, null, null, 'indexed-repeat(${n}, ${row}, position(..) - 1)'],
        ['end repeat'],
      ],
    })
    unwrap(session.answer('row[1]/n', '7'))
    unwrap(session.addRepeat('row'))
    expect(session.answers()).toMatchObject({ 'row[1]/before': '', 'row[2]/before': '7' })
  })

  test('defaults are values, or expressions that run once', async () => {
    const session = await sessionOf({
      survey: [
        HEADER,
        ['text', 'plain', 'P', null, null, null, 'yes (or no)'],
        ['date', 'day', 'D', null, null, null, '2020-01-02'],
        ['integer', 'sum', 'S', null, null, null, '1 + 2'],
        ['text', 'joined', 'J', null, null, null, "concat(${plain}, '!')"],
        ['decimal', 'negative', 'N', null, null, null, '-1.5'],
      ],
    })
    expect(session.answers()).toMatchObject({
      plain: 'yes (or no)',
      day: '2020-01-02',
      sum: '3',
      joined: 'yes (or no)!',
      negative: '-1.5',
    })
  })

  test('or_other asks what; trigger follows its question', async () => {
    const session = await sessionOf({
      survey: [
        ['type', 'name', 'label', 'calculation', 'trigger'],
        ['select_one c or_other', 'a', 'A', null, null],
        ['text', 'seen', 'Seen', "concat('was ', ${a})", '${a}'],
      ],
      choices: [
        ['list_name', 'name', 'label'],
        ['c', 'x', 'X'],
      ],
    })
    expect(session.question('a_other')?.relevant).toBe(false)
    unwrap(session.answer('a', 'other'))
    expect(session.question('a_other')?.relevant).toBe(true)
    expect(session.answers()['seen']).toBe('was other')
  })

  test('roles of a question survive, in a namespace of our own', async () => {
    const { xml } = unwrap(
      await convert({
        survey: [
          ['type', 'name', 'label', 'feature', 'outcome', 'sensitive'],
          ['integer', 'a', 'A', 'yes', null, null],
          ['text', 'b', 'B', null, 'yes', 'masked'],
          ['text', 'c', 'C', null, null, 'sealed'],
        ],
      }),
    )
    const { questions } = unwrap(compileXform(xml))
    expect(questions.map(({ feature, outcome, sensitive }) => [feature, outcome, sensitive])).toEqual([
      [true, false, 'plain'],
      [false, true, 'masked'],
      [false, false, 'sealed'],
    ])
  })

  test('entities: create, update, and either', async () => {
    const form = (entities: SheetRowsOf[string]) =>
      convert({
        survey: [
          ['type', 'name', 'label', 'save_to'],
          ['text', 'id', 'Id', null],
          ['text', 'v', 'V', 'value'],
        ],
        entities,
      })
    const cases = [
      [
        ['dataset', 'label'],
        ['people', '${v}'],
      ],
      [
        ['list_name', 'entity_id'],
        ['people', '${id}'],
      ],
      [
        ['dataset', 'label', 'entity_id', 'create_if', 'update_if'],
        ['people', '${v}', '${id}', "${id} = ''", "${id} != ''"],
      ],
    ]
    const written = await Promise.all(
      cases.map(async entities => {
        const { entity, program } = unwrap(compileXform(unwrap(await form(entities)).xml))
        const session = unwrap(
          openSession(unwrap(compileXform(unwrap(await form(entities)).xml)), {
            now: () => 0 as never,
            uuid: () => 'new',
            random: () => 0,
          }),
        )
        unwrap(session.answer('id', 'e7'))
        const {
          'meta/entity@id': id,
          'meta/entity@create': create = '',
          'meta/entity@update': update = '',
        } = session.answers()
        return { dataset: entity?.dataset, saves: entity?.saveTo, format: program.format, id, create, update }
      }),
    )
    const common = { dataset: 'people', saves: { v: 'value' }, format: 2 }
    expect(written).toEqual([
      { ...common, id: 'new', create: '1', update: '' },
      { ...common, id: 'e7', create: '', update: '1' },
      { ...common, id: 'e7', create: 'false', update: 'true' },
    ])
  })
})

describe('every error stands at its cell and says what to do', () => {
  const yn = [
    ['list_name', 'name', 'label'],
    ['yn', 'y', 'Yes'],
  ]
  const CASES: readonly (readonly [what: string, sheets: SheetRowsOf, expected: Partial<Diagnostic>])[] = [
    [
      'an unknown type',
      { survey: [HEADER, ['intger', 'a', 'A']] },
      { code: 'unknown-type', sheet: 'survey', row: 2, column: 'type' },
    ],
    [
      'a group that is not ended',
      { survey: [HEADER, ['begin group', 'g', 'G'], ['text', 'a', 'A']] },
      { code: 'unbalanced-begin', row: 2 },
    ],
    ['an end too many', { survey: [HEADER, ['text', 'a', 'A'], ['end repeat']] }, { code: 'unbalanced-end', row: 3 }],
    [
      'a group ended as a repeat',
      { survey: [HEADER, ['begin group', 'g', 'G'], ['text', 'a', 'A'], ['end repeat']] },
      { code: 'unbalanced-end', row: 4 },
    ],
    [
      'an unknown reference',
      { survey: [HEADER, ['text', 'a', 'A', "${b} = '1'"]] },
      { code: 'unknown-reference', row: 2, column: 'relevant' },
    ],
    [
      'a reference in a label',
      { survey: [HEADER, ['text', 'a', 'Is it ${who}?']] },
      { code: 'unknown-reference', row: 2, column: 'label' },
    ],
    [
      'a missing list',
      { survey: [HEADER, ['select_one xx', 'a', 'A']], choices: yn },
      { code: 'missing-list', row: 2, column: 'type' },
    ],
    [
      'a name used twice',
      { survey: [HEADER, ['text', 'a', 'A'], ['text', 'a', 'B']] },
      { code: 'duplicate-name', row: 3, column: 'name' },
    ],
    ['a name that is none', { survey: [HEADER, ['text', '1a', 'A']] }, { code: 'bad-name', row: 2, column: 'name' }],
    ['a missing name', { survey: [HEADER, ['text', null, 'A']] }, { code: 'missing-name', row: 2 }],
    [
      'bad syntax',
      { survey: [HEADER, ['integer', 'a', 'A', null, '. > ']] },
      { code: 'bad-expression', row: 2, column: 'constraint' },
    ],
    [
      'an unknown function',
      { survey: [HEADER, ['integer', 'a', 'A', null, 'nope(.)']] },
      { code: 'unknown-function', row: 2, column: 'constraint' },
    ],
    [
      'a circle',
      { survey: [HEADER, ['calculate', 'a', null, null, null, '${b}'], ['calculate', 'b', null, null, null, '${a}']] },
      { code: 'cycle', sheet: 'survey' },
    ],
    [
      'a column twice',
      {
        survey: [
          ['type', 'name', 'label', 'Label'],
          ['text', 'a', 'A', 'B'],
        ],
      },
      { code: 'duplicate-column', row: 1, column: 'Label' },
    ],
    [
      'an unknown column',
      {
        survey: [
          ['type', 'name', 'label', 'colour'],
          ['text', 'a', 'A', 'red'],
        ],
      },
      { code: 'unknown-column', severity: 'warning', column: 'colour' },
    ],
    [
      'a choice twice',
      { survey: [HEADER, ['select_one yn', 'a', 'A']], choices: [...yn, ['yn', 'y', 'Yes']] },
      { code: 'duplicate-choice', sheet: 'choices', row: 3 },
    ],
    [
      'a choice with a space',
      { survey: [HEADER, ['select_multiple yn', 'a', 'A']], choices: [...yn, ['yn', 'a b', 'Ab']] },
      { code: 'bad-choice-name', sheet: 'choices', row: 3 },
    ],
    ['no survey', { Sheet1: [['a']], Sheet2: [['b']] }, { code: 'missing-survey' }],
    ['an empty survey', { survey: [HEADER] }, { code: 'empty-survey', severity: 'warning' }],
    [
      'save_to without entities',
      {
        survey: [
          ['type', 'name', 'label', 'save_to'],
          ['text', 'a', 'A', 'p'],
        ],
      },
      { code: 'save-to-without-entity', row: 2, column: 'save_to' },
    ],
    [
      'a sealed feature',
      {
        survey: [
          ['type', 'name', 'label', 'sensitive', 'feature'],
          ['text', 'a', 'A', 'sealed', 'yes'],
        ],
      },
      { code: 'sealed-in-use', row: 2, column: 'feature' },
    ],
    [
      'a sealed answer in a calculation',
      {
        survey: [
          ['type', 'name', 'label', 'sensitive', 'calculation'],
          ['text', 'a', 'A', 'sealed', null],
          ['calculate', 'b', null, null, '${a}'],
        ],
      },
      { code: 'sealed-in-use', row: 3, column: 'calculation' },
    ],
    [
      'an entity without label',
      { survey: [HEADER, ['text', 'a', 'A']], entities: [['dataset'], ['people']] },
      { code: 'missing-entity-label', sheet: 'entities', row: 2 },
    ],
  ]
  for (const [what, sheets, expected] of CASES)
    test(`${what}`, async () => {
      const found = await diagnosticsOf(sheets)
      expect(found).toContainEqual(expect.objectContaining({ severity: 'error', ...expected }))
      expect(found.find(one => one.code === expected.code)!.message.length).toBeGreaterThan(20)
    })

  test('all errors come at once, and the fault names the first', async () => {
    const refused = await convert({ survey: [HEADER, ['intger', 'a', 'A'], ['text', 'b', 'B', '${zz}']] })
    expect(refused).toMatchObject({ ok: false, error: { fault: 'form.invalid' } })
    expect(refused.ok ? '' : refused.error.detail).toMatch(/^survey, row 2, type: .*intger.* And 1 more\.$/)
  })

  test('what is no workbook says so', async () => {
    for (const bytes of [
      new Uint8Array(),
      new TextEncoder().encode('hello'),
      makeWorkbook({ survey: [HEADER] }).slice(0, 200),
    ])
      expect(await convertXlsform(bytes, { fileName: 'x.xlsx' })).toMatchObject({
        error: { fault: 'form.workbook-unreadable' },
      })
  })
})
