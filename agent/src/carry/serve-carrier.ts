/**
 * The door of a laptop that carries for others, on a hotspot: it takes sealed files in, and
 * hands the centre's sealed answers out.
 *
 * CS1 only who was shown the code may speak here; after some wrong ones it is deaf for a while
 * CS2 whatever comes must be signed by an enrolled device of the same project (`carried-files.ts`)
 *
 * Why plain HTTP is enough: a hotspot has no name and so no certificate. What travels is sealed
 * to the centre or to one device, and signed: who listens learns whose it is and how large, who
 * changes it is noticed, and who pretends to carry can hold it up but not use it. Nothing counts
 * as sent before the centre's own signed answer is in.
 */
import { randomInt, timingSafeEqual } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { Readable } from 'node:stream'
import { createAdaptorServer } from '@hono/node-server'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { Hono, type Context } from 'hono'
import type { EnrolmentFile } from '../enrolment/enrolment-file.ts'
import { refuse } from '../loopback/reply.ts'
import type { CarriedFiles } from './carried-files.ts'

export interface Carrier {
  /** Where colleagues on the same hotspot find it. */
  readonly urls: readonly string[]
  /** Six digits, new at each start. */
  readonly code: string
  readonly port: number
  readonly close: () => Promise<void>
}

export interface CarrierDeps {
  readonly files: CarriedFiles
  readonly enrolment: EnrolmentFile
  readonly now: () => number
}

const MOST_WRONG = 10
const DEAF_MS = 60_000
const MOST_AT_ONCE = 4
export const CODE_HEADER = 'x-murram-code'

export async function serveCarrier(
  deps: CarrierDeps,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Result<Carrier, FaultOf<'house.port-occupied'>>> {
  const { files, enrolment } = deps
  const code = String(randomInt(0, 1_000_000)).padStart(6, '0')
  const guard = createGuard(code, deps.now)
  const { projectId, officer } = enrolment.certificate.body
  let going = 0
  const app = new Hono()
  app.use(async (c, next) => (guard(c) ? next() : refuse(c, fault('carry.wrong-code'))))
  app.get('/carry', c => c.json({ projectId, officer }))
  app.post('/carry/bundles', async c => {
    if (going >= MOST_AT_ONCE) return refuse(c, fault('carry.full', 'several files are being taken'))
    going += 1
    try {
      const taken = await files.take(bodyOf(c))
      return taken.ok ? c.json({ deviceId: taken.value.deviceId, kind: taken.value.kind }) : refuse(c, taken.error)
    } finally {
      going -= 1
    }
  })
  app.get('/carry/answers/:deviceId', async c =>
    c.json({ answers: (await files.answersFor(c.req.param('deviceId'))).map(({ name }) => name) }),
  )
  app.get('/carry/answers/:deviceId/:name', async c => {
    const all = await files.answersFor(c.req.param('deviceId'))
    const file = all.find(({ name }) => name === c.req.param('name'))
    if (file === undefined) return refuse(c, fault('http.not-found'))
    const bytes = Readable.toWeb(createReadStream(file.path)) as ReadableStream<Uint8Array<ArrayBuffer>>
    return new Response(bytes, { headers: { 'Content-Type': 'application/octet-stream' } })
  })
  app.delete('/carry/answers/:deviceId/:name', async c => {
    const all = await files.answersFor(c.req.param('deviceId'))
    for (const file of all) if (file.name === c.req.param('name')) await files.drop(file)
    return c.body(null, 204)
  })
  const server = createAdaptorServer({ fetch: app.fetch })
  const listening = await new Promise<Result<number, FaultOf<'house.port-occupied'>>>(resolve => {
    server.once('error', error => resolve(err(fault('house.port-occupied', `${host}:${port}: ${error.message}`))))
    server.listen(port, host, () => resolve(ok((server.address() as AddressInfo).port)))
  })
  if (!listening.ok) return listening
  return ok({
    code,
    port: listening.value,
    urls: addressesOf(host).map(address => `http://${address}:${listening.value}`),
    close: async () => {
      await new Promise(resolve => {
        server.close(resolve)
        if ('closeAllConnections' in server) server.closeAllConnections()
      })
    },
  })
}

/** CS1 */
function createGuard(code: string, now: () => number): (c: Context) => boolean {
  let wrong = 0
  let deafUntilMs = 0
  return c => {
    if (now() < deafUntilMs) return false
    const given = Buffer.from(c.req.header(CODE_HEADER) ?? '')
    const wanted = Buffer.from(code)
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return true
    wrong += 1
    if (wrong >= MOST_WRONG) {
      wrong = 0
      deafUntilMs = now() + DEAF_MS
    }
    return false
  }
}

async function* bodyOf(c: Context): AsyncGenerator<Uint8Array> {
  if (c.req.raw.body === null) return
  for await (const bytes of c.req.raw.body as unknown as AsyncIterable<Uint8Array>) yield bytes
}

/** All of this machine's, where it listens on all. */
const addressesOf = (host: string): readonly string[] =>
  host === '0.0.0.0' || host === '::'
    ? Object.values(networkInterfaces()).flatMap(all =>
        (all ?? []).filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address),
      )
    : [host]
