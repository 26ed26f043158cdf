/**
 * An agent of version 1, as recorded: its frames are sent to the collector of today byte by byte,
 * and today's answers have the members that it was built to read, no more and no less.
 */
import { readFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'
import type { StoreId } from '@murram/ground'
import { createSigningKey, answerChallenge, type Challenge, type SigningKey } from '@murram/seal'
import { decodeDown, type Down } from '@murram/wire'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { ProjectKeys } from '../config/project-keys.ts'
import type { SubmissionList } from '../http/api-types.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector } from '../test-collector.ts'
import { enrolTestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

interface Recorded {
  readonly keys: ProjectKeys
  readonly device: SigningKey & { readonly deviceId: string; readonly storeId: StoreId }
  /** The proof that was given then. */
  readonly answer: string
  /** Of the form's program, as it was asked for. */
  readonly wanted: string
  readonly frames: readonly { readonly from: 'agent' | 'collector'; readonly type: string; readonly base64: string }[]
}
const session = JSON.parse(
  readFileSync(new URL('../../../tests/fixtures/versions/session-1.json', import.meta.url), 'utf8'),
) as Recorded

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

/** The members of a message and the kinds of their values, whatever the values are. */
const shapeOf = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return 'bytes'
  if (Array.isArray(value)) return [...new Set(value.map(item => JSON.stringify(shapeOf(item))))].toSorted()
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]))
}

/** The same message with another text of the same length in it. */
const exchange = (frame: Uint8Array, from: string, to: string): Uint8Array => {
  const body = Buffer.from(frame[0] === 1 ? inflateRawSync(frame.subarray(1)) : frame.subarray(1))
  const at = body.indexOf(from)
  if (at === -1) return frame
  body.write(to, at, 'latin1')
  return new Uint8Array([0, ...body])
}

const unpack = (frame: Uint8Array): Down => {
  const read = decodeDown(frame)
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  return read.value
}

const resultsOf = (message: Down): unknown => (message.type === 'ack' ? message.results : null)

test('V1 a session that an agent of version 1 held is served today, in the words of version 1', async () => {
  await using collector = await startTestCollector({
    cluster,
    rooms: [],
    keys: { ...session.keys, freshness: createSigningKey() },
  })
  const published = await collector.publish(householdXml())
  expect(published.status).toBe(201)
  const socket = new WebSocket(`${collector.url.replace('http', 'ws')}/sync`, { perMessageDeflate: false })
  const heard: Down[] = []
  let wake = () => {}
  socket.on('message', (data: Buffer) => {
    heard.push(unpack(data))
    wake()
  })
  const next = async (type: Down['type']): Promise<Down> => {
    for (;;) {
      const found = heard.find(message => message.type === type)
      if (found !== undefined) {
        heard.splice(heard.indexOf(found), 1)
        return found
      }
      const refused = heard.find(message => message.type === 'refused')
      if (refused !== undefined) throw new Error(JSON.stringify(refused))
      await new Promise<void>(settle => (wake = settle))
    }
  }
  await new Promise(settle => socket.once('open', settle))

  let challenge: Challenge | undefined
  const results: (readonly [unknown, unknown])[] = []
  let program = ''
  for (const { from, type, base64 } of session.frames) {
    const frame = new Uint8Array(Buffer.from(base64, 'base64'))
    if (from === 'agent') {
      // The nonce is new and the program is compiled anew; all else goes as it went then.
      if (type === 'auth' && challenge !== undefined)
        socket.send(exchange(frame, session.answer, answerChallenge(session.device, challenge)))
      else if (type === 'want') socket.send(exchange(frame, session.wanted, program))
      else socket.send(frame)
      continue
    }
    if (type === 'hint') await collector.publish(householdXml('2'))
    if (type === 'refused') break
    const answer = await next(type as Down['type'])
    if (answer.type === 'challenge') challenge = answer.challenge
    const [form] = answer.type === 'page' ? answer.rows : []
    if (form !== undefined) program = (form.body as { sha256: string }).sha256
    expect({ type, ...(shapeOf(answer) as object) }).toEqual({ type, ...(shapeOf(unpack(frame)) as object) })
    results.push([resultsOf(answer), resultsOf(unpack(frame))])
  }
  for (const [today, then] of results) expect(today).toEqual(then)
  const { body } = await collector.get<SubmissionList>('/submissions')
  expect(body.submissions.map(({ n, storeId, state }) => [storeId, n, state])).toEqual(
    [3, 2, 1].map(n => [session.device.storeId, n, 'applied']),
  )
  socket.close()
})

test('V1 a device of the version of today is told more, one of version 1 is not', async () => {
  await using collector = await startTestCollector({ cluster, rooms: [] })
  await using device = await enrolTestDevice({ collector })
  expect(await device.connect()).toHaveProperty('more')
  await device.disconnect()
  expect(await device.connect({ protocol: 1 })).not.toHaveProperty('more')
})

test('a version that is no longer spoken is refused with what to do, and nothing is taken from its queue', async () => {
  await using collector = await startTestCollector({ cluster, rooms: [] })
  await using device = await enrolTestDevice({ collector })
  await expect(device.connect({ protocol: 0 })).rejects.toThrow('wire.update-required')
  expect(await device.connect()).toMatchObject({ durableUpto: 0 })
})
