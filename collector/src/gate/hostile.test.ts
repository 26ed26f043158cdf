/**
 * A device that was enrolled and then turned hostile: it has a key, a certificate and all the time in
 * the world. Whatever it says, the collector answers with a reason or closes the socket, counts it,
 * stays up, and no other device's data or session changes.
 *
 * The seed is fixed; `MURRAM_FUZZ_SECONDS=600` goes on with other ones and prints the one that fails.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { connect as connectTcp } from 'node:net'
import { deflateRawSync } from 'node:zlib'
import type { InstanceId, ProjectId, Sha256 } from '@murram/ground'
import { submissionDigest, type Stamp, type Submission } from '@murram/fold'
import { chainHead, createSigningKey, signDocument } from '@murram/seal'
import { DEVICE_CERTIFICATE_PURPOSE, encodeUp, signHead, toPushBatch, type Up } from '@murram/wire'
import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { createTestDevice, enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

let cluster: TestCluster
let collector: TestCollector
/** Another officer's device, with a household and a session that stays open all along. */
let honest: TestDevice
let hostile: TestDevice
const uncaught: unknown[] = []
const note = (error: unknown) => void uncaught.push(error)
const entityId = randomUUID()
let before: unknown

beforeAll(async () => {
  process.on('uncaughtException', note)
  process.on('unhandledRejection', note)
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster, rooms: [] })
  await collector.publish(householdXml())
  honest = await enrolTestDevice({ collector, officer: 'Honest' })
  hostile = await enrolTestDevice({ collector, officer: 'Hostile' })
  await honest.connect()
  await honest.submit({
    answers: { name: 'Asha', roof: 'iron', people: '4', ...namingEntity(entityId, 'create', 'Asha') },
  })
  before = await held()
})
afterAll(async () => {
  await honest.disconnect()
  await collector.close()
  await cluster.stop()
  process.off('uncaughtException', note)
  process.off('unhandledRejection', note)
})

/** All that the honest device has here. */
const held = async () => {
  const { rows: inbox } = await collector.read.execute(
    sql`select store_id, n, instance_id, digest, body::text as body, state from submissions where device_id = ${honest.deviceId} order by n`,
  )
  const { rows: marks } = await collector.read.execute(sql`select * from stores where device_id = ${honest.deviceId}`)
  const { rows: device } = await collector.read.execute(
    sql`select public_key, officer, state, scopes from devices where device_id = ${honest.deviceId}`,
  )
  return { inbox, marks, device }
}
const refusals = async (): Promise<number> => {
  const text = await (await fetch(`${collector.url}/metrics`)).text()
  return [...text.matchAll(/^murram_gate_refusals_total\{[^}]*\} (\d+)/gm)].reduce((sum, [, n]) => sum + Number(n), 0)
}
/** What the law of this file promises, after whatever was done. */
const nothingHappened = async () => {
  expect(uncaught.map(String)).toEqual([])
  expect((await fetch(`${collector.url}/health`)).status).toBe(200)
  honest.send({ type: 'ping' })
  expect(await honest.next('pong')).toEqual({ type: 'pong' })
  expect(await held()).toEqual(before)
}
/** Says it in a session of the hostile device; answers how it ended, or that it did not. */
const provoke = async (frames: readonly Uint8Array[], device = hostile): Promise<string> => {
  await device.connect()
  for (const frame of frames) device.sendRaw(frame)
  device.send({ type: 'ping' })
  const answer = await device.next('pong').then(
    () => 'answered',
    (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
  )
  await device.disconnect()
  return answer
}

const seed = Number(process.env.MURRAM_FUZZ_SEED ?? 20_261_121)
const fuzzSeconds = Number(process.env.MURRAM_FUZZ_SECONDS ?? 0)
const fuzzed = (numRuns: number) =>
  fuzzSeconds > 0 ? { numRuns: 1_000_000, interruptAfterTimeLimit: fuzzSeconds * 1_000 } : { seed, numRuns }
const patience = 60_000 + fuzzSeconds * 1_500

const batchOf = (all: readonly Submission[], device = hostile, storeId = device.storeId): Uint8Array => {
  const chain = all.reduce((head, { digest }) => chainHead(head, digest), '')
  return encodeUp(toPushBatch(all, signHead(device.key, storeId, { n: all.at(-1)?.n ?? 1, previous: '', chain })))
}
const sealed = (parts: Partial<Submission> = {}, device = hostile): Submission => {
  const made = device.make({ answers: { name: 'Mallory' }, n: 1, ...parts })
  return { ...made, digest: submissionDigest(made) }
}
const certificateOf = ({ enrolment }: TestDevice) =>
  enrolment.certificate as Extract<Up, { type: 'hello' }>['certificate']

test(
  'frames of ours with bits flipped, cut short, doubled or made up are refused, or are what they say',
  async () => {
    const frames = () => [
      batchOf([sealed()]),
      encodeUp({ type: 'pull', from: { epoch: 1, number: 0 }, maxBytes: 5_000 }),
      encodeUp({ type: 'want', sha256: '0'.repeat(64) as Sha256, offset: 0, length: 10 }),
      encodeUp({ type: 'report', reports: [{ kind: 'status', queued: 1, modelCounter: 0, atMs: 1 }] }),
      encodeUp({ type: 'ping' }),
    ]
    const mangled = fc
      .record({
        which: fc.nat(4),
        flips: fc.array(fc.tuple(fc.nat(), fc.nat(7)), { minLength: 1, maxLength: 6 }),
        cut: fc.option(fc.nat()),
      })
      .map(({ which, flips, cut }) => {
        const frame = Uint8Array.from(frames()[which] ?? [])
        for (const [at, bit] of flips) frame[at % frame.length] = (frame[at % frame.length] ?? 0) ^ (1 << bit)
        return cut === null ? frame : frame.subarray(0, cut % frame.length)
      })
    const random = fc.uint8Array({ minLength: 0, maxLength: 400 })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(mangled, random), { minLength: 1, maxLength: 4 }), async all => {
        expect(await provoke(all)).toMatch(/^(answered|refused|closed)/)
        expect(uncaught).toEqual([])
      }),
      fuzzed(60),
    )
    await nothingHappened()
  },
  patience,
)

