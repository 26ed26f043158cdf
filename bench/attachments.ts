/**
 * A photo over a link that is reset each 30 seconds at 32 kbit/s: bytes sent beside its size.
 *
 * Workload: 5 MB on a virtual clock (the machine that decides, real frames, a link with a rate, a
 * way and a hidden buffer; a reset loses what has not arrived), and 500 kB over real sockets
 * from a real agent (encrypted store) to a real collector (PostgreSQL, every piece committed)
 * through a proxy that throttles and resets.
 * Counted: every byte that the agent wrote to its sockets, handshakes, frame headers and what a
 * reset lost included; on the virtual clock 1,000 bytes stand for a handshake.
 * Beside it, in the same run, over the same proxy for as long: the file as the body of one HTTP
 * request, tried again after each reset, as clients do that send a submission with its files;
 * of it is counted what passed the proxy, which is less than it sent.
 *
 *   npm run bench -- attachments [--quick] [--json]
 *
 * Prints tables and, with --json, one object; asserts nothing (docs/benchmarks.md is the record).
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { enrolAgent, openAgent } from '@murram/agent'
import { createProjectKeys, startCollector } from '@murram/collector'
import { unwrap, type ProjectId, type Sha256 } from '@murram/ground'
import { seededRandom, startFaultyLink, type FaultyLink } from '@murram/testkit'
import { uploadWeatherOf } from '@murram/wire/upload-weather'
import { pino } from 'pino'

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
})
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const RATE = 4_000
const RESET_MS = 30_000

interface Figure {
  readonly link: string
  readonly fileBytes: number
  readonly bytesSent: number
  readonly ratio: number
  readonly seconds: number
  readonly resets: number
  readonly arrived: boolean
}

function onVirtualClock(link: string, fileBytes: number, wayMs: number, lastsMs: () => number, rate = RATE): Figure {
  const file = { sha256: 'ab'.repeat(32) as Sha256, sizeBytes: fileBytes, mediaType: 'image/jpeg' }
  const { bytesUp, tookMs, cuts, completed } = uploadWeatherOf({
    files: [{ ...file, purpose: 'attachment' }],
    random: seededRandom(1),
    link: { bytesPerSecond: rate, wayMs, lastsMs },
  })
  const seconds = Math.round(tookMs / 1_000)
  const ratio = bytesUp / fileBytes
  return { link, fileBytes, bytesSent: bytesUp, ratio, seconds, resets: cuts, arrived: completed.length === 1 }
}

/** What this process wrote to sockets that it opened to a port. */
function countWritten(port: number): () => number {
  let closed = 0
  const open = new Set<Socket>()
  subscribe('net.client.socket', message => {
    const { socket } = message as { readonly socket: Socket }
    socket.once('connect', () => {
      if (socket.remotePort !== port) return
      open.add(socket)
      socket.once('close', () => {
        open.delete(socket)
        closed += socket.bytesWritten
      })
    })
  })
  return () => closed + [...open].reduce((sum, socket) => sum + socket.bytesWritten, 0)
}

const throttled = (targetPort: number): Promise<FaultyLink> =>
  startFaultyLink({
    targetPort,
    seed: 5,
    faults: { bytesPerSecond: RATE, latencyMs: 400, cutEveryMs: [RESET_MS, RESET_MS] },
  })

const photoForm = `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa">
  <h:head><h:title>Photos</h:title><model>
    <instance><data id="photos" version="1"><house/><meta><instanceID/></meta></data></instance>
    <bind nodeset="/data/house" type="binary"/>
    <bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
  </model></h:head>
  <h:body><upload ref="/data/house" mediatype="image/*"><label>The house</label></upload></h:body>
</h:html>`

