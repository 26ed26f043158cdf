/** Lists beside the form. L1–L3: see `run/lists.ts`. */
import { unwrap } from '@murram/ground'
import { describe, expect, test } from 'vitest'
import { formOf, sessionOf, xformOf } from './fixtures/forms.ts'
import { compileXform, loadProgram } from './open-form.ts'

const CSV = '\ufeffname,label,region\nkisumu,"Kisumu, town",west\n\nmombasa,Mombasa,coast\r\nembu,"Embu ""E"""\n'
const XML =
  '<root><item><name>kisumu</name><label>Kisumu, town</label><region>west</region></item><item><name>mombasa</name><label>Mombasa</label><region>coast</region></item><item><name>embu</name><label>Embu "E"</label><region/></item></root>'
const GEOJSON = JSON.stringify({
  type: 'FeatureCollection',
  features: [
    {
      type: 'Feature',
      id: 'a',
      properties: { label: 'Well', depth: 5, dry: null },
      geometry: { type: 'Point', coordinates: [36.8, -1.2] },
    },
    {
      type: 'Feature',
      id: 'b',
      properties: { label: 'Field' },
      geometry: {
        type: 'Polygon',
        coordinates: [
          [
            [1, 2],
            [3, 4],
            [1, 2],
          ],
        ],
      },
    },
    { type: 'Feature', id: 'c', properties: { label: 'Nowhere' }, geometry: null },
  ],
})

const asking = (src: string, value = 'name'): Parameters<typeof xformOf>[0] => ({
  instance: '<region/><town/>',
  model: `<instance id="towns" src="${src}"/>`,
  body: `<input ref="/data/region"/><select1 ref="/data/town"><itemset nodeset="instance('towns')/root/item[/data/region = '' or region = /data/region]"><value ref="${value}"/><label ref="label"/></itemset></select1>`,
})

const offered = (parts: Parameters<typeof xformOf>[0], name: string, text: string) => {
  const embedded = formOf(parts, new Map([[name, text]]))
  const program: unknown = JSON.parse(JSON.stringify(formOf(parts).program))
  const loaded = unwrap(loadProgram(program, { attachments: file => (file === name ? text : undefined) }))
  const [one, two] = [embedded, loaded].map(form => {
    const session = sessionOf(form)
    const all = session.question('town')?.choices
    unwrap(session.answer('region', 'coast'))
    return { all, coast: session.question('town')?.choices.map(choice => choice.value) }
  })
  expect(two).toEqual(one)
  return one!
}

describe('L1 a list from its file is the list that was embedded', () => {
  const towns = [
    { value: 'kisumu', label: 'Kisumu, town' },
    { value: 'mombasa', label: 'Mombasa' },
    { value: 'embu', label: 'Embu "E"' },
  ]

  test('CSV: quotes, a byte order mark, blank lines, short rows', () => {
    expect(offered(asking('jr://file-csv/towns.csv'), 'towns.csv', CSV)).toEqual({ all: towns, coast: ['mombasa'] })
  })

  test('CSV by semicolons', () => {
    const text = 'name;label;region\nkisumu;Kisumu, town;west\nmombasa;Mombasa;coast\n'
    expect(offered(asking('jr://file-csv/towns.csv'), 'towns.csv', text).all).toEqual(towns.slice(0, 2))
  })

  test('XML', () => {
    expect(offered(asking('jr://file/towns.xml'), 'towns.xml', XML)).toEqual({ all: towns, coast: ['mombasa'] })
  })

  test('GeoJSON: properties are columns, the geometry is one more', () => {
    const found = offered(asking('jr://file/wells.geojson', 'geometry'), 'wells.geojson', GEOJSON)
    expect(found.all).toEqual([
      { value: '-1.2 36.8 0 0', label: 'Well' },
      { value: '2 1 0 0; 4 3 0 0; 2 1 0 0', label: 'Field' },
      { value: '', label: 'Nowhere' },
    ])
  })
})

describe('L2 a file that nobody gave', () => {
  test('is an empty list, and named', () => {
    const form = formOf(asking('jr://file-csv/towns.csv'))
    expect(sessionOf(form).question('town')?.choices).toEqual([])
    expect(form.attachments).toEqual(['towns.csv'])
    expect(form.missingAttachments).toEqual(['towns.csv'])
    const given = unwrap(loadProgram(form.program, { attachments: () => CSV }))
    expect(given.missingAttachments).toEqual([])
  })

  test('is not asked for before something is looked up in it, and then once', () => {
    let asked = 0
    const attachments = (): string => (asked++, CSV)
    const form = unwrap(loadProgram(formOf(asking('jr://file-csv/towns.csv')).program, { attachments }))
    expect(asked).toBe(0)
    sessionOf(form).question('town')
    sessionOf(form).question('town')
    expect(asked).toBe(1)
  })
})