test(
  'bombs: deep nesting, huge counts, deflate that inflates without end, runs out of nothing',
  async () => {
    const deep = new Uint8Array([0, ...new Uint8Array(100_000).fill(0x91)])
    const counts = [
      new Uint8Array([0, 0xdd, 0xff, 0xff, 0xff, 0xff]),
      new Uint8Array([0, 0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, 97]),
    ]
    const bomb = new Uint8Array([1, ...deflateRawSync(new Uint8Array(100_000_000))])
    const dictionary = new Uint8Array([3, ...deflateRawSync(randomBytes(2_000))])
    const runs = Array.from({ length: 30 }, () => new Uint8Array([2, ...deflateRawSync(new Uint8Array(7_000_000))]))
    const rssBefore = process.memoryUsage().rss
    const refusedBefore = await refusals()
    for (const frames of [[deep], ...counts.map(one => [one]), [bomb], [dictionary], runs])
      expect(await provoke(frames)).toMatch(/^(refused|closed).*(wire\.malformed|wire\.frame-too-large|1009|100\d)/)
    expect(await refusals()).toBeGreaterThanOrEqual(refusedBefore + 4)
    expect(process.memoryUsage().rss - rssBefore).toBeLessThan(400_000_000)
    await nothingHappened()
  },
  patience,
)

