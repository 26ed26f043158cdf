/** RF1 and RF2 of `read-form.ts`, on files that somebody might send to hurt. */
import { unwrap } from '@murram/ground'
import { compileXform } from '@murram/xform'
import { afterAll, describe, expect, test } from 'vitest'
import { convertXlsform } from './convert.ts'
import { makeWorkbook } from './fixtures/make-workbook.ts'
import { makeZip } from './fixtures/make-zip.ts'
import { createFormReader } from './read-form.ts'

const SURVEY = [
  ['type', 'name', 'label', 'constraint'],
  ['text', 'head', 'Head', ''],
  ['integer', 'age', 'Age', '. < 120'],
]
const good = makeWorkbook({ survey: SURVEY })
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const reader = createFormReader({ threads: 1, maxMs: 20_000, maxHeapMb: 256 })
afterAll(() => reader[Symbol.asyncDispose]())

test('RF2 what is read apart equals what is read here', async () => {
  const here = unwrap(await convertXlsform(good, { fileName: 'visit.xlsx' }))
  const apart = unwrap(await reader.read(good, { fileName: 'visit.xlsx' }))
  const checked = { rows: {}, missing: [], needed: [], warnings: [] }
  expect(apart).toEqual({ ...here, program: unwrap(compileXform(here.xml)).program, checked })
  const again = unwrap(await reader.read(bytesOf(here.xml), { fileName: 'visit.xml' }))
  expect(again.program).toEqual(apart.program)
})

describe('lists beside a form', () => {
  const EXTERNAL = {
    survey: [
      ['type', 'name', 'label', 'choice_filter', 'required'],
      ['text', 'state', 'State', '', ''],
      ['select_one_external cities', 'city', 'City', 'state=${state}', 'yes'],
      ['select_one_from_file villages.csv', 'village', 'Village', '', ''],
    ],
    external_choices: [
      ['list_name', 'name', 'label::English (en)', 'label::Kiswahili (sw)', 'state'],
      ['cities', 'aus', 'Austin, "the" city', 'Mji', 'tx'],
      ['other', 'aus', 'Another', '', ''],
    ],
  }

  test('the sheet external_choices is itemsets.csv, and is read as a device reads it', async () => {
    const read = unwrap(await reader.read(makeWorkbook(EXTERNAL), { fileName: 'visit.xlsx' }))
    expect(read.lists).toEqual({
      'itemsets.csv':
        'list_name,name,label,state,label::English (en),label::Kiswahili (sw)\ncities,aus,"Austin, ""the"" city",tx,"Austin, ""the"" city",Mji\nother,aus,Another,,Another,\n',
    })
    expect(read.checked).toMatchObject({ rows: { 'itemsets.csv': 1 }, missing: ['villages.csv'], needed: [] })
  })

  test('a list that is given stands in place of the sheet; a damaged one is a fault with its row', async () => {
    const given = (lists: Readonly<Record<string, string>>) =>
      reader.read(makeWorkbook(EXTERNAL), { fileName: 'visit.xlsx', lists })
    const two = 'list_name,name,label,state\nother,x,X,\ncities,a,A,tx\ncities,,B,tx\n'
    expect(await given({ 'itemsets.csv': two })).toMatchObject({
      error: { fault: 'form.list-damaged', detail: 'itemsets.csv, row 4 (cities, , B, tx): name is blank' },
    })
    const villages = await given({ 'villages.csv': 'name,label\na,A\nb,B\n' })
    expect(unwrap(villages).checked).toMatchObject({ rows: { 'villages.csv': 2 }, missing: [] })
  })
})

