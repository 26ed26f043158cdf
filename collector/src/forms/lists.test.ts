/** Lists beside a form, over HTTP and on the wire. LP1–LP3: see `publish-lists.ts`; P3: `publish-form.ts`. */
import { unwrap, type FormId } from '@murram/ground'
import { sha256 } from '@murram/seal'
import { pageChecksum, readFeedBody } from '@murram/wire'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FormList, ListHistory, ListRow, PublishListsReply, PublishReply } from '../http/api-types.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { householdXml } from '../test-form.ts'
import { enrolTestDevice, type TestDevice } from '../test-device.ts'

let cluster: TestCluster
let collector: TestCollector
beforeAll(async () => {
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster, rooms: [] })
})
afterAll(async () => {
  await collector.close()
  await cluster.stop()
})

/** Chooses a village and a well; `required` in the bind of the village makes its list needed. */
const visitXml = (id: string, version = '1', bind = '') => `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa">
  <h:head><h:title>Visit</h:title><model>
    <instance><data id="${id}" version="${version}"><village/><well/><of/><meta><instanceID/></meta></data></instance>
    <instance id="villages" src="jr://file-csv/villages.csv"/>
    <instance id="wells" src="jr://file/wells.geojson"/>
    <instance id="households" src="jr://file-csv/households.csv"/>
    <bind nodeset="/data/village" type="string" ${bind}/>
    <bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
  </model></h:head>
  <h:body>
    <select1 ref="/data/village"><label>Village</label><itemset nodeset="instance('villages')/root/item"><value ref="name"/><label ref="label"/></itemset></select1>
    <select1 ref="/data/well"><label>Well</label><itemset nodeset="instance('wells')/root/item"><value ref="id"/><label ref="title"/></itemset></select1>
    <select1 ref="/data/of"><label>Of</label><itemset nodeset="instance('households')/root/item"><value ref="name"/><label ref="label"/></itemset></select1>
  </h:body>
</h:html>`

const VILLAGES = 'name,label\na,Aber\nb,Bala\n'
const WELLS =
  '{"type":"FeatureCollection","features":[{"type":"Feature","id":"w","properties":{"title":"Well"},"geometry":null}]}'
type Files = Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>

const parts = (files: Files, form?: string): FormData => {
  const data = new FormData()
  if (form !== undefined) data.append('form', new File([form], 'visit.xml'))
  for (const [name, text] of Object.entries(files)) data.append('list', new File([text], name))
  return data
}
const publish = (form: string, files: Files = {}) =>
  collector.send<PublishReply & { fault?: string; detail?: string }>('/forms', {
    method: 'POST',
    body: parts(files, form),
  })
const publishLists = (formId: string, files: Files, version = '') =>
  collector.send<PublishListsReply & { fault?: string; detail?: string }>(
    `/forms/${formId}/lists${version === '' ? '' : `?version=${version}`}`,
    { method: 'POST', body: parts(files) },
  )
const history = async (formId: string): Promise<readonly ListRow[]> =>
  (await collector.get<ListHistory>(`/forms/${formId}/lists`)).body.lists
const brief = (lists: readonly ListRow[]) => lists.map(({ version, name, number }) => `${version} ${name} ${number}`)

async function connected(protocol?: number): Promise<TestDevice> {
  const device = await enrolTestDevice({ collector })
  await device.connect(protocol === undefined ? {} : { protocol })
  return device
}
const told = async (device: TestDevice, key: string) => {
  const { rows } = await device.pull({ epoch: 1, number: 0 })
  return unwrap(readFeedBody('form', rows.find(row => row.key === key)?.body))
}

test('a form is published with its lists: devices are told of them, and fetch them by their hash', async () => {
  const { status, body } = await publish(visitXml('one'), { 'villages.csv': VILLAGES, 'wells.geojson': WELLS })
  expect(status).toBe(201)
  expect(body.form.lists).toMatchObject([
    { name: 'villages.csv', number: 1, rows: 2, sizeBytes: VILLAGES.length },
    { name: 'wells.geojson', number: 1, rows: 1 },
  ])
  await using device = await connected()
  const { lists = [] } = await told(device, 'one/1')
  expect(lists.map(({ name, sha256: hash }) => [name, hash])).toEqual([
    ['villages.csv', sha256(new TextEncoder().encode(VILLAGES))],
    ['wells.geojson', sha256(new TextEncoder().encode(WELLS))],
  ])
  device.send({ type: 'want', sha256: lists[0]?.sha256 as never, offset: 0, length: 500_000, use: 'list' })
  expect(new TextDecoder().decode((await device.next('chunk')).bytes)).toBe(VILLAGES)
  const headers = { Authorization: 'Bearer test-admin-token' }
  const file = await collector.request('/api/v1/forms/one/1/lists/villages.csv', { headers })
  expect(await file.text()).toBe(VILLAGES)
})

