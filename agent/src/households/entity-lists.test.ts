import { unwrap, type Sha256 } from '@murram/ground'
import { compileXform } from '@murram/xform'
import { Subject } from 'rxjs'
import { expect, test } from 'vitest'
import { createEntityLists } from './entity-lists.ts'
import type { Household } from './households.ts'

const asking = (...files: readonly string[]) =>
  unwrap(
    compileXform(`<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title>T</h:title><model>
      <instance><data id="t" version="1"><a/></data></instance>
      ${files.map((file, i) => `<instance id="l${i}" src="jr://file/${file}"/>`).join('')}</model></h:head><h:body><input ref="/data/a"/></h:body></h:html>`),
  )
const known = (entityId: string, label: string, properties: Record<string, string>): Household => ({
  entityId,
  dataset: 'households',
  label,
  properties,
  conflicted: [],
  local: false,
})

const [JOINED, GONE] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
const aliases: Readonly<Record<string, string>> = { [JOINED]: '1' }

function setting(fileBacked: readonly string[] = []) {
  const changes = new Subject<void>()
  const asked: string[] = []
  let households = [known('2', 'House 10', { roof: 'iron', name: 'not the id' }), known('1', 'House 9', { tel: '7' })]
  const lists = createEntityLists({
    households: {
      all: async dataset => {
        asked.push(dataset)
        return dataset === 'households' ? households : []
      },
      find: async id => households.find(({ entityId }) => entityId === aliases[id]) ?? null,
    },
    forms: { listsOf: () => new Map(fileBacked.map(name => [name, 'a'.repeat(64) as Sha256])) },
    changes: [changes],
  })
  const change = (next: typeof households): void => {
    households = next
    changes.next()
  }
  return { lists, asked, change }
}

test('a list of entities has the columns of ODK: the id is its name, and no property hides that', async () => {
  const { lists } = setting()
  const found = await lists.find(asking('households.csv', 'wells.geojson', 'nobody.csv'))
  expect([...found.keys()]).toEqual(['households.csv'])
  expect(found.get('households.csv')).toEqual({
    columns: ['name', 'label', '__version', '__trunkVersion', '__branchId', 'roof', 'tel'],
    rows: [
      ['1', 'House 9', '1', '', '', '', '7'],
      ['2', 'House 10', '1', '', '', 'iron', ''],
    ],
  })
})

test('EL1 what is attached is read from its file; a form without lists asks for nothing', async () => {
  const { lists, asked } = setting(['households.csv'])
  expect((await lists.find(asking('households.csv'))).size).toBe(0)
  expect((await lists.find(asking())).size).toBe(0)
  expect(asked).toEqual([])
})

test('EL4 whom an interview chose before is in its list: declared another one, or not on this laptop any more', async () => {
  const { lists } = setting()
  const form = asking('households.csv')
  const found = await lists.find(form, [JOINED, GONE, '2', 'tile'])
  expect(found.get('households.csv')?.rows.map(([id, label, , , , , tel]) => [id, label, tel])).toEqual([
    ['1', 'House 9', '7'],
    ['2', 'House 10', ''],
    [JOINED, 'House 9', '7'],
    [GONE, GONE, ''],
  ])
  expect((await lists.find(form)).get('households.csv')?.rows).toHaveLength(2)
})

test('EL2 EL3 a list is put together once, for all forms, until something changes', async () => {
  const { lists, asked, change } = setting()
  const [one, other] = [asking('households.csv'), asking('households.csv')]
  const first = await lists.find(one)
  expect(await lists.find(one)).toBe(first)
  expect((await lists.find(other)).get('households.csv')).toBe(first.get('households.csv'))
  expect(asked).toEqual(['households'])
  change([known('3', 'New', {})])
  expect((await lists.find(one)).get('households.csv')?.rows.map(([id]) => id)).toEqual(['3'])
  expect((await lists.find(other)).get('households.csv')?.rows).toHaveLength(1)
  expect(asked).toEqual(['households', 'households'])
  lists.close()
})
