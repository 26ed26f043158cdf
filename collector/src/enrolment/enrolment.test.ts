import { createBoxKey, createSigningKey, RECOVERY_PROBE, sealField, sha256, verifyDocument } from '@murram/seal'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DeviceList, EnrolReply } from '../http/api-types.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

let cluster: TestCluster
let collector: TestCollector
let nowMs = Date.now()
beforeAll(async () => {
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster, rooms: [], now: () => nowMs })
})
afterAll(async () => {
  await collector.close()
  await cluster.stop()
})

const newToken = async (validHours = 1) =>
  (await collector.post<{ token: string }>('/enrolment-tokens', { officer: 'Amina', validHours })).body.token

/** As a device does it: nobody's token but its own. */
const enrol = async (token: string, publicKey: string, officer = 'Amina') => {
  const reply = await fetch(`${collector.url}/api/v1/enrol`, {
    method: 'POST',
    body: JSON.stringify({ token, publicKey, officer }),
    headers: { 'Content-Type': 'application/json' },
  })
  return { status: reply.status, body: (await reply.json()) as EnrolReply }
}

test('a token turns into a certificate that the root key signed', async () => {
  const { publicKey } = createSigningKey()
  const { body } = await enrol(await newToken(), publicKey)
  expect(verifyDocument(body.rootPublicKey, 'device-certificate', body.certificate)).toMatchObject({
    ok: true,
    value: { publicKey, projectId: 'test', officer: 'Amina', demo: true },
  })
  expect(body).toMatchObject({ rootPublicKey: collector.keys.root.publicKey, epoch: 1, demo: true })
})

test('T1 a used token is refused to any other key', async () => {
  const token = await newToken()
  await enrol(token, createSigningKey().publicKey)
  const replayed = await enrol(token, createSigningKey().publicKey)
  expect(replayed).toMatchObject({ status: 409, body: { fault: 'enrol.token-used' } })
})

test('T1 of two keys that use one token at the same moment, one is enrolled', async () => {
  const token = await newToken()
  const replies = await Promise.all([1, 2].map(() => enrol(token, createSigningKey().publicKey)))
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 409]))
})

test('T2 the same key gets the same certificate again', async () => {
  const token = await newToken()
  const { publicKey } = createSigningKey()
  const first = await enrol(token, publicKey)
  nowMs += 5_000
  expect((await enrol(token, publicKey)).body).toEqual(first.body)
})

test('T3 a token enrols no laptop in the name of another officer, and is not used up by the try', async () => {
  const token = await newToken()
  const { publicKey } = createSigningKey()
  expect(await enrol(token, publicKey, 'Baraka')).toMatchObject({
    status: 403,
    body: { fault: 'enrol.other-officer' },
  })
  const { status, body } = await enrol(token, publicKey, ' amina ')
  expect(status).toBe(200)
  expect(body.certificate.body.officer, 'as the central team writes it').toBe('Amina')
})

test('an unknown and an expired token say which they are', async () => {
  const { publicKey } = createSigningKey()
  expect(await enrol('guessed', publicKey)).toMatchObject({ status: 401, body: { fault: 'enrol.token-unknown' } })
  const token = await newToken(1)
  nowMs += 3_600_001
  expect(await enrol(token, publicKey)).toMatchObject({ status: 401, body: { fault: 'enrol.token-expired' } })
})

test('what is no key is refused before it is bound to anything', async () => {
  const token = await newToken()
  expect(await enrol(token, 'c2hvcnQ')).toMatchObject({ status: 400, body: { fault: 'http.bad-request' } })
  expect(await enrol(token, createSigningKey().publicKey)).toMatchObject({ status: 200 })
})

test('a revoked device loses its open session, may not come back, and gets no new certificate', async () => {
  const device = await enrolTestDevice({ collector })
  await device.connect()
  const { body } = await collector.post<DeviceList>(`/devices/${device.deviceId}/revoke`)
  expect(body.devices.find(({ deviceId }) => deviceId === device.deviceId)).toMatchObject({ state: 'revoked' })
  await expect(device.next('pong')).rejects.toThrow('sync.device-revoked')
  await device.closed()
  await expect(device.connect()).rejects.toThrow('sync.device-revoked')
  expect(await enrol(await newToken(), device.key.publicKey)).toMatchObject({ status: 403 })
})

test('the list of devices says who is connected and what they last said', async () => {
  await using device = await enrolTestDevice({ collector, officer: 'Baraka' })
  await device.connect({ agentVersion: '9.9' })
  device.send({ type: 'report', reports: [{ kind: 'status', queued: 7, modelCounter: 3, atMs: nowMs }] })
  device.send({ type: 'ping' })
  await device.next('pong')
  const { body } = await collector.get<DeviceList>('/devices')
  expect(body.devices.find(({ deviceId }) => deviceId === device.deviceId)).toMatchObject({
    officer: 'Baraka',
    connected: true,
    agentVersion: '9.9',
    queued: 7,
    modelCounter: 3,
    submissions: 0,
  })
  expect(JSON.stringify(body)).not.toContain(device.key.publicKey)
})

test('the list of devices counts what each one sent, not what all sent', async () => {
  await collector.publish(householdXml())
  await using busy = await enrolTestDevice({ collector, officer: 'Chebet' })
  await using idle = await enrolTestDevice({ collector, officer: 'Dembe' })
  for (const [device, names] of [
    [busy, ['Asha', 'Faraja']],
    [idle, ['Neema']],
  ] as const) {
    await device.connect()
    for (const name of names) await device.submit({ answers: { name } })
  }
  const { devices } = (await collector.get<DeviceList>('/devices')).body
  const sentBy = new Map(devices.map(({ deviceId, submissions }) => [deviceId, submissions]))
  expect([sentBy.get(busy.deviceId), sentBy.get(idle.deviceId)]).toEqual([2, 1])
})

test('a laptop is shown that the project can open what it seals; of anything else nothing is told', async () => {
  const prove = (sealed: string) => collector.post<{ sha256?: string; fault?: string }>('/recovery-probe', { sealed })
  const { publicKey } = collector.keys.box
  const probe = `${RECOVERY_PROBE}${'x'.repeat(43)}`
  expect(await prove(sealField(publicKey, probe))).toMatchObject({ status: 200, body: { sha256: sha256(probe) } })
  for (const sealed of [sealField(publicKey, 'yes'), sealField(createBoxKey().publicKey, probe), 'no box'])
    expect(await prove(sealed)).toMatchObject({ status: 400, body: { fault: 'http.bad-request' } })
})
