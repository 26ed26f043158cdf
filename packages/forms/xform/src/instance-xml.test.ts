/** Instances as XML, out and in. X1, X2: see `run/submission.ts`. */
import { unwrap, type InstanceId } from '@murram/ground'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formOf, sessionOf } from './fixtures/forms.ts'
import { readInstanceXml } from './read-instance-xml.ts'

const form = formOf({
  instance:
    '<name/><hidden>kept</hidden><g><photo/></g><r jr:template=""><age/><v jr:template=""><on/></v></r><code n=""/>',
  model: `<bind nodeset="/data/g/photo" type="binary"/><bind nodeset="/data/hidden" relevant="/data/name != 'hide'"/><bind nodeset="/data/code/@n" type="string"/><setvalue event="odk-instance-first-load" ref="/data/code/@n" value="7"/>`,
  body: '<input ref="/data/name"/><input ref="/data/hidden"/><group ref="/data/g"><upload ref="/data/g/photo" mediatype="image/*"/></group><repeat nodeset="/data/r"><input ref="/data/r/age"/><repeat nodeset="/data/r/v"><input ref="/data/r/v/on"/></repeat></repeat>',
})

const filled = (name: string, rows: readonly (readonly string[])[]) => {
  const session = sessionOf(form)
  unwrap(session.answer('name', name))
  for (const visits of rows) {
    const row = unwrap(session.addRepeat('r'))
    for (const on of visits) unwrap(session.answer(`${unwrap(session.addRepeat(`${row}/v`))}/on`, on))
  }
  return session
}

const anyText = fc.string({ unit: 'binary', maxLength: 12 })

test('X1 what was written is read and written again byte for byte', () => {
  fc.assert(
    fc.property(anyText, fc.array(fc.array(anyText, { maxLength: 3 }), { maxLength: 3 }), (name, rows) => {
      const { xml } = unwrap(filled(name, rows).finalise())
      const read = unwrap(readInstanceXml(form, xml))
      expect(read.unknown).toEqual([])
      expect(unwrap(sessionOf(form, { instanceXml: xml }).finalise()).xml).toBe(xml)
    }),
    { numRuns: 150, seed: 3 },
  )
})

test('what is read are the answers that were given, rows by their place', () => {
  const finalised = unwrap(filled('Wanjiru & co <1>\r\n', [['a', 'b'], [], ['c']]).finalise())
  const read = unwrap(readInstanceXml(form, finalised.xml))
  expect(read.answers).toEqual(finalised.answers)
  expect(read).toMatchObject({ version: '1', instanceId: finalised.instanceId })
  expect(read.answers).toMatchObject({ 'r[1]/v[2]/on': 'b', 'r[3]/v[1]/on': 'c', 'code@n': '7' })
})

describe('an instance that is gone on with', () => {
  const xml = unwrap(filled('Otieno', [['a'], ['b']]).finalise()).xml

  test('keeps its id, its rows and its values, and raises no event of a first load', () => {
    const session = sessionOf(form, { instanceXml: xml.replace('n="7"', 'n="8"') })
    expect(session.instanceId).toBe('uuid:aaaaaaaa-0000-4000-8000-000000000000')
    expect(session.answers()).toMatchObject({ 'r[2]/v[1]/on': 'b', 'code@n': '8' })
    expect(session.repeats()[0]).toMatchObject({ ref: 'r', count: 2 })
  })

  test('gets a new id as an edit, and names the old one', () => {
    const session = sessionOf(form, {
      instanceXml: xml,
      edit: true,
      instanceId: 'uuid:bbbbbbbb-0000-4000-8000-000000000000' as InstanceId,
    })
    const finalised = unwrap(session.finalise())
    expect(finalised.xml).toContain(
      '<orx:instanceID>uuid:bbbbbbbb-0000-4000-8000-000000000000</orx:instanceID><orx:deprecatedID>uuid:aaaaaaaa-0000-4000-8000-000000000000</orx:deprecatedID>',
    )
    expect(unwrap(readInstanceXml(form, finalised.xml)).unknown).toEqual([])
  })

  test('an edit as a draft stays an edit', () => {
    const draft = sessionOf(form, { instanceXml: xml, edit: true }).draft()
    expect(sessionOf(form, { draft }).draft()).toEqual({ ...draft, audit: expect.anything() })
  })
})

describe('what does not fit', () => {
  const xml = (inner: string, id = 't'): string => `<data id="${id}" version="1">${inner}</data>`

  test('is named, and refused unless it may be dropped', () => {
    const strange = xml('<name x="1">A</name><name>B</name><pet/><r><age>4</age><shoe/></r><meta><audit/></meta>')
    const read = unwrap(readInstanceXml(form, strange))
    expect(read.unknown).toEqual(['name@x', 'name[2]', 'pet', 'r[1]/shoe', 'meta/audit'])
    expect(read.answers).toEqual({ name: 'A', 'r[1]/age': '4' })
    const open = (dropUnknown: boolean) => sessionOf(form, { instanceXml: strange, edit: true, dropUnknown })
    expect(() => open(false)).toThrow(/pet/)
    expect(open(true).answers()).toMatchObject({ name: 'A' })
  })

  test('another form, another root, no XML: a fault each', () => {
    expect(readInstanceXml(form, xml('', 'other'))).toMatchObject({ ok: false, error: { fault: 'instance.malformed' } })
    expect(readInstanceXml(form, '<x id="t"/>')).toMatchObject({ ok: false, error: { fault: 'instance.malformed' } })
    expect(readInstanceXml(form, '<data')).toMatchObject({ ok: false, error: { fault: 'form.xml-malformed' } })
  })
})

test('files that answers name are listed, those that are not asked are not', () => {
  const session = filled('A', [])
  unwrap(session.answer('g/photo', 'roof.jpg'))
  expect(unwrap(session.finalise()).attachments).toEqual(['roof.jpg'])
})

test('a draft keeps what is not asked now', () => {
  const session = filled('hide', [])
  expect(session.draft().values).toMatchObject({ hidden: 'kept' })
  const again = sessionOf(form, { draft: session.draft() })
  unwrap(again.answer('name', 'show'))
  expect(again.answers()).toMatchObject({ hidden: 'kept' })
})
