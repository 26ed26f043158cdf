import { unwrap } from '@murram/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readCsv, textOfTable } from './csv-records.ts'
import { readOutcomeCsv, readOutcomeList } from './outcome-row.ts'

const NOW = Date.parse('2026-11-21T09:00:00Z')
const household = '5f0c2f6e-3b55-4f29-9a3c-1d2e3f405162'
const good = { entityId: household, value: 'vulnerable', method: 'visit', verifier: 'Akello', observedAt: '2026-11-20' }

test('O1 a bad row is refused with its number and field, the others are kept', () => {
  const csv = [
    'entityId,instanceId,value,method,verifier,observedAt',
    `${household},,vulnerable,visit,"Akello, Grace",2026-11-20`,
    'no-id,,vulnerable,visit,Akello,2026-11-20',
    `${household},,,visit,Akello,2026-11-20`,
    `${household},,coping,visit,Akello,20/11/2026`,
    `${household},,coping,visit`,
    '',
    `${household},,coping,visit,Akello,2027-11-20`,
    `,uuid:${household},coping,call,"said ""fine""",2026-11-20T10:00:00+03:00`,
  ].join('\r\n')
  const { rows, refused } = unwrap(readOutcomeCsv(csv, NOW))
  expect(rows.map(({ row }) => row)).toEqual([2, 9])
  expect(rows[0]).toMatchObject({ verifier: 'Akello, Grace', observedAtMs: Date.parse('2026-11-20T23:59:59.999Z') })
  expect(rows[1]).toMatchObject({
    about: { by: 'instance', instanceId: `uuid:${household}` },
    verifier: 'said "fine"',
    observedAtMs: Date.parse('2026-11-20T07:00:00Z'),
  })
  expect(refused.map(({ row, fault }) => [row, fault.fault, fault.data?.['field']])).toEqual([
    [3, 'outcome.invalid', 'entityId'],
    [4, 'outcome.invalid', 'value'],
    [5, 'outcome.invalid', 'observedAt'],
    [6, 'outcome.invalid', 'the row'],
    [8, 'outcome.invalid', 'observedAt'],
  ])
})

test('O2 a row names exactly one household or interview', () => {
  const { rows, refused } = readOutcomeList(
    [good, { ...good, instanceId: `uuid:${household}` }, { ...good, entityId: '' }, { ...good, extra: 1 }, 'text'],
    NOW,
  )
  expect(rows).toHaveLength(1)
  expect(refused.map(({ fault }) => fault.detail)).toEqual([
    expect.stringMatching(/row 2: instanceId stands beside entityId/),
    expect.stringMatching(/row 3: entityId is missing/),
    expect.stringMatching(/row 4: extra is not a field/),
    expect.stringMatching(/row 5: the row/),
  ])
})

test('O2 who was chosen by plan comes with the probability of having been chosen', () => {
  const plan = (selection: unknown, probability: unknown) => ({ ...good, selection, probability })
  const { rows, refused } = readOutcomeList(
    [plan('audit', 0.1), plan('decision', ' 1 '), plan('', ''), plan('unplanned', undefined)].concat([
      plan('audit', ''),
      plan('', '0.5'),
      plan('audit', 0),
      plan('audit', 1.5),
      plan('random', 1),
      plan('audit', '10%'),
    ]),
    NOW,
  )
  expect(rows.map(({ chosen }) => chosen)).toEqual([
    { selection: 'audit', probability: 0.1 },
    { selection: 'decision', probability: 1 },
    null,
    { selection: 'unplanned', probability: null },
  ])
  expect(refused.map(({ row, fault }) => [row, fault.data?.['field']])).toEqual([
    [5, 'probability'],
    [6, 'selection'],
    [7, 'probability'],
    [8, 'probability'],
    [9, 'selection'],
    [10, 'probability'],
  ])
})