describe('L3 a damaged file', () => {
  const faultOf = (src: string, name: string, text: string): string => {
    const compiled = compileXform(xformOf(asking(src)), { attachments: new Map([[name, text]]) })
    const form = unwrap(loadProgram(formOf(asking(src)).program, { attachments: () => text }))
    const said = form.damagedAttachments.map(({ detail }) => detail).join()
    expect(sessionOf(form).question('town')?.choices).toEqual([])
    expect(said).toBe(compiled.ok ? '' : compiled.error.detail)
    return said
  }

  test('is refused by the compiler and told by the device, with file and row', () => {
    expect(faultOf('jr://file-csv/t.csv', 't.csv', 'name,label\na,"b\n')).toMatch(/t\.csv.*2/)
    expect(faultOf('jr://file-csv/t.csv', 't.csv', 'name,label\na,b\nc,d,e\n')).toContain('t.csv, row 3')
    expect(faultOf('jr://file-csv/t.csv', 't.csv', 'name,name\na,b\n')).toContain('the column name stands there twice')
    expect(faultOf('jr://file/t.xml', 't.xml', '<root><item></root>')).toContain('t.xml')
    expect(faultOf('jr://file/t.geojson', 't.geojson', '[')).toContain('t.geojson is not JSON')
    expect(faultOf('jr://file/t.geojson', 't.geojson', '{"type":"Feature"}')).toContain('t.geojson')
  })
})

describe('lists that no instance declares', () => {
  test('pulldata reads the file it names', () => {
    const parts = {
      instance: '<id/><crop/>',
      model: `<bind nodeset="/data/crop" calculate="pulldata('plots', 'crop', 'plot_id', /data/id)"/>`,
      body: '<input ref="/data/id"/>',
    }
    const form = formOf(parts, new Map([['plots.csv', 'plot_id,crop\n7,maize\n']]))
    const session = sessionOf(form)
    unwrap(session.answer('id', '7'))
    expect(session.answers()).toMatchObject({ crop: 'maize' })
    expect(formOf(parts).missingAttachments).toEqual(['plots.csv'])
  })

  test('a question with a query chooses from the rows of its list in itemsets.csv', () => {
    const form = formOf(
      {
        instance: '<state/><city/>',
        body: `<input ref="/data/state"/><input ref="/data/city" query="instance('cities')/root/item[state=/data/state]"/>`,
      },
      new Map([
        ['itemsets.csv', 'list_name,name,label,state\nstates,tx,Texas,\ncities,aus,Austin,tx\ncities,sea,Seattle,wa\n'],
      ]),
    )
    const session = sessionOf(form)
    unwrap(session.answer('state', 'tx'))
    expect(session.question('city')?.choices).toEqual([{ value: 'aus', label: 'Austin' }])
  })

  test('an instance that is nowhere is told', () => {
    const form = formOf({
      instance: '<a/>',
      model: `<bind nodeset="/data/a" calculate="count(instance('no')/root/item)"/>`,
    })
    expect(form.warnings.join()).toContain("instance('no')")
    expect(sessionOf(form).answers()).toMatchObject({ a: '0' })
  })
})

describe('the submission before this one', () => {
  const form = formOf({
    instance: '<street/><r jr:template=""><n/></r>',
    model: `<instance id="__last-saved" src="jr://instance/last-saved"/><setvalue event="odk-instance-first-load" ref="/data/street" value="instance('__last-saved')/data/street"/><bind nodeset="/data/rows" calculate="count(instance('__last-saved')/data/r)"/>`,
    body: '<input ref="/data/street"/><repeat nodeset="/data/r"><input ref="/data/r/n"/></repeat>',
  })

  test('is read from its answers or its XML, and is empty at the first time', () => {
    expect(sessionOf(form).answers()).toMatchObject({ street: '' })
    const first = sessionOf(form, { lastSaved: { street: 'Moi', 'r[1]/n': '1' } })
    expect(first.answers()).toMatchObject({ street: 'Moi' })
    const { xml } = unwrap(first.finalise())
    expect(sessionOf(form, { lastSaved: xml }).answers()).toMatchObject({ street: 'Moi' })
    expect(form.attachments).toEqual([])
  })
})
