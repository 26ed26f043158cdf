/**
 * One device at the gate, from its `hello` to its close. Frames are answered one after the
 * other; a device that sends faster than it is answered is not read from until there is room,
 * so it costs the collector a bounded amount of memory.
 *
 * What is malformed, untimely or unproved is answered `refused` and closes this socket only.
 *
 * V1 a device is told nothing that its version does not know
 *
 * Not here: what a batch or a page is. The gate states what it needs, and the composition
 * root plugs it in.
 */
import { err, fault, ok, step, type Checkpoint, type Fault, type Result, type StoreId } from '@murram/ground'
import type { DeviceId, ProjectId, Sha256 } from '@murram/ground'
import type { Submission } from '@murram/fold'
import { newNonce, verifyChallenge } from '@murram/seal'
import {
  createFrameMemory,
  createSendQueue,
  decodeUp,
  encodeDown,
  MAX_FRAME_BYTES,
  isKnownAt,
  MIN_PROTOCOL_VERSION,
  priorityOf,
  PROTOCOL_VERSION,
  PROTOCOL_WITH_MORE,
  verifyPushBatch,
  type AckResult,
  type DeviceReport,
  type Down,
  type FileUse,
  type Have,
  type Hello,
  type Offer,
  type Page,
  type Patch,
  type Piece,
  type PushBatch,
  type PushHead,
  type Up,
  type Welcome,
} from '@murram/wire'
import { gateTable, isHeard, type GateState } from './gate-machine.ts'

interface Marks {
  readonly durableUpto: number
  readonly safeUpto: number
}

export interface GateNeeds {
  readonly projectId: ProjectId
  readonly collectorId: string
  readonly epoch: number
  readonly now: () => number
  readonly admit: (hello: Hello) => Promise<Result<{ readonly deviceId: DeviceId; readonly publicKey: string }, Fault>>
  /** The device has proved itself. */
  readonly welcome: (hello: Hello) => Promise<void>
  readonly marks: (storeId: StoreId) => Promise<Marks>
  readonly feedNumber: () => Promise<number>
  readonly ingest: (batch: {
    readonly deviceId: DeviceId
    readonly storeId: StoreId
    readonly submissions: readonly Submission[]
    readonly head: PushHead
  }) => Promise<Marks & { readonly results: readonly AckResult[] }>
  /** @param namedUpto Only rows for this device by name, up to this number. */
  readonly page: (deviceId: DeviceId, from: Checkpoint, maxBytes: number, namedUpto?: number) => Promise<Page>
  readonly blob: (
    name: Sha256,
    range: { readonly offset: number; readonly length: number },
  ) => Promise<{ readonly bytes: Uint8Array; readonly totalBytes: number } | undefined>
  /** Who says that this epoch has begun: a device verifies it. */
  readonly succession: NonNullable<NonNullable<Welcome['more']>['succession']>
  /** What the device may read instead of page after page; `undefined`: nothing is ready, or it is not far behind. */
  readonly snapshot?: (hello: Hello) => Promise<NonNullable<Welcome['more']>['snapshot']>
  /** A file that makes the wanted one of the one that the device has, where that is worth it. */
  readonly patch?: (wanted: Sha256, from: Sha256) => Promise<Patch['patch'] | undefined>
  /** Of one session: files that the device sends. */
  readonly uploads: (deviceId: DeviceId) => {
    readonly answer: (message: Offer | Piece) => Promise<Result<Have, Fault>>
  }
  readonly report: (deviceId: DeviceId, reports: readonly DeviceReport[]) => Promise<void>
  readonly crashPoint: (name: string) => void
  /** Other than those of this build: for tests of what older and newer peers are told. */
  readonly versions?: { readonly protocol: number; readonly minProtocol: number }
}

/** What a session is given to speak with. */
export interface Line {
  readonly send: (frame: Uint8Array) => Promise<void>
  /** Says goodbye; nothing is read any more. */
  readonly close: () => void
  readonly pause: () => void
  readonly resume: () => void
}

