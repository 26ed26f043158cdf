/**
 * One device at the gate, from its `hello` to its close. Frames are answered one after the
 * other; a device that sends faster than it is answered is not read from until there is room,
 * so it costs the collector a bounded amount of memory.
 *
 * What is malformed, untimely or unproved is answered `refused` and closes this socket only.
 *
 * V1 a device is told nothing that its version does not know
 * V2 a device that left is taken from and shown nothing; a stolen one hears its order, and nothing else
 * V3 a file is given to whom the feed names it
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
  isVoidProved,
  MIN_PROTOCOL_VERSION,
  pageChecksum,
  priorityOf,
  PROTOCOL_VERSION,
  PROTOCOL_WITH_MORE,
  PROTOCOL_WITH_TRUST,
  verifyPushBatchInTurns,
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
  type TrustNews,
  type Up,
  type VoidEntry,
  type Welcome,
} from '@murram/wire'
import { gateTable, isHeard, type GateState } from './gate-machine.ts'

interface Marks {
  readonly durableUpto: number
  readonly safeUpto: number
}

type SignedOrder = Extract<Down, { type: 'order' }>['order']

/** A device by its certificate; it has not proved its key yet. */
export interface Admitted {
  readonly deviceId: DeviceId
  readonly publicKey: string
  /** `left`: what it has is taken, and it is shown nothing. `stolen`: it is told its order, and nothing else. */
  readonly state: 'active' | 'left' | 'stolen'
  /** Names what it may see. */
  readonly view: string
  /** What it is to do with all it holds. */
  readonly order?: SignedOrder | undefined
}

export interface GateNeeds {
  readonly projectId: ProjectId
  readonly collectorId: string
  readonly epoch: number
  readonly now: () => number
  readonly admit: (hello: Hello) => Promise<Result<Admitted, Fault>>
  /** The device has proved itself. @param clockAheadMs Its clock minus ours, by half a round trip exact; absent out of a file. */
  readonly welcome: (hello: Hello, clockAheadMs?: number) => Promise<void>
  readonly marks: (storeId: StoreId) => Promise<Marks>
  readonly feedNumber: () => Promise<number>
  readonly ingest: (batch: {
    readonly deviceId: DeviceId
    readonly storeId: StoreId
    readonly submissions: readonly Submission[]
    readonly head: PushHead
    /** It is stored, and folded by nobody until a person accepts it. */
    readonly quarantined?: boolean
  }) => Promise<Marks & { readonly results: readonly AckResult[] }>
  /** Under this number nothing will come. */
  readonly storeVoid: (of: {
    readonly deviceId: DeviceId
    readonly storeId: StoreId
    readonly entry: VoidEntry
  }) => Promise<Marks & { readonly results: readonly AckResult[] }>
  /**
   * @param namedUpto Only rows for this device by name, up to this number.
   * @returns `null`: what it may see is not what it was welcomed with.
   */
  readonly page: (
    of: { readonly deviceId: DeviceId; readonly view: string },
    from: Checkpoint,
    maxBytes: number,
    namedUpto?: number,
  ) => Promise<Page | null>
  readonly blob: (
    name: Sha256,
    range: { readonly offset: number; readonly length: number },
  ) => Promise<{ readonly bytes: Uint8Array; readonly totalBytes: number } | undefined>
  /** Who says that this epoch has begun: a device verifies it. */
  readonly succession: NonNullable<NonNullable<Welcome['more']>['succession']>
  /** Root documents that it does not know, and what is in force. */
  readonly trust: (rootVersion: number) => Promise<TrustNews>
  /** The name that its view goes by for this device (snapshots/old-tombstones.ts); its own unless told. */
  readonly viewFor?: (hello: Hello, view: string) => Promise<string>
  /** What the device may read instead of page after page; `undefined`: nothing is ready, or it is not far behind. */
  readonly snapshot?: (hello: Hello) => Promise<NonNullable<Welcome['more']>['snapshot']>
  /** A file that makes the wanted one of the one that the device has, where that is worth it. */
  readonly patch?: (wanted: Sha256, from: Sha256) => Promise<Patch['patch'] | undefined>
  /** Of one session: files that the device sends. */
  readonly uploads: (deviceId: DeviceId) => {
    readonly answer: (message: Offer | Piece) => Promise<Result<Have, Fault>>
  }
  /** Whether the feed names this file to the device; absent: every file is for all. */
  readonly mayFetch?: (deviceId: DeviceId, sha256: Sha256) => Promise<boolean>
  /** The device heard its order. */
  readonly told?: (order: SignedOrder) => Promise<void>
  /** How long nothing more is to be read from the device; absent: it may send what it likes. */
  readonly take?: (deviceId: DeviceId, sizeBytes: number) => number
  readonly report: (deviceId: DeviceId, reports: readonly DeviceReport[]) => Promise<void>
  readonly crashPoint: (name: string) => void
  /** Lets others be served; absent: nobody waits. */
  readonly nextTurn?: () => Promise<void>
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
  /** Of keys or of what is fresh there is something new. */
  readonly tellTrust: () => void
  readonly refuse: (reason: Fault) => Promise<void>
  readonly deviceId: () => DeviceId | undefined
  /** What both sides speak; 0 before the device has said it. */
  readonly protocol: () => number
}

