/** Entities of every version of the specification: at the root, in groups, in repeats. */
import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { entityWrite, entityWrites } from './entity-write.ts'
import { formOf, sessionOf, xformOf } from './fixtures/forms.ts'
import { compileXform } from './open-form.ts'

const meta = (dataset: string): string => `<meta><entity dataset="${dataset}" id="" create="1"><label/></entity></meta>`

const orchard = formOf({
  instance: `<farm/><tree jr:template=""><kind/><where><row/></where>${meta('trees')}</tree><plot><size/>${meta('plots')}</plot>`,
  model: `<bind nodeset="/data/tree/kind" entities:saveto="species"/><bind nodeset="/data/tree/where/row" entities:saveto="row"/><bind nodeset="/data/plot/size" entities:saveto="size"/>
    <bind nodeset="/data/tree/meta/entity/@id" readonly="true()"/><bind nodeset="/data/tree/meta/entity/label" calculate="concat(../../../kind, '!')"/>
    <bind nodeset="/data/plot" relevant="/data/farm = 'y'"/>
    <setvalue event="odk-instance-first-load" ref="/data/plot/meta/entity/@id" value="uuid()"/>`,
  body: `<input ref="/data/farm"/><repeat nodeset="/data/tree"><setvalue event="odk-instance-first-load odk-new-repeat" ref="/data/tree/meta/entity/@id" value="uuid()"/><input ref="/data/tree/kind"/><input ref="/data/tree/where/row"/></repeat><group ref="/data/plot"><input ref="/data/plot/size"/></group>`,
})

test('a row writes an entity of its own, with its own id, label and properties', () => {
  const session = sessionOf(orchard)
  for (const kind of ['mango', 'lemon']) {
    const row = unwrap(session.addRepeat('tree'))
    unwrap(session.answer(`${row}/kind`, kind))
    unwrap(session.answer(`${row}/where/row`, '4'))
  }
  const writes = entityWrites(orchard, unwrap(session.finalise()).answers)
  expect(writes.map(write => ({ ...write, entityId: '' }))).toEqual([
    {
      entityId: '',
      source: 'tree[1]',
      dataset: 'trees',
      action: 'create',
      label: 'mango!',
      set: { species: 'mango', row: '4' },
    },
    {
      entityId: '',
      source: 'tree[2]',
      dataset: 'trees',
      action: 'create',
      label: 'lemon!',
      set: { species: 'lemon', row: '4' },
    },
  ])
  expect(new Set(writes.map(({ entityId }) => entityId)).size).toBe(2)
})

test('an entity in a group is written where the group is asked', () => {
  const session = sessionOf(orchard, { answers: { farm: 'y' } })
  unwrap(session.answer('plot/size', '2'))
  const answers = session.answers()
  expect(entityWrites(orchard, answers)).toMatchObject([{ source: 'plot', dataset: 'plots', set: { size: '2' } }])
  expect(entityWrite(orchard, answers)).toBeNull()
  expect(orchard.entity).toBeNull()
})

test('a version that is not known is refused, the known ones are not', () => {
  const withVersion = (version: string) =>
    compileXform(xformOf({ instance: '<a/>' }).replace('<model>', `<model entities:entities-version="${version}">`))
  for (const version of ['2022.1.0', '2023.1.0', '2024.1.0', '2025.1.0', '2025.1.7'])
    expect(withVersion(version).ok).toBe(true)
  for (const version of ['2027.1.0', '2022.10.0', '1'])
    expect(withVersion(version)).toMatchObject({ ok: false, error: { detail: expect.stringContaining(version) } })
})

test('a property that no entity around it could take is refused', () => {
  const xml = xformOf({
    instance: `<a/><r><b/>${meta('x')}</r>`,
    model: '<bind nodeset="/data/a" entities:saveto="p"/>',
    body: '<repeat nodeset="/data/r"><input ref="/data/r/b"/></repeat>',
  })
  expect(compileXform(xml)).toMatchObject({ ok: false, error: { detail: expect.stringContaining('saves to p') } })
})