test('a text that is no table is refused as a whole', () => {
  expect(readOutcomeCsv('', NOW)).toMatchObject({ ok: false, error: { fault: 'table.unreadable' } })
  expect(readOutcomeCsv('value,value\na,b', NOW)).toMatchObject({
    ok: false,
    error: { detail: expect.stringMatching(/twice/) },
  })
  expect(readOutcomeCsv('value\n"open', NOW)).toMatchObject({
    ok: false,
    error: { detail: expect.stringMatching(/Quote/) },
  })
})

test('O1 what is wrong with the header is said once: a strange column, a missing one', () => {
  const line = `${household},coping,visit,Akello,2026-11-20`
  const said = (header: string) => {
    const read = readOutcomeCsv(`${header}\n${line}`, NOW)
    return read.ok ? read.value.refused : read.error.detail
  }
  expect(said('entityId,value,method,verifier,observedAt')).toEqual([])
  expect(said('entityId,Value,method,verifier,observedAt')).toMatch(
    /^row 1: no column .* called 'Value'; known are entityId/,
  )
  expect(said('entityId,value,method,verifier,state')).toMatch(/^row 1: the column 'observedAt' is missing/)
  expect(said('outcomeId,value,method,verifier,observedAt')).toMatch(
    /^row 1: there is neither .* entityId nor instanceId/,
  )
})

test('O1 dates and numbers in other writing are refused by row and column, and say how they are written', () => {
  const row = (more: object) => ({ ...good, selection: 'audit', probability: '0.5', ...more })
  const dates = [
    '20.11.2026',
    '11/20/2026',
    '2026-11-20 10:00',
    '46000',
    '2026-02-30',
    '20 Nov 2026',
    '2026-11-20T10:00',
  ]
  const chances = ['0,5', '50%', '1e-400', '-0.5', 'NaN', 'Infinity', '1.0000001']
  const rows = [...dates.map(observedAt => row({ observedAt })), ...chances.map(probability => row({ probability }))]
  const read = readOutcomeList([...rows, row({ probability: '1e-9' }), row({ probability: '.5' })], NOW)
  expect(read.refused.map(({ fault }) => fault.data?.['field'])).toEqual([
    ...dates.map(() => 'observedAt'),
    ...chances.map(() => 'probability'),
  ])
  expect(read.refused[0]?.fault.detail).toBe(
    'row 1: observedAt is not a date (2026-11-30) or an instant (2026-11-30T14:00:00Z)',
  )
  expect(read.refused[dates.length]?.fault.detail).toMatch(
    /^row 8: probability is not a number: one half is written 0\.5/,
  )
  expect(read.rows.map(({ chosen }) => chosen?.probability)).toEqual([1e-9, 0.5])
})

test('semicolons and tabs, a byte order mark and letters beyond ASCII are read; other encodings are named by line', () => {
  const lines = ['entityId,value,method,verifier,observedAt', `${household},coping,visit,Zoé Åkello,2026-11-20`]
  for (const sign of [',', ';', '\t'])
    for (const mark of ['', '\uFEFF']) {
      const text = unwrap(textOfTable(Buffer.from(mark + lines.join('\r\n').replaceAll(',', sign))))
      expect(unwrap(readOutcomeCsv(text, NOW)).rows).toMatchObject([{ row: 2, verifier: 'Zoé Åkello' }])
    }
  const told = (bytes: Uint8Array) => (textOfTable(bytes) as { error: { detail: string } }).error.detail
  expect(told(Buffer.from(lines.join('\n'), 'latin1'))).toMatch(/^line 2 is not UTF-8/)
  expect(told(Buffer.from(lines.join('\n'), 'utf16le'))).toMatch(/UTF-16/)
  expect(told(Buffer.from(`\uFEFF${lines.join('\n')}`, 'utf16le'))).toMatch(/UTF-16/)
})

test('any table of cells that is written by the rules is read back', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é') })
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 5 }), rows => {
      const csv = ['x,y', ...rows.map(row => row.map(quote).join(','))].join('\n')
      expect(unwrap(readCsv(csv)).map(({ fields }) => [fields['x'], fields['y']])).toEqual(rows)
    }),
  )
})