async function overSockets(fileBytes: number): Promise<Figure> {
  const folder = mkdtempSync(join(tmpdir(), 'murram-bench-attachments-'))
  const adminToken = randomUUID()
  const keys = createProjectKeys({ projectId: 'bench' as ProjectId, demo: true, nowMs: Date.now() })
  const house = { dataDir: join(folder, 'collector'), port: 0, keys, demo: true, adminToken, now: Date.now, rooms: [] }
  const collector = unwrap(await startCollector({ ...house, log: pino({ level: 'silent' }) }))
  const ask = async (path: string, body: string, type: string): Promise<unknown> => {
    const headers = { Authorization: `Bearer ${adminToken}`, 'Content-Type': type }
    return (await collector.request(`/api/v1${path}`, { method: 'POST', headers, body })).json()
  }
  await ask('/forms', photoForm, 'text/xml')
  const { token } = (await ask('/enrolment-tokens', '{"officer":"Akello"}', 'application/json')) as { token: string }
  const dataDir = join(folder, 'laptop')
  const key = { kind: 'key-file', path: join(folder, 'user.key') } as const
  const enrolling = { dataDir, key, collectorUrl: collector.url, token, officer: 'Akello', allowDemo: true }
  unwrap(await enrolAgent({ ...enrolling, now: Date.now }))
  const machine = { now: Date.now, random: Math.random, uuid: randomUUID }
  const agent = unwrap(await openAgent({ dataDir, key, allowDemo: true, ...machine }))
  try {
    unwrap(await agent.sync.syncOnce())
    const capture = unwrap(await agent.capture.open('photos'))
    const bytes = async function* () {
      yield new Uint8Array(randomBytes(fileBytes))
    }
    unwrap(await agent.attachments.put(capture, 'house', { mediaType: 'image/jpeg', bytes: bytes() }))
    const { instanceId } = unwrap(await capture.finalise())
    await using link = await throttled(collector.port)
    const written = countWritten(link.port)
    const startedAtMs = performance.now()
    unwrap(agent.sync.start(`http://127.0.0.1:${link.port}`))
    // Sent means all: also before it was acked, something is missing.
    while (agent.queue.placeOf(instanceId)?.state !== 'sent' || agent.attachments.awaiting().size > 0) await sleep(100)
    const seconds = Math.round((performance.now() - startedAtMs) / 1_000)
    const bytesSent = written()
    const { cuts } = link.stats()
    await agent.sync.stop()
    const name = '32 kbit/s, 800 ms, reset each 30 s, real sockets'
    return { link: name, fileBytes, bytesSent, ratio: bytesSent / fileBytes, seconds, resets: cuts, arrived: true }
  } finally {
    await agent.close()
    await collector.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** One request a file, and again from its beginning after each reset. */
async function asOneRequest(fileBytes: number, seconds: number): Promise<Figure> {
  let arrived = false
  const server = createServer((incoming, response) => {
    let size = 0
    incoming.on('data', (part: Buffer) => (size += part.length))
    incoming.on('end', () => {
      arrived ||= size === fileBytes
      response.end('ok')
    })
    incoming.on('error', () => {})
  })
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  await using link = await throttled((server.address() as AddressInfo).port)
  const body = randomBytes(fileBytes)
  const endsAtMs = performance.now() + seconds * 1_000
  const tryOnce = (): Promise<void> =>
    new Promise(resolve => {
      const sent = request({ port: link.port, host: '127.0.0.1', method: 'PUT', agent: false }, answer => {
        answer.resume().on('end', resolve)
      })
      const timer = setTimeout(() => sent.destroy(), Math.max(0, endsAtMs - performance.now()))
      sent.on('error', () => {})
      sent.on('close', () => {
        clearTimeout(timer)
        resolve()
      })
      // As much as the line takes, and no more: what lies in our own buffer was not sent.
      const write = (at: number): void => {
        if (at >= body.length) return void sent.end()
        const goesOn = sent.write(body.subarray(at, at + 4_000))
        if (goesOn) setImmediate(write, at + 4_000)
        else sent.once('drain', () => write(at + 4_000))
      }
      write(0)
    })
  while (performance.now() < endsAtMs && !arrived) {
    await tryOnce()
    await sleep(200)
  }
  const { cuts, bytesUp: bytesSent } = link.stats()
  server.closeAllConnections()
  server.close()
  const name = 'the same link, the file as one HTTP request'
  return { link: name, fileBytes, bytesSent, ratio: bytesSent / fileBytes, seconds, resets: cuts, arrived }
}

const kb = (bytes: number): string => (bytes / 1_000).toLocaleString('en', { maximumFractionDigits: 0 })
const tell = ({ link, fileBytes, bytesSent, ratio, seconds, resets, arrived }: Figure): void =>
  say(
    `| ${link} | ${kb(fileBytes)} | ${kb(bytesSent)} | **${ratio.toFixed(3)}** | ${seconds} | ${resets} | ${arrived ? 'yes' : 'no'} |`,
  )

say('| link | file kB | sent kB | sent / file | s | resets | arrived |')
say('| --- | --- | --- | --- | --- | --- | --- |')
const each30s = (): number => RESET_MS
const random = seededRandom(2)
const figures: Figure[] = [
  onVirtualClock('32 kbit/s, 800 ms, reset each 30 s, virtual clock', 5_000_000, 400, each30s),
  onVirtualClock('32 kbit/s, 100 ms, reset each 30 s, virtual clock', 5_000_000, 50, each30s),
  onVirtualClock(
    '64 kbit/s, 300 ms, cut each 5 to 15 s, virtual clock',
    5_000_000,
    150,
    () => 5_000 + random() * 10_000,
    8_000,
  ),
]
figures.forEach(tell)
const fileBytes = options.quick ? 150_000 : 500_000
const ours = await overSockets(fileBytes)
tell(ours)
const beside = await asOneRequest(fileBytes, ours.seconds)
tell(beside)
if (options.json) say(JSON.stringify({ attachments: [...figures, ours, beside] }))