/** An .xlsx whose one sheet is `rows` of the same row. */
function swollen(rows: number, declaredBytes?: number): Uint8Array {
  const row = '<row><c t="inlineStr"><is><t>text</t></is></c></row>'
  const sheet = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${row.repeat(rows)}</sheetData></worksheet>`
  const types = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
  const main = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
  const rels = (target: string, type: string) =>
    `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${main}/${type}" Target="${target}"/></Relationships>`
  const book = `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="${main}"><sheets><sheet name="survey" sheetId="1" r:id="rId1"/></sheets></workbook>`
  return makeZip([
    { name: '[Content_Types].xml', data: bytesOf(types) },
    { name: '_rels/.rels', data: bytesOf(rels('xl/workbook.xml', 'officeDocument')) },
    { name: 'xl/workbook.xml', data: bytesOf(book) },
    { name: 'xl/_rels/workbook.xml.rels', data: bytesOf(rels('worksheets/sheet1.xml', 'worksheet')) },
    {
      name: 'xl/worksheets/sheet1.xml',
      data: bytesOf(sheet),
      ...(declaredBytes === undefined ? {} : { declaredBytes }),
    },
  ])
}

const entities = `<!DOCTYPE d [<!ENTITY a "${'a'.repeat(1000)}"><!ENTITY b "${'&a;'.repeat(1000)}"><!ENTITY c "${'&b;'.repeat(1000)}">]><h:html xmlns:h="http://www.w3.org/1999/xhtml">&c;</h:html>`

describe('RF1 a hostile file is a fault of its own, and the next file is read', () => {
  const HOSTILE: readonly (readonly [string, string, () => Uint8Array, RegExp])[] = [
    ['a workbook that unpacks to 300 MB', 'bomb.xlsx', () => swollen(6_000_000), /more than 250 MB/],
    ['one that hides its size', 'liar.xlsx', () => swollen(2_000_000, 5), /exceeds|more than|mismatch/i],
    ['one that says nothing of its size', 'mute.xlsx', () => swollen(2_000_000, 0), /more than 250 MB/],
    ['more rows than a form can have', 'long.xlsx', () => swollen(3_000_000), /memory|not read within|rows|column/],
    ['entities that expand', 'laughs.xml', () => bytesOf(entities), /entity/i],
    ['elements nested a million deep', 'deep.xml', () => bytesOf('<a>'.repeat(1_000_000)), /nested|deep/],
    ['a file of 100 MB', 'large.xml', () => new Uint8Array(100_000_000).fill(32), /larger than 50 MB/],
    ['a table of 100 MB', 'large.csv', () => new Uint8Array(100_000_000).fill(44), /larger than 50 MB/],
    ['half a workbook', 'half.xlsx', () => good.slice(0, good.length / 2), /./],
    ['a picture', 'photo.xlsx', () => bytesOf('\x89PNG\r\n\x1a\n'), /./],
    ['nothing', 'empty.xlsx', () => new Uint8Array(), /./],
  ]
  for (const [what, fileName, bytes, says] of HOSTILE)
    test(`${what}`, { timeout: 60_000 }, async () => {
      const read = await reader.read(bytes(), { fileName })
      expect(read.ok ? 'it was read' : (read.error.detail ?? '')).toMatch(says)
      expect((await reader.read(good, { fileName: 'visit.xlsx' })).ok).toBe(true)
    })
})

test('RF1 a file that takes too long is stopped, and says so', async () => {
  await using hasty = createFormReader({ threads: 1, maxMs: 1 })
  const read = await hasty.read(good, { fileName: 'visit.xlsx' })
  expect(read.ok ? '' : read.error.detail).toBe('visit.xlsx: it was not read within 0.001 s')
})

test('an old workbook under a new name is read for what it is', async () => {
  const old = makeWorkbook({ survey: SURVEY }, 'xls')
  expect(unwrap(await reader.read(old, { fileName: 'visit.xlsx' })).questions).toBe(2)
})

test('many files wait their turn, and none is late for having waited', async () => {
  await using slow = createFormReader({ threads: 1, maxMs: 3_000 })
  const all = await Promise.all(Array.from({ length: 60 }, (_, i) => slow.read(good, { fileName: `${i}.xlsx` })))
  expect(all.filter(({ ok }) => ok).length).toBe(60)
})
