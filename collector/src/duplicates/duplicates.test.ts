import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DuplicateList, OwnSubmission, SubmissionList } from '../http/api-types.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { compare } from './compare.ts'
import { USUAL_RULES } from './duplicate-rules.ts'
import { jaroWinkler } from './jaro-winkler.ts'
import { keysOf } from './keys.ts'
import { metresBetween, squaresAround } from './normalise.ts'

const PROPERTIES = ['head_name', 'village', 'phone', 'gps', 'head_age'] as const
const peopleXml = `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
        xmlns:entities="http://www.opendatakit.org/xforms/entities">
  <h:head><h:title>People</h:title>
    <model entities:entities-version="2024.1.0">
      <instance><data id="people" version="1">${PROPERTIES.map(name => `<${name}/>`).join('')}
        <meta><instanceID/><entity dataset="people" id="" create="" update=""><label/></entity></meta></data></instance>
      ${PROPERTIES.map(name => `<bind nodeset="/data/${name}" type="string" entities:saveto="${name}"/>`).join('')}
      <bind nodeset="/data/meta/entity/@id" type="string"/>
    </model></h:head>
  <h:body>${PROPERTIES.map(name => `<input ref="/data/${name}"><label>${name}</label></input>`).join('')}</h:body>
</h:html>`

let cluster: TestCluster
let collector: TestCollector
let amina: TestDevice
beforeAll(async () => {
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster, rooms: [] })
  await collector.publish(peopleXml)
  amina = await enrolTestDevice({ collector, officer: 'Amina', clockMs: Date.now() - 10_000_000 })
  await amina.connect()
})
afterAll(async () => {
  await collector.close()
  await cluster.stop()
})

const person = (answers: Partial<Record<(typeof PROPERTIES)[number], string>>, entityId: string = randomUUID()) => {
  const naming = namingEntity(entityId, 'create', answers.head_name ?? 'somebody')
  return { entityId, submission: amina.make({ formId: 'people' as never, answers: { ...answers, ...naming } }) }
}
const add = async (...people: readonly Parameters<typeof person>[0][]) => {
  const made = people.map(answers => person(answers))
  await amina.push(made.map(({ submission }) => submission))
  return made.map(({ entityId }) => entityId)
}
const look = () => collector.post('/duplicates/look')
const pairsOf = async (entityIds: readonly string[], state = 'open') => {
  await look()
  const { body } = await collector.get<DuplicateList>(`/duplicates?limit=500&state=${state}`)
  return body.pairs.filter(({ low, high }) => entityIds.includes(low.entityId) || entityIds.includes(high.entityId))
}

test('Jaro-Winkler is what its authors say of well-known pairs', () => {
  for (const [a, b, expected] of [
    ['martha', 'marhta', 0.961],
    ['dixon', 'dicksonx', 0.813],
    ['dwayne', 'duane', 0.84],
    ['abc', 'xyz', 0],
    ['', '', 0],
    ['same', 'same', 1],
  ] as const)
    expect(jaroWinkler(a, b)).toBeCloseTo(expected, 3)
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const likeness = jaroWinkler(a, b)
      expect(likeness).toBeCloseTo(jaroWinkler(b, a), 9)
      expect(likeness >= 0 && likeness <= 1).toBe(true)
    }),
  )
})

test('whoever is within reach is in a square around', () => {
  const near = fc.double({ min: -0.00053, max: 0.00053, noNaN: true })
  fc.assert(
    fc.property(
      fc.double({ min: -65, max: 65, noNaN: true }),
      fc.double({ min: -179, max: 179, noNaN: true }),
      near,
      near,
      (latitude, longitude, up, right) => {
        const [here, there] = [
          { latitude, longitude },
          { latitude: latitude + up, longitude: longitude + right },
        ]
        fc.pre(metresBetween(here, there) <= 60)
        expect(squaresAround(here, 60)).toContain(squaresAround(there, 60)[0])
      },
    ),
    { numRuns: 1_000 },
  )
})