const MAX_PAUSE_MS = 10_000
/** How much a device may have on its way unacked. */
const CREDIT_BYTES = 512_000
const MAX_WAITING_FRAMES = 8
/** Of one session; beyond it each piece is looked up again. */
const MOST_FILES = 1_000
/** Of a device that have been read and are not committed. */
const MAX_STORING_BATCHES = 8
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
  let device: Admitted | undefined
  let clockAheadMs = 0
  const { projectId, collectorId } = needs
  const challenge = { nonce: newNonce(), projectId, collectorId, serverTimeMs: needs.now() }
  const waiting: Uint8Array[] = []
  const memory = createFrameMemory()
  const queue = createSendQueue({ send: (frame, taken) => void line.send(frame).then(taken, taken) })
  let isBusy = false
  let isWelcomed = false
  let untold: number | undefined
  let acks: Promise<unknown> = Promise.resolve()
  let storing = 0
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
    // It answered the challenge, half a round trip ago.
    const nowMs = needs.now()
    clockAheadMs = Math.round(said.clockMs + Math.max(0, nowMs - challenge.serverTimeMs) / 2 - nowMs)
    state = step(gateTable, state, 'greeted')
    return ok(undefined)
  }

  const prove = async (answer: string): Promise<Result<Down | undefined, Fault>> => {
    if (hello === undefined || device === undefined) throw new Error('a proof of nothing')
    if (!verifyChallenge(device.publicKey, challenge, answer)) return err(fault('sync.bad-signature', 'challenge'))
    state = step(gateTable, state, 'proved')
    // From here on whoever revokes the device finds this session; who did so since its greeting did not.
    const still = await needs.admit(hello)
    if (!still.ok) return still
    device = still.value
    if (device.state === 'stolen') {
      await tellOrder(device)
      return err(fault('sync.device-revoked', device.deviceId))
    }
    await needs.welcome(hello, clockAheadMs)
    if (state === 'closed') return ok(undefined)
    events.opened(device.deviceId)
    return ok({
      type: 'welcome',
      epoch: needs.epoch,
      ...(await needs.marks(hello.storeId)),
      serverTimeMs: needs.now(),
      feedNumber: device.state === 'left' ? 0 : await needs.feedNumber(),
      creditBytes: CREDIT_BYTES,
      maxFrameBytes: MAX_FRAME_BYTES,
      ...(protocol() < PROTOCOL_WITH_MORE ? {} : { more: { ...more(), ...(await offer(hello)) } }),
    })
  }

  const tellOrder = async ({ order }: Admitted): Promise<void> => {
    if (order === undefined || protocol() < PROTOCOL_WITH_MORE) return
    await say({ type: 'order', order })
    await needs.told?.(order)
  }

  const more = (): NonNullable<Welcome['more']> => ({
    succession: needs.succession,
    view: device?.view ?? '',
    state: device?.state === 'left' ? 'left' : 'open',
    ...(protocol() < versions.protocol
      ? { notice: fault('wire.update-advised', `protocol ${protocol()}, here ${spoken(versions)}`) }
      : {}),
  })

  const offer = async (said: Hello): Promise<NonNullable<Welcome['more']>> => {
    if (device?.state === 'left') return {}
    const view = await needs.viewFor?.(said, device?.view ?? '')
    const snapshot = await needs.snapshot?.(said)
    const trust = protocol() < PROTOCOL_WITH_TRUST ? undefined : await needs.trust(said.more?.rootVersion ?? 0)
    const told = { ...(trust === undefined ? {} : { trust }), ...(snapshot === undefined ? {} : { snapshot }) }
    return view === undefined ? told : { ...told, view }
  }

  const voided = async (entry: VoidEntry): Promise<Result<Down, Fault>> => {
    if (hello === undefined || device === undefined) throw new Error('a void entry of nobody')
    const from = { deviceId: device.deviceId, storeId: hello.storeId }
    if (!isVoidProved(entry, { ...from, publicKey: device.publicKey })) return err(fault('sync.bad-signature', 'void'))
    await acks // in the order in which it was said
    const { results, durableUpto, safeUpto } = await needs.storeVoid({ ...from, entry })
    return ok({ type: 'ack', upto: entry.n, results: [...results], durableUpto, safeUpto, creditBytes: CREDIT_BYTES })
  }

  /** Stored in the order of arrival; while one batch commits, the next are read. */
  const store = async (batch: PushBatch): Promise<void> => {
    if (hello === undefined || device === undefined) throw new Error('a batch of nobody')
    const from = { deviceId: device.deviceId, storeId: hello.storeId }
    const { publicKey } = device
    const nextTurn = needs.nextTurn ?? (() => Promise.resolve())
    const submissions = await verifyPushBatchInTurns(batch, { ...from, publicKey }, nextTurn)
    if (state === 'closed') return undefined
    if (!submissions.ok) {
      await acks
      return refuse(submissions.error)
    }
    const stored = needs.ingest({
      ...from,
      submissions: submissions.value,
      head: batch.head,
      quarantined: device.state === 'left',
    })
    stored.catch(() => {}) // looked at in its turn
    const upto = batch.head.n
    storing += 1
    acks = acks
      .then(async () => {
        const { results, durableUpto, safeUpto } = await stored
        if (state === 'closed') return undefined
        await say({ type: 'ack', upto, results: [...results], durableUpto, safeUpto, creditBytes: CREDIT_BYTES })
        needs.crashPoint('collector.acked')
        return undefined
      })
      .catch(failed)
      .finally(() => (storing -= 1))
    if (storing >= MAX_STORING_BATCHES) await acks
  }

  const fetchable = new Set<string>()
  /** One look a file, not one a piece. */
  const mayFetch = async (sha256: Sha256): Promise<boolean> => {
    if (device === undefined || device.state !== 'active') return false
    if (fetchable.has(sha256) || needs.mayFetch === undefined) return true
    if (!(await needs.mayFetch(device.deviceId, sha256))) return false
    if (fetchable.size < MOST_FILES) fetchable.add(sha256)
    return true
  }

  const piece = async (want: Extract<Up, { type: 'want' }>): Promise<Result<Down, Fault>> => {
    const { sha256, offset, length, from } = want
    if (!(await mayFetch(sha256))) return err(fault('http.not-found', `no file has the hash ${sha256}`))
    const patch = from === undefined ? undefined : await needs.patch?.(sha256, from)
    if (patch !== undefined && from !== undefined) return ok({ type: 'patch', sha256, from, patch })
    const found = await needs.blob(sha256, { offset, length })
    if (found === undefined) return err(fault('http.not-found', `no file has the hash ${sha256}`))
    return ok({ type: 'chunk', sha256, offset, totalBytes: found.totalBytes, bytes: new Uint8Array(found.bytes) })
  }

  const answer = async (message: Exclude<Up, PushBatch>): Promise<Result<Down | undefined, Fault>> => {
    if (message.type === 'hello') return greet(message)
    if (message.type === 'auth') return prove(message.answer)
    if (message.type === 'want') return piece(message)
    if (message.type === 'ping') return ok({ type: 'pong' })
    if (device === undefined) throw new Error('a device without a name')
    if (message.type === 'void') return voided(message)
    if (message.type === 'offer' || message.type === 'piece')
      return (uploads ??= needs.uploads(device.deviceId)).answer(message)
    if (message.type === 'pull' && device.state === 'left') return ok(nothing(needs.epoch, message.from))
    if (message.type === 'pull') {
      const page = await needs.page(device, message.from, message.maxBytes, message.namedUpto)
      if (page === null) return err(fault('sync.view-changed', device.deviceId))
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
    if (message.value.type === 'push') return store(message.value)
    const reply = await answer(message.value)
    if (!reply.ok) return refuse(reply.error)
    if (reply.value === undefined) return
    await say(reply.value, message.value.type === 'want' ? message.value.use : undefined)
    if (reply.value.type !== 'welcome' || device === undefined) return
    isWelcomed = true
    await tellOrder(device)
    if (untold !== undefined) hint(untold)
  }

  /** A device that still waits for its welcome hears of it after that. */
  const hint = (feedNumber: number) => {
    untold = isWelcomed ? undefined : feedNumber
    if (isWelcomed && state === 'open' && device?.state === 'active')
      say({ type: 'hint', feedNumber }).catch(events.failed)
  }

  const tellTrust = () => {
    if (!isWelcomed || state !== 'open' || hello === undefined || protocol() < PROTOCOL_WITH_TRUST) return
    // What it has learnt meanwhile it passes over.
    const news = needs.trust(hello.more?.rootVersion ?? 0)
    news.then(trust => say({ type: 'trust', trust })).catch(events.failed)
  }

  /** The message was neither stored nor answered: the device sends it again. */
  const failed = (cause: unknown) => {
    events.failed(cause)
    return refuse(fault('http.internal'))
  }

  /** A device that sends more than its share is read from more slowly; it is told, and loses nothing. */
  const pace = async (sizeBytes: number): Promise<void> => {
    if (device === undefined || state !== 'open') return
    const waitMs = needs.take?.(device.deviceId, sizeBytes) ?? 0
    if (waitMs === 0) return
    line.pause()
    await say({ type: 'pause', retryAfterMs: Math.min(waitMs, MAX_PAUSE_MS) })
    await new Promise(settle => void setTimeout(settle, Math.min(waitMs, MAX_PAUSE_MS)).unref())
    line.resume()
  }

  const drain = async () => {
    for (let frame = waiting.shift(); frame !== undefined; frame = waiting.shift()) {
      await pace(frame.length)
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
    hint,
    tellTrust,
    hear: frame => {
      if (state === 'closed') return
      waiting.push(frame)
      if (waiting.length >= MAX_WAITING_FRAMES) line.pause()
      if (isBusy) return
      isBusy = true
      drain()
        .catch(failed)
        .finally(() => (isBusy = false))
    },
  }
}

/** No checkpoint moves by it, so that a device that is taken back misses nothing. */
const nothing = (epoch: number, { number }: Checkpoint): Page => ({
  type: 'page',
  epoch,
  from: number,
  to: number,
  rows: [],
  checksum: pageChecksum([]),
  more: false,
})

const spoken = ({ protocol, minProtocol }: { readonly protocol: number; readonly minProtocol: number }): string =>
  minProtocol === protocol ? `${protocol}` : `${minProtocol} to ${protocol}`
