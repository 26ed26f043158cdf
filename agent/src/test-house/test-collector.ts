/**
 * A collector that speaks the wire over a real WebSocket and keeps everything in memory: it
 * enrols, stores (store, n) once, serves a feed and blobs. It folds nothing.
 *
 * The real pairing is tested in tests/walk; this one can be made to misbehave on purpose.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Submission } from '@murram/fold'
import type { EntityId, InstanceId, ProjectId, Sha256 } from '@murram/ground'
import {
  createBoxKey,
  createSigningKey,
  keyIdOf,
  newNonce,
  openField,
  sha256,
  signDocument,
  verifyChallenge,
  type BoxKey,
  type Challenge,
  type Signed,
  type SigningKey,
} from '@murram/seal'
import {
  createFrameMemory,
  decodeUp,
  DEVICE_CERTIFICATE_PURPOSE,
  encodeDown,
  MIN_PROTOCOL_VERSION,
  pageChecksum,
  PROTOCOL_VERSION,
  verifyPushBatch,
  type AckResult,
  type DeviceCertificate,
  type DeviceOrder,
  type DeviceReport,
  type Down,
  type FeedRow,
  type Hello,
  type TrustNews,
  type Up,
} from '@murram/wire'
import { WebSocketServer, type WebSocket } from 'ws'
import type { TestRelease } from './test-release.ts'
import type { Form } from '@murram/xform'
import { testForm } from './test-form.ts'
import { createTestUploads, type TestUploads } from './test-uploads.ts'

type FeedKind = FeedRow['kind']
type PushBatch = Extract<Up, { type: 'push' }>

export interface TestCollector extends AsyncDisposable {
  readonly url: string
  readonly root: SigningKey
  readonly box: BoxKey
  readonly projectId: ProjectId
  /** Whatever begins with it is a token, good for one device. */
  readonly token: string
  /** By store and n, as stored. */
  readonly inbox: Map<string, Map<number, Submission>>
  readonly reports: DeviceReport[]
  /** Every message as it was read, the oldest first. */
  readonly heard: Up[]
  /** Switches that a test may turn at any time. */
  readonly faults: {
    /** Forms that were never published here. */
    unknownForm: boolean
    /** Takes a batch, stores it, and cuts the link instead of acking. */
    cutInsteadOfAck: number
    /** Acks whose first result names another submission, as a damaged frame may. */
    misnamedAcks: number
    /** Cuts after this many chunks. */
    cutAfterChunks: number
    safeUpto: number
    /** Its clock, beside the true time. */
    clockAheadMs: number
    /** Flips a byte of each chunk of this file. */
    spoil: string | null
    /** A batch with a household of this name is refused whole, and the link is closed. */
    neverFits: string | null
    /** A household of this name is stored and not folded. */
    holds: string | null
    /** Whoever is welcomed is told at once that a copy of it has come. */
    replaces: boolean
    /** Before each batch is read, the device is told to wait this long. */
    pauseMs: number
    /** Names what a device is shown; absent: it is not said. */
    view: string | undefined
    /** What its welcome says of keys and of what is fresh. */
    trust: TrustNews | undefined
  }
  /** Told after each welcome; `stolen` ones are told nothing else. */
  readonly orders: Signed<DeviceOrder>[]
  /** What devices posted as their last word. */
  readonly receipts: unknown[]
  readonly publishForm: (version?: string, form?: Form) => void
  /** What devices sent of files. */
  readonly uploads: TestUploads
  readonly publishRelease: (release: TestRelease) => void
  /** As if a file had been lost. */
  readonly forgetFiles: () => void
  readonly publish: (kind: FeedKind, key: string, body: unknown) => void
  /** As though the devices here were not shown it any more: no tombstone. */
  readonly hide: (kind: FeedKind, key: string) => void
  /** As after a restore: another epoch, and only the first submissions of each store. */
  readonly restore: (kept: number) => void
  readonly stored: () => readonly Submission[]
  readonly cut: () => void
}

export interface TestCollectorOptions {
  readonly demo?: boolean
  readonly certifyOtherKey?: boolean
  readonly lostRecoveryKey?: boolean
  /** As an older or a newer collector. */
  readonly speaks?: { readonly protocol: number; readonly minProtocol: number }
}