test(
  'what is said out of turn ends the session: a second hello, a proof twice, work before the proof',
  async () => {
    await hostile.connect()
    const hello: Up = {
      type: 'hello',
      protocol: 2,
      projectId: 'test' as ProjectId,
      deviceId: honest.deviceId,
      storeId: honest.storeId,
      certificate: certificateOf(honest),
      agentVersion: 'x',
      clockMs: 1,
      lastN: 1,
    }
    await hostile.disconnect()
    expect(await provoke([encodeUp(hello)])).toContain('wire.unexpected')
    expect(await provoke([encodeUp({ type: 'auth', answer: 'A'.repeat(86) })])).toContain('wire.unexpected')
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.constantFrom<Up>(
            { type: 'ping' },
            hello,
            { type: 'auth', answer: 'A'.repeat(86) },
            { type: 'pull', from: { epoch: 1, number: 0 }, maxBytes: 10 },
          ),
          { minLength: 1, maxLength: 6 },
        ),
        async said => {
          const socket = new WebSocket(`${collector.url.replace('http', 'ws')}/sync`)
          const heard: string[] = []
          socket.on('message', (data: Buffer) => heard.push(data.toString('latin1')))
          socket.on('error', () => {})
          await new Promise(settle => socket.once('open', settle))
          for (const message of said) socket.send(encodeUp(message))
          const closed = new Promise(settle => socket.once('close', settle))
          const isFine = said.length === 1 && said[0] === hello
          if (isFine) socket.close()
          await closed
          expect(heard.join()).not.toContain('welcome')
        },
      ),
      fuzzed(15),
    )
    await nothingHappened()
  },
  patience,
)

test(
  "another device's name, certificate, store or work is worth nothing in one's own hands",
  async () => {
    const asHonest = createTestDevice({ collector, key: hostile.key, enrolment: honest.enrolment })
    await expect(asHonest.connect()).rejects.toThrow('sync.bad-signature')
    await expect(hostile.connect({ deviceId: honest.deviceId })).rejects.toThrow('sync.bad-signature')
    // Another project's root, and one's own.
    for (const root of [createSigningKey(), hostile.key]) {
      const forged = signDocument(root, DEVICE_CERTIFICATE_PURPOSE, certificateOf(hostile).body)
      await expect(hostile.connect({ certificate: forged })).rejects.toThrow('sync.bad-signature')
    }
    // A replay of what the honest device signed, in a session of one's own.
    const stolen = sealed({ n: 2, answers: { name: 'Asha' } }, honest)
    expect(await provoke([batchOf([stolen], honest)])).toContain('refused')
    // The honest device's store: what one signs oneself would move its mark.
    const { rows } = await collector.read.execute(
      sql`select durable_upto from stores where store_id = ${honest.storeId}`,
    )
    const thief = createTestDevice({
      collector,
      key: hostile.key,
      enrolment: hostile.enrolment,
      storeId: honest.storeId,
    })
    await expect(thief.connect()).rejects.toThrow('sync.bad-signature')
    const { rows: after } = await collector.read.execute(
      sql`select durable_upto, device_id from stores where store_id = ${honest.storeId}`,
    )
    expect(after.map(row => row['durable_upto'])).toEqual(rows.map(row => row['durable_upto']))
    expect(after[0]?.['device_id']).toBe(honest.deviceId)
    await nothingHappened()
  },
  patience,
)

test(
  'an instance of another device is not overwritten, and its answers are not read out',
  async () => {
    const { rows } = await collector.read.execute<{ id: InstanceId }>(
      sql`select instance_id as id from submissions where device_id = ${honest.deviceId}`,
    )
    const instanceId = rows[0]?.id
    if (instanceId === undefined) throw new Error('the honest device has sent something')
    await using device = await enrolTestDevice({ collector, officer: 'Copyist' })
    await device.connect()
    const { results } = await device.submit({ instanceId, answers: { name: 'Mallory' } })
    expect(results).toMatchObject([{ result: 'held', fault: { fault: 'sync.instance-exists' } }])
    expect(JSON.stringify(results)).not.toContain('Asha')
    await nothingHappened()
  },
  patience,
)

test(
  'numbers with gaps and huge ones are stored and move no mark; stamps far off are taken and placed at arrival',
  async () => {
    await using device = await enrolTestDevice({ collector, officer: 'Gaps' })
    await device.connect()
    const far = (n: number, stamp: string) =>
      device.push([sealed({ n, instanceId: `uuid:${randomUUID()}` as InstanceId, stamp: stamp as Stamp }, device)])
    const suffix = `-0000-${device.deviceId.slice(0, 8)}`
    expect(await far(5, `0000000003e8${suffix}`)).toMatchObject({ durableUpto: 0 })
    expect(await far(900_000_000_000, `0fffffffffff${suffix}`)).toMatchObject({ durableUpto: 0 })
    expect(await far(Number.MAX_SAFE_INTEGER, `01${'f'.repeat(10)}${suffix}`)).toMatchObject({ durableUpto: 0 })
    expect(await far(1, `0190${'0'.repeat(8)}${suffix}`)).toMatchObject({ durableUpto: 1 })
    await nothingHappened()
  },
  patience,
)

