/** What a stranger's socket may do to the process: nothing. */
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'

let cluster: TestCluster
let collector: TestCollector
const uncaught: unknown[] = []
const note = (error: unknown) => void uncaught.push(error)

beforeAll(async () => {
  process.on('uncaughtException', note)
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster, rooms: [] })
})
afterAll(async () => {
  await collector.close()
  await cluster.stop()
  process.off('uncaughtException', note)
})

const upgradeTo = (path: string): string =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n')

/** What came back before the socket was closed, by either side. */
const say = (text: string, { reset }: { readonly reset: boolean }): Promise<string> =>
  new Promise(resolve => {
    const socket = connect(Number(new URL(collector.url).port), '127.0.0.1')
    let heard = ''
    socket.on('data', data => (heard += data.toString()))
    socket.on('error', () => {})
    socket.on('close', () => resolve(heard))
    socket.write(text)
    if (reset) setImmediate(() => socket.resetAndDestroy())
  })

test('an upgrade to nowhere, to what is no address, and one that is reset end their own socket and no more', async () => {
  expect(await say(upgradeTo('/nothing'), { reset: false })).toMatch(/^HTTP\/1.1 404 /)
  expect(await say(upgradeTo('//'), { reset: false })).toMatch(/^HTTP\/1.1 404 /)
  await Promise.all(Array.from({ length: 40 }, () => say(upgradeTo('/nothing'), { reset: true })))
  await Promise.all(Array.from({ length: 40 }, () => say(upgradeTo('/sync'), { reset: true })))
  expect((await fetch(`${collector.url}/health`)).status).toBe(200)
  expect(uncaught.map(String)).toEqual([])
})
