/** The same form in every kind of file, and laws of what reads them. */
import { unwrap } from '@murram/ground'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { convertXlsform } from './convert.ts'
import { compare, isMultiple, readDecimal, subtract } from './decimal.ts'
import { makeWorkbook, type SheetRowsOf } from './fixtures/make-workbook.ts'
import { isLanguageCode } from './language-codes.ts'
import { sheetsOfMarkdown } from './read-markdown.ts'
import { editDistance } from './sheet-names.ts'

const text = new TextEncoder()
const xmlOf = async (bytes: Uint8Array, fileName: string): Promise<string> =>
  unwrap(await convertXlsform(bytes, { fileName })).xml

const FORM: SheetRowsOf = {
  survey: [
    ['type', 'name', 'label', 'relevant', 'default'],
    ['select_one yn', 'a', 'A | or "B", isn’t it?', null, null],
    ['integer', 'b', 'B  with   spaces', "${a} = 'y'", 3],
    ['text', 'c', 'C\u00a0hard', null, true],
  ],
  choices: [
    ['list_name', 'name', 'label'],
    ['yn', 'y', 'Yes'],
    ['yn', 1, 'One'],
  ],
}

const markdown = `
# a comment
| survey  |               |      |                        |            |         |
|---------|---------------|------|------------------------|------------|---------|
|         | type          | name | label                  | relevant   | default |
|         | select_one yn | a    | A \\| or "B", isn't it? |            |         |
|         | integer       | b    | B with spaces          | \${a} = 'y' | 3       |  # another
|         | text          | c    | C hard                 |            | TRUE    |
| choices |
|         | list_name | name | label |
|         | yn        | y    | Yes   |
|         | yn        | 1    | One   |
`
const csv = [
  'survey',
  ',type,name,label,relevant,default',
  ',select_one yn,a,"A | or ""B"", isn\'t it?",,',
  `,integer,b,B with spaces,\${a} = 'y',3`,
  ',text,c,C hard,,TRUE',
  'choices,list_name,name,label',
  ',yn,y,Yes',
  ',yn,1,One',
].join('\r\n')

describe('one form, whatever the file', () => {
  for (const [fileName, bytes] of [
    ['form.xls', () => makeWorkbook(FORM, 'xls')],
    ['form.ods', () => makeWorkbook(FORM, 'ods')],
    ['form.md', () => text.encode(markdown)],
    ['form.csv', () => text.encode(csv)],
    ['form.CSV', () => text.encode(`\uFEFF${csv}`)],
  ] as const)
    test(`${fileName} is read as .xlsx is`, async () => {
      expect(await xmlOf(bytes(), fileName)).toBe(await xmlOf(makeWorkbook(FORM), 'form.xlsx'))
    })

  test('an old .xls that is called .xlsx is read by its content', async () => {
    expect(await xmlOf(makeWorkbook(FORM, 'xls'), 'form.xlsx')).toBe(await xmlOf(makeWorkbook(FORM), 'form.xlsx'))
  })

  test('the only sheet of a workbook is the survey, whatever it is called', async () => {
    const { survey } = FORM
    const rows = [survey![0]!, survey![3]!]
    expect(await xmlOf(makeWorkbook({ Sheet1: rows }), 'form.xlsx')).toBe(
      await xmlOf(makeWorkbook({ survey: rows }), 'form.xlsx'),
    )
  })

  test('rows and columns that are empty do not move the address of an error', async () => {
    const sparse = makeWorkbook({
      survey: [
        ['type', null, 'name', 'label'],
        [null, null, null, null],
        ['text', null, 'a', 'A'],
        [null, null, null, null],
        ['nonsense', null, 'b', 'B'],
      ],
    })
    const refused = await convertXlsform(sparse, { fileName: 'form.xlsx' })
    expect(refused.ok ? null : refused.error.data?.['diagnostics']).toMatchObject([
      { sheet: 'survey', row: 5, column: 'type' },
    ])
  })
})

const cell = fc
  .stringMatching(/^[a-z0-9${}().,'=|\\ äß-]{0,12}$/)
  .map(one => one.trim())
  .filter(one => !one.endsWith('\\') && !/^:?-+:?$/.test(one))

test('M1 what is written as a Markdown table is read back, cell by cell', () => {
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 6 }), rows => {
      const kept = rows.filter(row => row.some(one => one !== ''))
      const lines = kept.map(row => `| | ${row.map(one => one.replaceAll('|', '\\|')).join(' | ')} |`)
      const [read] = sheetsOfMarkdown(`| survey |\n${lines.join('\n')}`)
      expect(read).toEqual({ name: 'survey', rows: kept })
    }),
    { seed: 7, numRuns: 300 },
  )
})

const decimals = fc.tuple(fc.integer({ min: -10_000, max: 10_000 }), fc.integer({ min: 0, max: 4 }))
const written = ([digits, places]: readonly [number, number]): string => (digits / 10 ** places).toFixed(places)

test('D1 a decimal times a whole number is its multiple, however it is written', () => {
  fc.assert(
    fc.property(decimals, fc.integer({ min: -50, max: 50 }), ([digits, places], times) => {
      fc.pre(digits !== 0)
      const step = readDecimal(written([digits, places]))!
      const product = readDecimal(written([digits * times, places]))!
      expect(isMultiple(product, step)).toBe(true)
    }),
    { seed: 7 },
  )
})

test('D2 decimals compare and subtract as their numbers do', () => {
  fc.assert(
    fc.property(decimals, decimals, (a, b) => {
      const [x, y] = [readDecimal(written(a))!, readDecimal(written(b))!]
      const [left, right] = [Number(written(a)), Number(written(b))]
      expect(Math.sign(compare(x, y))).toBe(Math.sign(left - right) + 0)
      expect(compare(subtract(x, y), readDecimal((left - right).toFixed(4))!)).toBe(0)
    }),
    { seed: 7 },
  )
})

test('S1 two names are as far apart as their letters, in either order', () => {
  const words = fc.stringMatching(/^[a-d]{0,6}$/)
  fc.assert(
    fc.property(words, words, words, (a, b, c) => {
      expect(editDistance(a, a)).toBe(0)
      expect(editDistance(a, b)).toBe(editDistance(b, a))
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c))
      expect(editDistance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length))
    }),
    { seed: 7 },
  )
})

test('a language has its shortest code, and a region may follow', () => {
  expect(['en', 'sw', 'kam', 'pt-BR', 'zh-Hant', 'qtz', 'EN'].map(isLanguageCode)).toEqual(Array(7).fill(true))
  expect(['', 'eng', 'bos', 'xx', 'zzz', 'english', 'en us', 'schm'].map(isLanguageCode)).toEqual(Array(8).fill(false))
})
