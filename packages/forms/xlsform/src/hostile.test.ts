/** A workbook is somebody else's: whatever stands in its cells, the answer is a form or diagnostics. */
import { compileXform } from '@murram/xform'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { convertXlsform } from './convert.ts'
import { makeWorkbook } from './fixtures/make-workbook.ts'

const TYPES = [
  'text',
  'integer',
  'select_one l',
  'select_multiple',
  'begin group',
  'end group',
  'begin repeat',
  'end repeat',
  'calculate',
  'note',
  'date',
  'nonsense',
  'end',
  'audit',
  '',
]
const TEXTS = [
  '',
  'a',
  'b',
  'c',
  '${a}',
  '${b} + 1',
  '. > ${c}',
  'sum(${a})',
  'yes',
  '1 +',
  "'",
  '<&">',
  'position(..)',
  '0',
  'a b',
  '\u0001',
  '€',
]
const HEADERS = [
  'type',
  'name',
  'label',
  'label::fr',
  'relevant',
  'constraint',
  'calculation',
  'choice_filter',
  'default',
  'required',
  'repeat_count',
  'hint',
  'trigger',
]

const row = fc
  .tuple(
    fc.constantFrom(...TYPES),
    fc.constantFrom('a', 'b', 'c', 'd', 'e', ''),
    fc.array(fc.constantFrom(...TEXTS), { minLength: HEADERS.length - 2, maxLength: HEADERS.length - 2 }),
  )
  .map(([type, name, cells]) => [type, name, ...cells])

const choices = [
  ['list_name', 'name', 'label', 'label::fr', 'a'],
  ['l', 'x', 'X', 'X', '1'],
  ['l', 'y', 'Y', 'Y', '2'],
]

test('any rows give a form that opens, or errors that each name a place and a remedy', async () => {
  const seen = { converted: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 7 }), async rows => {
      const converted = await convertXlsform(makeWorkbook({ survey: [HEADERS, ...rows], choices }), {
        fileName: 'x.xlsx',
      })
      if (converted.ok) seen.converted++
      else seen.refused++
      const opens = converted.ok
        ? compileXform(converted.value.xml).ok
        : converted.error.data?.['diagnostics'] !== undefined
      expect(opens).toBe(true)
    }),
    { numRuns: 250, seed: 11 },
  )
  expect(seen.refused).toBeGreaterThan(50)
})

test('simple rows mostly convert, so that the property above says something', async () => {
  let converted = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('text', 'integer', 'select_one l', 'note', 'date'), { minLength: 1, maxLength: 6 }),
      async types => {
        const rows = types.map((type, i) => [type, `q${i}`, i === 0 ? 'First' : `After \${q${i - 1}}`])
        const done = await convertXlsform(makeWorkbook({ survey: [['type', 'name', 'label'], ...rows], choices }), {
          fileName: 'x.xlsx',
        })
        if (done.ok) converted++
        expect(done.ok && done.value.questions).toBe(types.length)
      },
    ),
    { numRuns: 60, seed: 12 },
  )
  expect(converted).toBe(60)
})