export interface GateSession {
  readonly hear: (frame: Uint8Array) => void
  readonly hint: (feedNumber: number) => void
  readonly refuse: (reason: Fault) => Promise<void>
  readonly deviceId: () => DeviceId | undefined
  /** What both sides speak; 0 before the device has said it. */
  readonly protocol: () => number
}

/** How much a device may have on its way unacked. */
const CREDIT_BYTES = 512_000
const MAX_WAITING_FRAMES = 8
/** Of answers that the line has not taken yet; then the device is not heard until it reads. */
const MAX_WAITING_BYTES = 256_000

export interface SessionEvents {
  readonly opened: (deviceId: DeviceId) => void
  readonly refused: (reason: Fault) => void
  readonly failed: (cause: unknown) => void
}

export function createGateSession(needs: GateNeeds, line: Line, events: SessionEvents): GateSession {
  let state: GateState = 'fresh'
  let hello: Hello | undefined
  let device: { readonly deviceId: DeviceId; readonly publicKey: string } | undefined
  const { projectId, collectorId } = needs
  const challenge = { nonce: newNonce(), projectId, collectorId, serverTimeMs: needs.now() }
  const waiting: Uint8Array[] = []
  const memory = createFrameMemory()
  const queue = createSendQueue({ send: (frame, taken) => void line.send(frame).then(taken, taken) })
  let isBusy = false
  let uploads: ReturnType<GateNeeds['uploads']> | undefined

  const versions = needs.versions ?? { protocol: PROTOCOL_VERSION, minProtocol: MIN_PROTOCOL_VERSION }
  const protocol = () => hello?.protocol ?? 0

  /** V1 */
  const say = async (message: Down, use?: FileUse): Promise<void> => {
    if (hello !== undefined && !isKnownAt(hello.protocol, message.type)) return
    const sent = queue.put(encodeDown(message, protocol()), priorityOf(message, use))
    // What is large may wait while the next word is heard; not more of it than this.
    if (message.type === 'ack' || message.type === 'refused' || queue.waitingBytes() > MAX_WAITING_BYTES) await sent
  }

  const refuse = async (reason: Fault) => {
    if (state === 'closed') return
    state = step(gateTable, state, 'refused')
    waiting.length = 0
    events.refused(reason)
    await say({ type: 'refused', fault: reason })
    line.close()
  }

  const greet = async (said: Hello): Promise<Result<undefined, Fault>> => {
    if (said.protocol < versions.minProtocol || said.protocol > versions.protocol)
      return err(fault('wire.update-required', `protocol ${said.protocol}, here ${spoken(versions)}`))
    const admitted = await needs.admit(said)
    if (!admitted.ok) return admitted
    hello = said
    device = admitted.value
    state = step(gateTable, state, 'greeted')
    return ok(undefined)
  }

  const prove = async (answer: string): Promise<Result<Down, Fault>> => {
    if (hello === undefined || device === undefined) throw new Error('a proof of nothing')
    if (!verifyChallenge(device.publicKey, challenge, answer)) return err(fault('sync.bad-signature', 'challenge'))
    await needs.welcome(hello)
    state = step(gateTable, state, 'proved')
    events.opened(device.deviceId)
    return ok({
      type: 'welcome',
      epoch: needs.epoch,
      ...(await needs.marks(hello.storeId)),
      serverTimeMs: needs.now(),
      feedNumber: await needs.feedNumber(),
      creditBytes: CREDIT_BYTES,
      maxFrameBytes: MAX_FRAME_BYTES,
      ...(protocol() < PROTOCOL_WITH_MORE ? {} : { more: { ...more(), ...(await offer(hello)) } }),
    })
  }

  const more = (): NonNullable<Welcome['more']> => ({
    succession: needs.succession,
    ...(protocol() < versions.protocol
      ? { notice: fault('wire.update-advised', `protocol ${protocol()}, here ${spoken(versions)}`) }
      : {}),
  })

  const offer = async (said: Hello): Promise<NonNullable<Welcome['more']>> => {
    const snapshot = await needs.snapshot?.(said)
    return snapshot === undefined ? {} : { snapshot }
  }

  const store = async (batch: PushBatch): Promise<Result<Down, Fault>> => {
    if (hello === undefined || device === undefined) throw new Error('a batch of nobody')
    const from = { deviceId: device.deviceId, storeId: hello.storeId }
    const submissions = verifyPushBatch(batch, { ...from, publicKey: device.publicKey })
    if (!submissions.ok) return submissions
    const { results, durableUpto, safeUpto } = await needs.ingest({
      ...from,
      submissions: submissions.value,
      head: batch.head,
    })
    const upto = batch.head.n
    return ok({ type: 'ack', upto, results: [...results], durableUpto, safeUpto, creditBytes: CREDIT_BYTES })
  }

  const piece = async (want: Extract<Up, { type: 'want' }>): Promise<Result<Down, Fault>> => {
    const { sha256, offset, length, from } = want
    const patch = from === undefined ? undefined : await needs.patch?.(sha256, from)
    if (patch !== undefined && from !== undefined) return ok({ type: 'patch', sha256, from, patch })
    const found = await needs.blob(sha256, { offset, length })
    if (found === undefined) return err(fault('http.not-found', `no file has the hash ${sha256}`))
    return ok({ type: 'chunk', sha256, offset, totalBytes: found.totalBytes, bytes: new Uint8Array(found.bytes) })
  }

  const answer = async (message: Up): Promise<Result<Down | undefined, Fault>> => {
    if (message.type === 'hello') return greet(message)
    if (message.type === 'auth') return prove(message.answer)
    if (message.type === 'push') return store(message)
    if (message.type === 'want') return piece(message)
    if (message.type === 'ping') return ok({ type: 'pong' })
    if (device === undefined) throw new Error('a device without a name')
    if (message.type === 'offer' || message.type === 'piece')
      return (uploads ??= needs.uploads(device.deviceId)).answer(message)
    if (message.type === 'pull') {
      const page = await needs.page(device.deviceId, message.from, message.maxBytes, message.namedUpto)
      needs.crashPoint('collector.page-built')
      return ok(page)
    }
    await needs.report(device.deviceId, message.reports)
    return ok(undefined)
  }

  const handle = async (frame: Uint8Array) => {
    const message = decodeUp(frame, memory)
    if (!message.ok) return refuse(message.error)
    if (!isHeard(state, message.value.type)) return refuse(fault('wire.unexpected', `${message.value.type}, ${state}`))
    const reply = await answer(message.value)
    if (!reply.ok) return refuse(reply.error)
    if (reply.value === undefined) return
    await say(reply.value, message.value.type === 'want' ? message.value.use : undefined)
    if (reply.value.type === 'ack') needs.crashPoint('collector.acked')
  }

  const drain = async () => {
    for (let frame = waiting.shift(); frame !== undefined; frame = waiting.shift()) {
      await handle(frame)
      if (waiting.length < MAX_WAITING_FRAMES) line.resume()
    }
  }

  // Said before it is asked for: on a slow link each turn is a good part of a session.
  say({ type: 'challenge', challenge, ...versions }).catch(events.failed)

  return {
    deviceId: () => (state === 'open' ? device?.deviceId : undefined),
    protocol,
    refuse,
    hint: feedNumber => {
      if (state === 'open') say({ type: 'hint', feedNumber }).catch(events.failed)
    },
    hear: frame => {
      if (state === 'closed') return
      waiting.push(frame)
      if (waiting.length >= MAX_WAITING_FRAMES) line.pause()
      if (isBusy) return
      isBusy = true
      drain()
        .catch((cause: unknown) => {
          // The message was neither stored nor answered: the device sends it again.
          events.failed(cause)
          return refuse(fault('http.internal'))
        })
        .finally(() => (isBusy = false))
    },
  }
}

const spoken = ({ protocol, minProtocol }: { readonly protocol: number; readonly minProtocol: number }): string =>
  minProtocol === protocol ? `${protocol}` : `${minProtocol} to ${protocol}`
