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
  decodeUp,
  encodeDown,
  MAX_FRAME_BYTES,
  isKnownAt,
  MIN_PROTOCOL_VERSION,
  PROTOCOL_VERSION,
  PROTOCOL_WITH_MORE,
  verifyPushBatch,
  type AckResult,
  type DeviceReport,
  type Down,
  type Hello,
  type Page,
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
  readonly page: (deviceId: DeviceId, from: Checkpoint, maxBytes: number) => Promise<Page>
  readonly blob: (
    name: Sha256,
    range: { readonly offset: number; readonly length: number },
  ) => Promise<{ readonly bytes: Uint8Array; readonly totalBytes: number } | undefined>
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
  let isBusy = false

  const versions = needs.versions ?? { protocol: PROTOCOL_VERSION, minProtocol: MIN_PROTOCOL_VERSION }
  const protocol = () => hello?.protocol ?? 0

  /** V1 */
  const say = async (message: Down): Promise<void> => {
    if (hello === undefined || isKnownAt(hello.protocol, message.type)) await line.send(encodeDown(message))
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
      ...(protocol() < PROTOCOL_WITH_MORE ? {} : { more: more() }),
    })
  }

  const more = (): NonNullable<Welcome['more']> =>
    protocol() < versions.protocol
      ? { notice: fault('wire.update-advised', `protocol ${protocol()}, here ${spoken(versions)}`) }
      : {}

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

  const piece = async ({ sha256, offset, length }: Extract<Up, { type: 'want' }>): Promise<Result<Down, Fault>> => {
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
    if (message.type === 'pull') {
      const page = await needs.page(device.deviceId, message.from, message.maxBytes)
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
    await say(reply.value)
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
