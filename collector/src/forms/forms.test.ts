import { existsSync, readFileSync } from 'node:fs'
import { describeFault, unwrap } from '@murram/ground'
import { sha256 } from '@murram/seal'
import { loadProgram } from '@murram/xform'
import { readFeedBody } from '@murram/wire'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FormList } from '../http/api-types.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

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

test('an XForm is published, listed, and told to every device', async () => {
  const { status, body } = await collector.publish(householdXml('7'))
  expect(status).toBe(201)
  expect(body).toMatchObject({
    created: true,
    form: { formId: 'household', version: '7', title: 'Household', dataset: 'households', questions: 4 },
  })
  const list = (await collector.get<FormList>('/forms')).body.forms
  expect(list.map(({ formId, version }) => `${formId} ${version}`)).toContain('household 7')

  await using device = await enrolTestDevice({ collector })
  await device.connect()
  const { rows } = await device.pull({ epoch: 1, number: 0 })
  const row = rows.find(({ key }) => key === 'household/7')
  expect(unwrap(readFeedBody('form', row?.body))).toMatchObject({ sha256: body.form.sha256, state: 'published' })
})

test('the list of forms counts the submissions of each version, not of all', async () => {
  await collector.publish(householdXml('41'))
  await collector.publish(householdXml('42'))
  await using device = await enrolTestDevice({ collector })
  await device.connect()
  for (const [version, name] of [
    ['41', 'Asha'],
    ['42', 'Faraja'],
    ['42', 'Neema'],
  ] as const)
    await device.submit({ version, answers: { name } })
  const { forms } = (await collector.get<FormList>('/forms')).body
  const counted = new Map(forms.map(({ version, submissions }) => [version, submissions]))
  expect([counted.get('41'), counted.get('42')]).toEqual([1, 2])
})

test('P2 what a device fetches is the compiled program, by its hash', async () => {
  const { form } = (await collector.publish(householdXml('8'))).body
  await using device = await enrolTestDevice({ collector })
  await device.connect()
  device.send({ type: 'want', sha256: form.sha256 as never, offset: 0, length: 500_000 })
  const { bytes, totalBytes } = await device.next('chunk')
  expect(totalBytes).toBe(form.sizeBytes)
  expect(sha256(bytes)).toBe(form.sha256)
  const loaded = unwrap(loadProgram(JSON.parse(new TextDecoder().decode(bytes))))
  expect(loaded).toMatchObject({ formId: 'household', version: '8' })
})

test('P1 the same content again is fine; other content under the same version is refused', async () => {
  await collector.publish(householdXml('9'))
  expect(await collector.publish(householdXml('9'))).toMatchObject({ status: 200, body: { created: false } })
  const changed = await collector.publish(householdXml('9', 'Another title'))
  expect(changed).toMatchObject({ status: 409, body: { fault: 'form.version-exists', detail: 'household 9' } })
  expect(JSON.stringify(changed.body)).toContain(describeFault({ fault: 'form.version-exists' }).slice(0, 20))
})

test('a form that is no XML, and one that cannot be compiled, say why', async () => {
  expect(await collector.publish('not a form')).toMatchObject({
    status: 422,
    body: { fault: 'form.workbook-unreadable' },
  })
  expect(await collector.publish('<h:html')).toMatchObject({
    status: 422,
    body: { fault: expect.stringMatching(/^form\./) },
  })
})

test('the program over HTTP is paid for once', async () => {
  const { form } = (await collector.publish(householdXml('10'))).body
  const headers = { Authorization: 'Bearer test-admin-token' }
  const first = await collector.request('/api/v1/forms/household/10/program', { headers })
  expect(sha256(new Uint8Array(await first.arrayBuffer()))).toBe(form.sha256)
  const again = await collector.request('/api/v1/forms/household/10/program', {
    headers: { ...headers, 'If-None-Match': first.headers.get('etag') ?? '' },
  })
  expect(again.status).toBe(304)
  expect(await collector.get('/forms/household/999/program')).toMatchObject({
    status: 404,
    body: { fault: 'form.not-found', mend: expect.stringContaining('Publish') },
  })
})

const surveys = new URL('../../../../shared/forms/', import.meta.url)

test.runIf(existsSync(surveys))('real workbooks are published in a thread of their own', async () => {
  const published = await collector.publish(
    new Uint8Array(readFileSync(new URL('socio-economic-survey.xlsx', surveys))),
  )
  expect(published).toMatchObject({ status: 201, body: { created: true } })
  const broken = await collector.publish(
    new Uint8Array(readFileSync(new URL('expect-fail-pyxform-duplicate-columns.xlsx', surveys))),
  )
  expect(broken).toMatchObject({ status: 422, body: { fault: 'form.invalid' } })
})