test('a device of version 1 is told of the form without its lists, and syncs on', async () => {
  await publish(visitXml('old'), { 'villages.csv': VILLAGES })
  await using device = await connected(1)
  const page = await device.pull({ epoch: 1, number: 0 })
  expect(page.checksum).toBe(pageChecksum(page.rows))
  const bodies = page.rows.flatMap(({ kind, body }) => (kind === 'form' ? [unwrap(readFeedBody('form', body))] : []))
  expect(bodies.filter(({ lists }) => lists !== undefined)).toEqual([])
  const form = bodies.find(({ formId }) => formId === 'old')
  device.send({ type: 'want', sha256: form?.sha256 as never, offset: 0, length: 500_000 })
  expect((await device.next('chunk')).totalBytes).toBe(form?.sizeBytes)
  const { results } = await device.submit({ formId: 'old' as FormId, answers: { village: 'a' } })
  expect(results).toMatchObject([{ result: 'applied' }])
})

describe('P3 a list that nobody attached', () => {
  test('is a warning that names it; a form that could never be finished without it is refused', async () => {
    const { status, body } = await publish(visitXml('bare'))
    expect(status).toBe(201)
    expect(body.warnings.map(({ message }) => message).join()).toMatch(/villages\.csv is not attached.*wells\.geojson/)
    expect(await publish(visitXml('needs', '1', 'required="true()"'))).toMatchObject({
      status: 422,
      body: { fault: 'form.list-missing', detail: 'villages.csv' },
    })
    expect((await publish(visitXml('needs', '1', 'required="true()"'), { 'villages.csv': VILLAGES })).status).toBe(201)
  })

  test('is what the version before had', async () => {
    await publish(visitXml('next', '1'), { 'villages.csv': VILLAGES })
    const second = await publish(visitXml('next', '2', 'required="true()"'))
    expect(second.body.form.lists).toMatchObject([{ version: '2', name: 'villages.csv', number: 1 }])
  })

  test('is a list of entities, where there is one of its name', async () => {
    const unknown = await publish(visitXml('follow', '1'))
    expect(JSON.stringify(unknown.body.warnings)).toContain('households.csv is not attached')
    await collector.publish(householdXml('1'))
    const known = await publish(visitXml('follow', '2'))
    expect(JSON.stringify(known.body.warnings)).not.toContain('households.csv')
  })
})

describe('LP1 what was published never changes', () => {
  test('the same again has no number of its own; other content has the next, and both stay', async () => {
    await publish(visitXml('many'), { 'villages.csv': VILLAGES })
    expect((await publishLists('many', { 'villages.csv': VILLAGES })).body).toMatchObject({ changed: false })
    const next = await publishLists('many', { 'villages.csv': `${VILLAGES}c,Coro\n` })
    expect(next).toMatchObject({ status: 200, body: { changed: true, lists: [{ number: 2, rows: 3 }] } })
    expect(brief(await history('many'))).toEqual(['1 villages.csv 1', '1 villages.csv 2'])
    // Back to the first: a number of its own, the same bytes.
    await publishLists('many', { 'villages.csv': VILLAGES })
    const [first, , third] = await history('many')
    expect(third).toMatchObject({ number: 3, sha256: first?.sha256 })
    await using device = await connected()
    expect((await told(device, 'many/1')).lists).toMatchObject([{ sha256: first?.sha256 }])
  })

  test('the same form again leaves its newer lists alone', async () => {
    await publish(visitXml('again'), { 'villages.csv': VILLAGES })
    await publishLists('again', { 'villages.csv': `${VILLAGES}c,Coro\n` })
    const { status, body } = await publish(visitXml('again'))
    expect([status, body.created, body.form.lists[0]?.number]).toEqual([200, false, 2])
    expect(JSON.stringify(body.warnings)).not.toContain('villages.csv')
  })
})