test('what contradicts takes away: another name at the same place is no duplicate', () => {
  const at = (head_name: string, more = {}) => ({ label: null, properties: { head_name, village: 'Lira', ...more } })
  expect(compare(USUAL_RULES, at('Nakato Asha'), at('asha  NAKÁTO')).score).toBeGreaterThan(USUAL_RULES.threshold)
  expect(compare(USUAL_RULES, at('Nakato Asha'), at('Okello Juma')).score).toBeLessThan(0.3)
  const aged = compare(USUAL_RULES, at('Nakato Asha', { head_age: '34' }), at('Nakato Asha', { head_age: '71' }))
  expect(aged.score).toBeLessThan(USUAL_RULES.threshold)
  expect(compare(USUAL_RULES, { label: null, properties: {} }, { label: null, properties: {} })).toEqual({
    score: 0,
    reasons: [],
  })
})

test('an entity has few keys, however much is written in it', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...PROPERTIES), fc.string({ maxLength: 200 })), properties => {
      const { own, asked } = keysOf(USUAL_RULES, 'people', { label: 'x', properties })
      expect(own.length).toBeLessThan(10)
      expect(asked.length).toBeLessThan(20)
    }),
  )
})

test('DU1 two that share a telephone, or a name in a village, are found with the reasons in words', async () => {
  const [first = '', second = '', third = ''] = await add(
    { head_name: 'Nakato Asha', village: 'Barr', phone: '+256 772 123 456', gps: '2.2500 32.9000 0 5', head_age: '34' },
    { head_name: 'Asha Nakato', village: 'barr', phone: '0772-123456', gps: '2.2502 32.9001 0 5', head_age: '35' },
    { head_name: 'Okello Juma', village: 'Barr', phone: '0700 000 001' },
  )
  const found = await pairsOf([first, second, third])
  expect(found).toHaveLength(1)
  expect(new Set([found[0]?.low.entityId, found[0]?.high.entityId])).toEqual(new Set([first, second]))
  expect(found[0]?.reasons).toEqual([
    'the same phone number',
    expect.stringContaining('Nakato'),
    expect.stringMatching(/^2\d m apart$/),
    'both in Barr',
    expect.stringMatching(/^aged 3[45] and 3[45]$/),
  ])
})

test('DU2 dismissed is remembered, whatever changes, until somebody asks for it again', async () => {
  const ids = await add({ head_name: 'Auma Grace', village: 'Aboke' }, { head_name: 'Auma Grace', village: 'Aboke' })
  const [a = '', b = ''] = ids
  expect(await pairsOf(ids)).toHaveLength(1)
  await collector.post('/duplicates/dismiss', { a, b })
  await amina.submit({ formId: 'people' as never, answers: { head_age: '50', ...namingEntity(a, 'update') } })
  expect(await pairsOf(ids)).toEqual([])
  expect(await pairsOf(ids, 'dismissed')).toHaveLength(1)
  await collector.post('/duplicates/reopen', { a: b, b: a })
  expect(await pairsOf(ids)).toHaveLength(1)
  expect(await collector.post('/duplicates/dismiss', { a, b: randomUUID() })).toMatchObject({ status: 404 })
})

test('DU2 what dismissed them is a submission like other decisions, and is undone like them', async () => {
  const ids = await add(
    { head_name: 'Apio Joan', village: 'Adekokwok' },
    { head_name: 'Apio Joan', village: 'Adekokwok' },
  )
  const [a = '', b = ''] = ids
  expect(await pairsOf(ids)).toHaveLength(1)
  const done = await collector.post<OwnSubmission>('/duplicates/dismiss', { a, b })
  expect(done.body).toMatchObject({ instanceId: expect.stringMatching(/^uuid:/), entityIds: [a, b].toSorted() })
  const { body } = await collector.get<SubmissionList>(`/submissions?instanceId=${done.body.instanceId}`)
  expect(body.submissions).toMatchObject([{ formId: 'murram:distinct', state: 'applied' }])
  expect(await pairsOf(ids)).toEqual([])
  // Said once more, it is said already.
  expect((await collector.post<OwnSubmission>('/duplicates/dismiss', { a: b, b: a })).body.instanceId).toBeUndefined()
  await collector.post(`/submissions/${done.body.instanceId}/undo`)
  expect(await pairsOf(ids)).toHaveLength(1)
  const again = await collector.post<OwnSubmission>('/duplicates/dismiss', { a, b })
  const opened = await collector.post<OwnSubmission>('/duplicates/reopen', { a, b })
  expect(await pairsOf(ids)).toHaveLength(1)
  await collector.post(`/submissions/${opened.body.instanceId}/undo`)
  expect(await pairsOf(ids, 'dismissed')).toHaveLength(1)
  await collector.post(`/submissions/${again.body.instanceId}/undo`)
  expect(await pairsOf(ids)).toHaveLength(1)
})