const OTHER_INSTANCE = 'uuid:00000000-0000-4000-8000-000000000000' as InstanceId

export async function startTestCollector(options: TestCollectorOptions = {}): Promise<TestCollector> {
  const { demo = true } = options
  const [root, collectorKey, box] = [createSigningKey(), createSigningKey(), createBoxKey()]
  const projectId = 'test' as ProjectId
  const collectorId = keyIdOf(collectorKey.publicKey)
  const inbox: TestCollector['inbox'] = new Map()
  const uploads = createTestUploads()
  const reports: DeviceReport[] = []
  const heard: Up[] = []
  const blobs = new Map<Sha256, Uint8Array>()
  const faults: TestCollector['faults'] = {
    unknownForm: false,
    cutInsteadOfAck: 0,
    misnamedAcks: 0,
    cutAfterChunks: Infinity,
    safeUpto: 0,
    clockAheadMs: 0,
    spoil: null,
    neverFits: null,
    holds: null,
    replaces: false,
    pauseMs: 0,
    view: undefined,
    trust: undefined,
  }
  const orders: Signed<DeviceOrder>[] = []
  const receipts: unknown[] = []
  const sockets = new Set<WebSocket>()
  let feed: FeedRow[] = []
  let epoch = 1
  let feedNumber = 0

  const send = (socket: WebSocket, message: Down): void => socket.send(encodeDown(message), { binary: true })
  const durableUpto = (storeId: string): number => {
    const known = inbox.get(storeId)
    let n = 0
    while (known?.has(n + 1) === true) n += 1
    return n
  }
  const marks = (storeId: string) => ({
    durableUpto: durableUpto(storeId),
    safeUpto: Math.min(faults.safeUpto, durableUpto(storeId)),
    creditBytes: 256_000,
  })

  const store = (socket: WebSocket, batch: PushBatch, hello: Hello): void => {
    const { publicKey, deviceId } = hello.certificate.body
    const submissions = verifyPushBatch(batch, { deviceId, storeId: hello.storeId, publicKey })
    if (!submissions.ok) return send(socket, { type: 'refused', fault: submissions.error })
    if (submissions.value.some(({ answers }) => answers['name'] === faults.neverFits)) {
      send(socket, { type: 'refused', fault: { fault: 'sync.digest-mismatch' } })
      return socket.close(1008)
    }
    if (faults.unknownForm) {
      const fault = { fault: 'sync.unknown-form' } as const
      const refused = submissions.value.map(({ n, instanceId }) => ({
        n,
        instanceId,
        result: 'refused' as const,
        fault,
      }))
      return send(socket, { type: 'ack', upto: batch.head.n, results: refused, ...marks(hello.storeId) })
    }
    const known = inbox.get(hello.storeId) ?? new Map<number, Submission>()
    inbox.set(hello.storeId, known)
    const results: AckResult[] = submissions.value.map(submission => {
      const { n, instanceId, digest, answers } = submission
      const before = known.get(n)
      if (before === undefined) known.set(n, submission)
      if (answers['name'] === faults.holds)
        return { n, instanceId, result: 'held', fault: { fault: 'fold.waiting', detail: 'a parent' } }
      const result = before === undefined ? 'applied' : before.digest === digest ? 'duplicate' : 'forked'
      return { n, instanceId, result }
    })
    if (faults.cutInsteadOfAck > 0) {
      faults.cutInsteadOfAck -= 1
      return socket.terminate()
    }
    if (faults.misnamedAcks > 0) {
      faults.misnamedAcks -= 1
      results.splice(0, 1, ...results.slice(0, 1).map(first => ({ ...first, instanceId: OTHER_INSTANCE })))
    }
    send(socket, { type: 'ack', upto: batch.head.n, results, ...marks(hello.storeId) })
  }

  const page = (socket: WebSocket, message: Extract<Up, { type: 'pull' }>, protocol: number): void => {
    const waiting = feed.filter(row => row.number > message.from.number)
    const rows = waiting.slice(0, 50)
    const more = rows.length < waiting.length
    const to = more ? (rows.at(-1)?.number ?? feedNumber) : feedNumber
    const { number: from } = message.from
    const told: Down = { type: 'page', epoch, from, to, rows, checksum: pageChecksum(rows), more }
    socket.send(encodeDown(told, protocol), { binary: true })
  }

  const chunk = (socket: WebSocket, { sha256: hash, offset, length }: Extract<Up, { type: 'want' }>): void => {
    const whole = blobs.get(hash)
    if (whole === undefined) {
      send(socket, { type: 'refused', fault: { fault: 'http.not-found' } })
      return socket.close()
    }
    if (faults.cutAfterChunks <= 0) {
      faults.cutAfterChunks = Infinity
      return socket.terminate()
    }
    faults.cutAfterChunks -= 1
    const bytes = Uint8Array.from(whole.subarray(offset, offset + length))
    if (faults.spoil === hash) bytes[0] = (bytes[0] ?? 0) ^ 1
    send(socket, { type: 'chunk', sha256: hash, offset, totalBytes: whole.length, bytes })
  }

  const onSocket = (socket: WebSocket): void => {
    sockets.add(socket)
    let hello: Hello | null = null
    let welcomed = false
    const challenge: Challenge = { nonce: newNonce(), projectId, collectorId, serverTimeMs: Date.now() }
    const versions = options.speaks ?? { protocol: PROTOCOL_VERSION, minProtocol: MIN_PROTOCOL_VERSION }
    const memory = createFrameMemory()
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.terminate())
    socket.on('message', data => {
      const message = decodeUp(data as Buffer, memory)
      if (!message.ok) return send(socket, { type: 'refused', fault: message.error })
      const { value } = message
      heard.push(value)
      if (value.type === 'hello') {
        if (value.protocol > versions.protocol || value.protocol < versions.minProtocol)
          return send(socket, { type: 'refused', fault: { fault: 'wire.update-required' } })
        hello = value
        return
      }
      if (hello === null) return socket.terminate()
      if (value.type === 'auth') {
        welcomed = verifyChallenge(hello.certificate.body.publicKey, challenge, value.answer)
        if (!welcomed) return send(socket, { type: 'refused', fault: { fault: 'sync.bad-signature' } })
        const facts = { epoch, feedNumber, serverTimeMs: Date.now() + faults.clockAheadMs, maxFrameBytes: 1_000_000 }
        const said = {
          ...(faults.view === undefined ? {} : { view: faults.view }),
          ...(faults.trust === undefined ? {} : { trust: faults.trust }),
        }
        const more = Object.keys(said).length === 0 ? {} : { more: said }
        const isStolen = orders.some(({ body }) => body.kind === 'destroy')
        if (!isStolen) send(socket, { type: 'welcome', ...facts, ...marks(hello.storeId), ...more })
        for (const order of orders) send(socket, { type: 'order', order })
        if (faults.replaces) send(socket, { type: 'refused', fault: { fault: 'sync.replaced' } })
        return
      }
      if (!welcomed) return socket.terminate()
      if (value.type === 'push' && faults.pauseMs > 0) {
        const from = hello
        send(socket, { type: 'pause', retryAfterMs: faults.pauseMs })
        return void setTimeout(() => store(socket, value, from), faults.pauseMs)
      }
      if (value.type === 'push') return store(socket, value, hello)
      if (value.type === 'offer' || value.type === 'piece') return send(socket, uploads.answer(value))
      if (value.type === 'pull') return page(socket, value, hello.protocol)
      if (value.type === 'want') return chunk(socket, value)
      if (value.type === 'ping') return send(socket, { type: 'pong' })
      if (value.type === 'report') reports.push(...value.reports)
    })
    send(socket, { type: 'challenge', challenge: { ...challenge, projectId }, ...versions })
  }

  const publish: TestCollector['publish'] = (kind, key, body) => {
    feedNumber += 1
    feed = [...feed.filter(row => row.kind !== kind || row.key !== key), { number: feedNumber, kind, key, body }]
    for (const socket of sockets) send(socket, { type: 'hint', feedNumber })
  }
  const keepBlob = (bytes: Uint8Array): Sha256 => {
    const hash = sha256(bytes)
    blobs.set(hash, bytes)
    return hash
  }

  const { certifyOtherKey: other = false, lostRecoveryKey = false } = options
  const server = createEnrolment({ receipts, projectId, collectorId, demo, root, box, other, lostRecoveryKey })
  const gate = new WebSocketServer({ server, path: '/sync', perMessageDeflate: false })
  gate.on('connection', onSocket)
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    root,
    box,
    projectId,
    inbox,
    reports,
    heard,
    faults,
    orders,
    receipts,
    publish,
    token: 'enrol-me',
    uploads,
    publishForm: (version = '1', form = testForm(version)) => {
      const { formId, title, program } = form
      const bytes = Buffer.from(JSON.stringify(program))
      const hash = keepBlob(bytes)
      publish('form', `${formId}/${version}`, {
        formId,
        version,
        title,
        sha256: hash,
        sizeBytes: bytes.length,
        state: 'published',
      })
    },
    publishRelease: ({ signed, chain, files }) => {
      for (const bytes of files.values()) keepBlob(bytes)
      publish('release', signed.body.modelName, {
        signed,
        chain,
      })
    },
    restore: kept => {
      epoch += 1
      for (const known of inbox.values()) for (const n of known.keys()) if (n > kept) known.delete(n)
      for (const socket of sockets) socket.terminate()
    },
    forgetFiles: () => blobs.clear(),
    hide: (kind, key) => {
      feed = feed.filter(row => row.kind !== kind || row.key !== key)
    },
    stored: () => [...inbox.values()].flatMap(known => [...known.values()]),
    cut: () => {
      for (const socket of sockets) socket.terminate()
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.terminate()
      gate.close()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** A household of the feed, as a collector would have folded it. */
export const entityBody = (entityId: string, properties: Readonly<Record<string, string>>) => ({
  entityId: entityId as EntityId,
  dataset: 'households',
  label: properties['name'] ?? null,
  properties,
  conflicted: [],
  canonicalId: entityId as EntityId,
})

function createEnrolment(project: {
  readonly projectId: ProjectId
  readonly collectorId: string
  readonly demo: boolean
  readonly root: SigningKey
  readonly box: BoxKey
  readonly other: boolean
  readonly receipts: unknown[]
  readonly lostRecoveryKey: boolean
}): Server {
  const { projectId, collectorId, demo, root, box, other, lostRecoveryKey } = project
  const tokens = new Map<string, string>()
  return createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (data: Buffer) => chunks.push(data))
    request.on('end', () => {
      const reply = (status: number, body: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      }
      if (request.url === '/api/v1/device-receipts') {
        project.receipts.push(JSON.parse(Buffer.concat(chunks).toString('utf8')))
        return reply(200, { taken: true })
      }
      const asked = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, string>
      if (request.url?.endsWith('/recovery-probe') === true) {
        const probe = openField(lostRecoveryKey ? createBoxKey() : box, asked['sealed'] ?? '')
        return probe.ok ? reply(200, { sha256: sha256(probe.value) }) : reply(400, { fault: 'http.bad-request' })
      }
      const { token, publicKey, officer } = asked
      if (token?.startsWith('enrol-me') !== true || publicKey === undefined)
        return reply(401, { fault: 'enrol.token-unknown' })
      if ((tokens.get(token) ?? publicKey) !== publicKey) return reply(409, { fault: 'enrol.token-used' })
      tokens.set(token, publicKey)
      const certified = other ? createSigningKey().publicKey : publicKey
      const certificate = signDocument(root, DEVICE_CERTIFICATE_PURPOSE, {
        projectId,
        deviceId: keyIdOf(certified) as DeviceCertificate['deviceId'],
        publicKey: certified,
        officer: officer ?? '',
        demo,
        issuedAtMs: Date.now(),
      } satisfies DeviceCertificate)
      reply(200, {
        certificate,
        rootPublicKey: root.publicKey,
        projectId,
        collectorId,
        boxPublicKey: box.publicKey,
        demo,
        epoch: 1,
      })
    })
  })
}
