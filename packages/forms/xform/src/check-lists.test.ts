/** Lists beside a form where they are published, and lists that the host fills. */
import { unwrap } from '@murram/ground'
import { describe, expect, test } from 'vitest'
import { checkLists, listFiles } from './check-lists.ts'
import { formOf, sessionOf } from './fixtures/forms.ts'

const form = (bind = '') =>
  formOf({
    instance: '<region/><town/><well/><crop/>',
    model: `<instance id="towns" src="jr://file-csv/towns.csv"/><instance id="wells" src="jr://file/wells.geojson"/>
      <bind nodeset="/data/town" ${bind}/><bind nodeset="/data/crop" calculate="pulldata('plots', 'crop', 'id', /data/region)"/>`,
    body: `<input ref="/data/region"/><select1 ref="/data/town"><itemset nodeset="instance('towns')/root/item[/data/region = region]"><value ref="name"/><label ref="label"/></itemset></select1>
      <select1 ref="/data/well"><itemset nodeset="instance('wells')/root/item"><value ref="id"/><label ref="title"/></itemset></select1>`,
  })
const check = (texts: Readonly<Record<string, string>>, bind?: string) => checkLists(form(bind).program, texts)
const TOWNS = 'name,label,region\nkisumu,Kisumu,west\nmombasa,Mombasa,coast\n'

describe('LC1 what a device could not use is refused, with its row', () => {
  test.each([
    ['two,cells\na,"b\n', /towns\.csv.*2/],
    ['name,label\na,b\nc,d,e\n', /towns\.csv, row 3/],
    ['code,label\na,b\n', /towns\.csv, row 1.*no column name/],
    ['name,label\na,b\n,Nowhere\n', /towns\.csv, row 3 \(, Nowhere\): name is blank/],
  ])('%j', (text, said) => {
    const checked = check({ 'towns.csv': text })
    expect(checked).toMatchObject({ ok: false, error: { fault: 'form.list-damaged' } })
    expect(checked.ok ? '' : checked.error.detail).toMatch(said)
  })

  test('a map that is none, and a file that the form does not name', () => {
    expect(check({ 'wells.geojson': '[' })).toMatchObject({ error: { fault: 'form.list-damaged' } })
    const other = check({ 'town.csv': TOWNS })
    expect(other).toMatchObject({ error: { fault: 'form.list-unexpected' } })
    expect(other.ok ? '' : other.error.detail).toBe('town.csv; it reads towns.csv, wells.geojson, plots.csv')
  })
})

test('LC2 a list that is not there is needed where a question that is always asked and required chooses from it', () => {
  expect(listFiles(form())).toEqual(['towns.csv', 'wells.geojson', 'plots.csv'])
  const missing = ['towns.csv', 'wells.geojson', 'plots.csv']
  expect(unwrap(check({}))).toMatchObject({ missing, needed: [] })
  expect(unwrap(check({}, 'required="true()"'))).toMatchObject({ missing, needed: ['towns.csv'] })
  expect(unwrap(check({}, `required="true()" relevant="/data/region != ''"`)).needed).toEqual([])
  expect(unwrap(check({ 'towns.csv': TOWNS }, 'required="true()"'))).toMatchObject({
    rows: { 'towns.csv': 2 },
    missing: missing.slice(1),
    needed: [],
    warnings: [],
  })
})

test('LC3 a value that stands there twice, rows that are blank and an empty list are told', () => {
  const twice = 'name,label,region\na,One,x\na,Other,x\n,,\n,,\n'
  expect(unwrap(check({ 'towns.csv': twice })).warnings).toEqual([
    'towns.csv, row 3 (a, Other, x) has the name of row 2',
    'towns.csv, row 4 (, , ) is blank',
    'towns.csv, row 5 (, , ) is blank',
  ])
  expect(unwrap(check({ 'towns.csv': 'name,label\n' })).warnings).toEqual(['towns.csv has no rows'])
})

test('a list that the host fills stands in place of its file, for the interviews that are given it', () => {
  const asked = form()
  const lists = new Map([
    ['towns.csv', { columns: ['name', 'label', 'region'], rows: [['embu', 'Embu', 'east']] }],
    ['plots.csv', { columns: ['id', 'crop'], rows: [['east', 'maize']] }],
  ])
  const filled = sessionOf(asked, { lists })
  unwrap(filled.answer('region', 'east'))
  expect(filled.question('town')?.choices).toEqual([{ value: 'embu', label: 'Embu' }])
  expect(filled.answers()).toMatchObject({ crop: 'maize' })
  const bare = sessionOf(asked)
  unwrap(bare.answer('region', 'east'))
  expect(bare.question('town')?.choices).toEqual([])
  const another = sessionOf(asked, {
    lists: new Map([['towns.csv', { columns: ['name', 'region'], rows: [['x', 'east']] }]]),
  })
  unwrap(another.answer('region', 'east'))
  expect(another.question('town')?.choices.map(({ value }) => value)).toEqual(['x'])
})