test('a laptop tells nobody apart: what it says of that is held', async () => {
  const ids = await add({ head_name: 'Ojok Paul', village: 'Ngetta' }, { head_name: 'Ojok Paul', village: 'Ngetta' })
  const [one = '', other = ''] = ids
  const ack = await amina.submit({ formId: 'murram:distinct' as never, version: '1', answers: { one, other } })
  expect(ack.results).toMatchObject([{ result: 'held', fault: { fault: 'fold.not-author' } }])
  expect(await pairsOf(ids)).toHaveLength(1)
})

test('DU3 accepted it is an alias and gone from the list; parted again, it is found again', async () => {
  const ids = await add({ head_name: 'Opio Sam', village: 'Ogur' }, { head_name: 'Opio Sam', village: 'Ogur' })
  const [keep = '', alias = ''] = ids
  expect(await pairsOf(ids)).toHaveLength(1)
  const done = await collector.post<OwnSubmission>('/duplicates/accept', { keep, alias })
  expect(done).toMatchObject({ status: 200 })
  expect(await pairsOf(ids)).toEqual([])
  const { body } = await collector.get<{ canonicalId: string }>(`/entities/${alias}`)
  expect(body.canonicalId).toBe(keep)
  await collector.post(`/submissions/${done.body.instanceId}/undo`)
  expect(await pairsOf(ids)).toHaveLength(1)
})

test('DU3 what is alike no more, or is gone, is suggested no more', async () => {
  const ids = await add({ head_name: 'Akello Rose', village: 'Agali' }, { head_name: 'Akello Rose', village: 'Agali' })
  const [a = '', b = ''] = ids
  expect(await pairsOf(ids)).toHaveLength(1)
  await amina.submit({
    formId: 'people' as never,
    answers: { head_name: 'Wanjiru Peter', ...namingEntity(b, 'update') },
    base: { head_name: 'Akello Rose' },
  })
  expect(await pairsOf(ids)).toEqual([])
  const [c = ''] = await add({ head_name: 'Akello Rose', village: 'Agali' })
  expect(await pairsOf([a, c])).toHaveLength(1)
  const { body } = await collector.get<{ submissions: { instanceId: string }[] }>(`/submissions?entityId=${c}`)
  await collector.post(`/submissions/${body.submissions[0]?.instanceId}/review`, {
    verdict: 'return',
    comments: [{ text: 'twice?' }],
  })
  expect(await pairsOf([a, c])).toEqual([])
})

test('which properties are compared is said for each dataset, and all of it is looked at anew', async () => {
  const ids = await add({ head_name: 'Adong Mary', gps: '3.0 33.0' }, { head_name: 'Odong Marie', gps: '3.0001 33.0' })
  expect(await pairsOf(ids)).toHaveLength(0)
  const rules = { position: ['gps'], withinMetres: 30, threshold: 0.2 }
  const put = await collector.send('/duplicates/rules/people', {
    method: 'PUT',
    body: JSON.stringify(rules),
    headers: { 'Content-Type': 'application/json' },
  })
  expect(put).toMatchObject({ status: 200, body: { name: [], position: ['gps'] } })
  expect(await pairsOf(ids)).toMatchObject([{ reasons: ['11 m apart'] }])
  expect((await collector.get('/duplicates/rules/people')).body).toMatchObject(rules)
  expect((await collector.get('/duplicates/rules/other')).body).toEqual(USUAL_RULES)
})

test('it looks by itself, some seconds after what changed', async () => {
  const ids = await add({ head_name: 'x', gps: '4.0 34.0' }, { head_name: 'y', gps: '4.0 34.0' })
  await expect
    .poll(
      async () => {
        const { body } = await collector.get<DuplicateList>('/duplicates?limit=500')
        return body.pairs.filter(({ low }) => ids.includes(low.entityId)).length
      },
      { timeout: 40_000, interval: 500 },
    )
    .toBe(1)
}, 60_000)