test(
  'a household that a clock of the year 2100 writes does not stand above what is written tomorrow',
  async () => {
    await using future = await enrolTestDevice({ collector, officer: 'Future' })
    await future.connect()
    const id = randomUUID()
    const stamp = (atMs: number, device: TestDevice) =>
      `${atMs.toString(16).padStart(12, '0')}-0000-${device.deviceId.slice(0, 8)}` as Stamp
    await future.submit({
      answers: { name: 'Old', ...namingEntity(id, 'create', 'Old') },
      stamp: stamp(Date.UTC(2100, 0), future),
    })
    await using present = await enrolTestDevice({ collector, officer: 'Present' })
    await present.connect()
    await present.submit({
      answers: { name: 'New', ...namingEntity(id, 'update', 'New') },
      base: { name: 'Old' },
      stamp: stamp(Date.now() + 1_000, present),
    })
    const { body } = await collector.get<{ properties: Record<string, string> }>(`/entities/${id}`)
    expect(body.properties).toMatchObject({ name: 'New' })
    await nothingHappened()
  },
  patience,
)

test(
  'files that the feed does not name, and endless wants, give nothing away',
  async () => {
    const { putBlob } = await import('../blobs/blobs.ts')
    const secret = await putBlob(collector.write, randomBytes(500), 0)
    expect(await provoke([encodeUp({ type: 'want', sha256: secret.sha256, offset: 0, length: 500 })])).toContain(
      'http.not-found',
    )
    const wants = Array.from({ length: 200 }, () =>
      encodeUp({ type: 'want', sha256: randomBytes(32).toString('hex') as Sha256, offset: 2 ** 50, length: 500_000 }),
    )
    expect(await provoke(wants)).toContain('http.not-found')
    await nothingHappened()
  },
  patience,
)

test(
  'floods: reports, strangers that say nothing, sockets that stay half open',
  async () => {
    const report = encodeUp({
      type: 'report',
      reports: Array.from({ length: 100 }, (_, i) => ({
        kind: 'status' as const,
        queued: i,
        modelCounter: 0,
        atMs: 1,
      })),
    })
    const rssBefore = process.memoryUsage().rss
    expect(await provoke(Array.from({ length: 300 }, () => report))).toBe('answered')
    const strangers = await Promise.all(Array.from({ length: 300 }, () => openStranger()))
    const turnedAway = strangers.filter(status => status === 503).length
    expect(turnedAway).toBeGreaterThan(0)
    const slow = connectTcp(Number(new URL(collector.url).port), '127.0.0.1')
    slow.on('error', () => {})
    slow.write('GET /sync HTTP/1.1\r\nHost: x\r\nUpgr')
    // Those that may wait for their proof do not keep out who has one: an open session goes on.
    await nothingHappened()
    for (const stranger of strangers) if (typeof stranger !== 'number') stranger.terminate()
    slow.destroy()
    expect(process.memoryUsage().rss - rssBefore).toBeLessThan(400_000_000)
    await nothingHappened()
  },
  patience,
)

/** A socket that proves nothing, or the status that it was turned away with. */
const openStranger = (): Promise<WebSocket | number> =>
  new Promise(settle => {
    const socket = new WebSocket(`${collector.url.replace('http', 'ws')}/sync`)
    socket.on('open', () => settle(socket))
    socket.on('unexpected-response', (_, response) => settle(response.statusCode ?? 0))
    socket.on('error', () => settle(0))
  })

test('a newer session of the same device ends the older one', async () => {
  await using first = await enrolTestDevice({ collector, officer: 'Twice' })
  await first.connect()
  const second = createTestDevice({
    collector,
    key: first.key,
    enrolment: first.enrolment,
    storeId: first.storeId,
  })
  await second.connect()
  expect(await first.closed()).toBe(1008)
  second.send({ type: 'ping' })
  expect(await second.next('pong')).toEqual({ type: 'pong' })
  await second.disconnect()
})