test('the sheet external_choices is published as itemsets.csv, until another one is', async () => {
  const workbook = (version: string, city: string) => `
| survey           |                            |       |       |                |
|                  | type                       | name  | label | choice_filter  |
|                  | text                       | state | State |                |
|                  | select_one_external cities | city  | City  | state=\${state} |
| external_choices |                            |       |       |                |
|                  | list_name                  | name  | label | state          |
|                  | cities                     | aus   | ${city} | tx             |
| settings         |                            |       |       |                |
|                  | form_id                    | version |     |                |
|                  | external                   | ${version} |    |                |
`
  const send = (version: string, city: string, files: Files = {}) => {
    const data = parts(files)
    data.append('form', new File([workbook(version, city)], 'external.md'))
    return collector.send<PublishReply>('/forms', { method: 'POST', body: data })
  }
  const first = await send('1', 'Austin')
  expect(first).toMatchObject({
    status: 201,
    body: { form: { lists: [{ name: 'itemsets.csv', rows: 1, number: 1 }] } },
  })
  await publishLists('external', {
    'itemsets.csv': 'list_name,name,label,state\ncities,aus,Austin,tx\ncities,dal,Dallas,tx\n',
  })
  expect((await send('1', 'Austin')).body.form.lists).toMatchObject([{ number: 2, rows: 2 }])
  // A new version says anew what its list is.
  expect((await send('2', 'Austin city')).body.form.lists).toMatchObject([{ version: '2', number: 1, rows: 1 }])
})

describe('LP2 LP3 a list that comes after its form', () => {
  test('goes to each version that reads it, and the newest version stays the newest', async () => {
    await publish(visitXml('two', '1'), { 'villages.csv': VILLAGES })
    await publish(visitXml('two', '2'))
    await publishLists('two', { 'villages.csv': `${VILLAGES}c,Coro\n` })
    expect(brief(await history('two'))).toEqual([
      '1 villages.csv 1',
      '1 villages.csv 2',
      '2 villages.csv 1',
      '2 villages.csv 2',
    ])
    await publishLists('two', { 'villages.csv': VILLAGES }, '1')
    const { forms } = (await collector.get<FormList>('/forms')).body
    const inForce = forms
      .filter(({ formId }) => formId === 'two')
      .map(({ version, lists }) => [version, lists[0]?.number])
    expect(new Map(inForce as [string, number][])).toEqual(
      new Map([
        ['1', 3],
        ['2', 2],
      ]),
    )
    await using device = await connected()
    const { rows } = await device.pull({ epoch: 1, number: 0 })
    const keys = rows.filter(({ key }) => key.startsWith('two/')).map(({ key }) => key)
    expect(keys).toEqual(['two/1', 'two/2'])
  })

  test('is refused whole where a row is damaged, where no version reads it, or where nothing is published', async () => {
    await publish(visitXml('whole'), { 'villages.csv': VILLAGES })
    const damaged = await publishLists('whole', { 'wells.geojson': WELLS, 'villages.csv': 'name,label\na,A\nb,B,C\n' })
    expect(damaged).toMatchObject({
      status: 422,
      body: { fault: 'form.list-damaged', detail: 'villages.csv, row 3: it has 3 cells, the header 2 (version 1)' },
    })
    expect(brief(await history('whole'))).toEqual(['1 villages.csv 1'])
    expect(await publishLists('whole', { 'vilages.csv': VILLAGES })).toMatchObject({
      status: 422,
      body: { fault: 'form.list-unexpected', detail: expect.stringContaining('vilages.csv; it reads villages.csv') },
    })
    expect(await publishLists('nowhere', { 'villages.csv': VILLAGES })).toMatchObject({ status: 404 })
    expect((await publishLists('whole', { 'villages.csv': VILLAGES }, '7')).status).toBe(404)
    const latin = Uint8Array.from([...new TextEncoder().encode('name,label\na,'), 0xe9, 0x0a])
    expect(await publishLists('whole', { 'villages.csv': latin })).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('villages.csv, line 2: it is not UTF-8') },
    })
  })

  test('a request that is no form of parts, or names a list twice, changes nothing', async () => {
    expect((await collector.send('/forms/whole/lists', { method: 'POST', body: 'x' })).status).toBe(400)
    const twice = parts({ 'villages.csv': VILLAGES })
    twice.append('list', new File([VILLAGES], 'villages.csv'))
    expect((await collector.send('/forms/whole/lists', { method: 'POST', body: twice })).status).toBe(400)
    expect((await collector.send('/forms/whole/lists', { method: 'POST', body: new FormData() })).status).toBe(400)
  })
})
