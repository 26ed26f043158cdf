import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProjectId, Sha256 } from '@murram/ground'
import { createSigningKey, sha256, signDocument } from '@murram/seal'
import { encodeUp, MAX_FRAME_BYTES, signHead, toPushBatch } from '@murram/wire'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { putBlob } from '../blobs/blobs.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { createTestDevice, enrolTestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

let cluster: TestCluster
let collector: TestCollector
beforeAll(async () => {
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster, rooms: [] })
  await collector.publish(householdXml())
})
afterAll(async () => {
  await collector.close()
  await cluster.stop()
})

test('a device that proves its key is welcomed with where it stands', async () => {
  await using device = await enrolTestDevice({ collector })
  expect(await device.connect()).toMatchObject({
    epoch: 1,
    durableUpto: 0,
    safeUpto: 0,
    maxFrameBytes: MAX_FRAME_BYTES,
  })
})

test('a proof made with another key is refused', async () => {
  const device = await enrolTestDevice({ collector })
  await expect(device.connect({ answerWith: createSigningKey() })).rejects.toThrow('sync.bad-signature')
  expect(await device.closed()).toBe(1008)
})

test('a certificate that the root key did not sign is refused', async () => {
  const device = await enrolTestDevice({ collector })
  const forged = signDocument(createSigningKey(), 'device-certificate', device.enrolment.certificate.body)
  const impostor = createTestDevice({
    collector,
    key: device.key,
    enrolment: { ...device.enrolment, certificate: forged },
  })
  await expect(impostor.connect()).rejects.toThrow('sync.bad-signature')
})

test('the certificate of another device is no way in', async () => {
  const owner = await enrolTestDevice({ collector })
  const thief = createTestDevice({ collector, key: createSigningKey(), enrolment: owner.enrolment })
  await expect(thief.connect()).rejects.toThrow('sync.bad-signature')
})

test('a device of another project, and one that speaks a newer protocol, learn why they may not in', async () => {
  const device = await enrolTestDevice({ collector })
  await expect(device.connect({ projectId: 'elsewhere' as ProjectId })).rejects.toThrow('sync.not-enrolled')
  await expect(device.connect({ protocol: 99 })).rejects.toThrow('wire.update-required')
})

test('whoever is revoked between greeting and proof is not let in', async () => {
  const device = await enrolTestDevice({ collector })
  const beforeProof = async () => {
    await sleep(300) // the greeting has been looked at
    await collector.post(`/devices/${device.deviceId}/revoke`)
  }
  await expect(device.connect({ beforeProof })).rejects.toThrow('sync.device-revoked')
  expect(await device.closed()).toBe(1008)
})

test('nothing is heard before the proof', async () => {
  const device = await enrolTestDevice({ collector })
  const socket = new WebSocket(`${collector.url.replace('http', 'ws')}/sync`)
  await new Promise(settle => socket.once('open', settle))
  socket.send(encodeUp({ type: 'pull', from: { epoch: 1, number: 0 }, maxBytes: 1_000 }))
  expect(await new Promise(settle => socket.once('close', settle))).toBe(1008)
  await device.disconnect()
})

test('a malformed frame closes its own socket and no other', async () => {
  await using steady = await enrolTestDevice({ collector })
  await steady.connect()
  const odd = await enrolTestDevice({ collector })
  for (const frame of [new Uint8Array(), new Uint8Array([7, 7, 7]), new Uint8Array(randomBytes(5_000))]) {
    await odd.connect()
    odd.sendRaw(frame)
    await expect(odd.next('ack')).rejects.toThrow('wire.malformed')
    expect(await odd.closed()).toBe(1008)
  }
  expect(await steady.submit({ answers: { name: 'Asha' } })).toMatchObject({ results: [{ result: 'applied' }] })
})

test('a frame above the limit is not even read', async () => {
  const device = await enrolTestDevice({ collector })
  await device.connect()
  device.sendRaw(new Uint8Array(MAX_FRAME_BYTES + 1))
  expect(await device.closed()).toBe(1009)
})

test('a small frame that inflates without end costs its socket and nothing else', async () => {
  const { deflateRawSync } = await import('node:zlib')
  const device = await enrolTestDevice({ collector })
  await device.connect()
  device.sendRaw(new Uint8Array([1, ...deflateRawSync(new Uint8Array(50_000_000))]))
  await expect(device.next('ack')).rejects.toThrow('wire.frame-too-large')
})

test('a batch whose signed chain does not fit its content is refused whole', async () => {
  const device = await enrolTestDevice({ collector })
  await device.connect()
  const submission = device.make({ answers: { name: 'Asha' } })
  const chain = sha256('something else')
  device.send(toPushBatch([submission], signHead(device.key, device.storeId, { n: 1, previous: '', chain })))
  await expect(device.next('ack')).rejects.toThrow('sync.digest-mismatch')
  expect(await device.connect()).toMatchObject({ durableUpto: 0 })
  await device.disconnect()
})

test('a batch signed by another device is refused', async () => {
  const device = await enrolTestDevice({ collector })
  await device.connect()
  const submission = device.make({ answers: { name: 'Asha' } })
  const { chainHead } = await import('@murram/seal')
  const chain = chainHead('', submission.digest)
  device.send(toPushBatch([submission], signHead(createSigningKey(), device.storeId, { n: 1, previous: '', chain })))
  await expect(device.next('ack')).rejects.toThrow('sync.bad-signature')
})

test('files come in the pieces that are asked for', async () => {
  await using device = await enrolTestDevice({ collector })
  await device.connect()
  const bytes = new Uint8Array(randomBytes(100_000))
  const { sha256: name } = await putBlob(collector.write, bytes, 0)
  await collector.feed.publish([{ kind: 'release', key: 'pieces', body: { files: [name] } }])
  const pieces: Uint8Array[] = []
  for (let offset = 0; offset < bytes.length; offset += 40_000) {
    device.send({ type: 'want', sha256: name, offset, length: 40_000 })
    const chunk = await device.next('chunk')
    expect(chunk).toMatchObject({ sha256: name, offset, totalBytes: 100_000 })
    pieces.push(chunk.bytes)
  }
  expect(sha256(Buffer.concat(pieces))).toBe(name)
})

test('a file that is not here is refused by its name', async () => {
  const device = await enrolTestDevice({ collector })
  await device.connect()
  device.send({ type: 'want', sha256: '0'.repeat(64) as Sha256, offset: 0, length: 10 })
  await expect(device.next('chunk')).rejects.toThrow('http.not-found')
})

test('a device that says many things at once is answered in order', async () => {
  await using device = await enrolTestDevice({ collector })
  await device.connect()
  for (let i = 0; i < 100; i += 1) device.send({ type: 'ping' })
  device.send({ type: 'pull', from: { epoch: 1, number: 0 }, maxBytes: 1_000 })
  for (let i = 0; i < 100; i += 1) await device.next('pong')
  expect(await device.next('page')).toMatchObject({ epoch: 1 })
})

test('a change that somebody else made is hinted', async () => {
  await using listener = await enrolTestDevice({ collector })
  await listener.connect()
  await collector.publish(householdXml(`hint-${Date.now()}`))
  const { feedNumber } = await listener.next('hint')
  expect(feedNumber).toBeGreaterThan(0)
})

test('any other path is turned away', async () => {
  const socket = new WebSocket(`${collector.url.replace('http', 'ws')}/elsewhere`)
  const status = await new Promise(settle =>
    socket.once('unexpected-response', (_, response) => settle(response.statusCode)),
  )
  expect(status).toBe(404)
})
