/**
 * A device that speaks wire over a real socket, and nothing more: it keeps no store, so a test
 * can make it repeat, fork, lie and fall silent. For tests only.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import type { Checkpoint, DeviceId, FormId, InstanceId, StoreId } from '@murram/ground'
import { submissionDigest, type Stamp, type Submission } from '@murram/fold'
import {
  answerChallenge,
  chainHead,
  createSigningKey,
  keyIdOf,
  newSalt,
  toBase64Url,
  type SigningKey,
} from '@murram/seal'
import {
  decodeDown,
  encodeUp,
  PROTOCOL_VERSION,
  signHead,
  toPushBatch,
  type Down,
  type PushHead,
  type Up,
} from '@murram/wire'
import { WebSocket } from 'ws'
import type { EnrolReply } from './http/api-types.ts'
import type { TestApi } from './test-collector.ts'

type Of<T extends Down['type']> = Extract<Down, { type: T }>

export interface TestDevice extends AsyncDisposable {
  readonly key: SigningKey
  readonly deviceId: DeviceId
  readonly storeId: StoreId
  readonly enrolment: EnrolReply
  /** Opens a socket and proves the key. */
  connect(
    options?: Partial<Extract<Up, { type: 'hello' }>> & {
      readonly answerWith?: SigningKey
      /** What happens between its greeting and its proof. */
      readonly beforeProof?: () => Promise<void>
    },
  ): Promise<Of<'welcome'>>
  /** As the next ones of this store, unless `n` is given. */
  readonly make: (parts: Partial<Submission> & { readonly answers: Submission['answers'] }) => Submission
  readonly push: (submissions: readonly Submission[]) => Promise<Of<'ack'>>
  /** Makes and pushes one. */
  submit(
    parts: Partial<Submission> & { readonly answers: Submission['answers'] },
  ): Promise<Of<'ack'> & { submission: Submission }>
  readonly pull: (from: Checkpoint, maxBytes?: number) => Promise<Of<'page'>>
  readonly send: (message: Up) => void
  readonly sendRaw: (frame: Uint8Array) => void
  /** The next message of the type; fails on `refused` and on a close. */
  readonly next: <T extends Down['type']>(type: T) => Promise<Of<T>>
  readonly closed: () => Promise<number>
  readonly disconnect: () => Promise<void>
}

export interface TestDeviceOptions {
  readonly collector: TestApi & { readonly url: string }
  readonly officer?: string
  readonly key?: SigningKey
  readonly storeId?: StoreId
  /** Stamps count from here, one millisecond each. */
  readonly clockMs?: number
}

export async function enrolTestDevice(options: TestDeviceOptions): Promise<TestDevice> {
  const { collector, officer = 'Amina' } = options
  const key = options.key ?? createSigningKey()
  const token = await collector.post<{ token: string }>('/enrolment-tokens', { officer })
  const enrolled = await collector.post<EnrolReply>('/enrol', {
    token: token.body.token,
    publicKey: key.publicKey,
    officer,
  })
  if (enrolled.status !== 200) throw new Error(JSON.stringify(enrolled.body))
  return createTestDevice({ ...options, key, enrolment: enrolled.body })
}

export function createTestDevice(
  options: TestDeviceOptions & { readonly key: SigningKey; readonly enrolment: EnrolReply },
): TestDevice {
  const { collector, key, enrolment } = options
  const deviceId = keyIdOf(key.publicKey) as DeviceId
  const storeId = options.storeId ?? (randomBytes(16).toString('hex') as StoreId)
  let socket: WebSocket | undefined
  let inbox: Down[] = []
  let waiters: (() => void)[] = []
  let closeCode: number | undefined
  let lastN = 0
  let clockMs = options.clockMs ?? Date.now() - 1_000_000
  const chains = new Map<number, string>([[0, '']])

  const wake = () => {
    const woken = waiters
    waiters = []
    for (const waiter of woken) waiter()
  }
  const changed = () => new Promise<void>(settle => waiters.push(settle))

  const next = async <T extends Down['type']>(type: T): Promise<Of<T>> => {
    for (;;) {
      const found = inbox.find(message => message.type === type || message.type === 'refused')
      if (found !== undefined) {
        inbox = inbox.filter(message => message !== found)
        if (found.type !== type) throw new Error(`refused: ${JSON.stringify(found)}`)
        return found as Of<T>
      }
      if (closeCode !== undefined) throw new Error(`closed with ${closeCode}`)
      await changed()
    }
  }
  const send = (message: Up) => socket?.send(encodeUp(message))

  const headAfter = (submissions: readonly Submission[]): PushHead => {
    const [first] = submissions
    if (first === undefined) throw new Error('nothing to push')
    const previous = chains.get(first.n - 1) ?? ''
    let chain = previous
    for (const { n, digest } of submissions) {
      chain = chainHead(chain, digest)
      chains.set(n, chain)
    }
    return signHead(key, storeId, { n: submissions.at(-1)?.n ?? 0, previous, chain })
  }

  const device: TestDevice = {
    key,
    deviceId,
    storeId,
    enrolment,
    next,
    send: message => send(message),
    sendRaw: frame => socket?.send(frame),
    connect: async ({ answerWith = key, beforeProof, ...hello } = {}) => {
      inbox = []
      closeCode = undefined
      const opened = new WebSocket(`${collector.url.replace('http', 'ws')}/sync`, { perMessageDeflate: false })
      socket = opened
      opened.on('message', (data: Buffer) => {
        if (socket !== opened) return // of a session that this one has replaced
        const message = decodeDown(data)
        if (!message.ok) throw new Error(`the collector said what wire does not know: ${JSON.stringify(message.error)}`)
        inbox.push(message.value)
        wake()
      })
      opened.on('close', code => {
        if (socket === opened) closeCode = code
        wake()
      })
      opened.on('error', () => {})
      await new Promise<void>((settle, fail) => {
        opened.once('open', () => settle())
        opened.once('error', fail)
      })
      const said = { protocol: PROTOCOL_VERSION, agentVersion: 'test', clockMs: Date.now(), lastN, ...hello }
      const certificate = enrolment.certificate as Extract<Up, { type: 'hello' }>['certificate']
      const { projectId } = certificate.body
      const { challenge } = await next('challenge')
      send({ type: 'hello', projectId, deviceId, storeId, certificate, ...said })
      await beforeProof?.()
      send({ type: 'auth', answer: answerChallenge(answerWith, challenge) })
      return next('welcome')
    },
    make: parts => {
      const n = parts.n ?? (lastN += 1)
      clockMs += 1
      const submission = {
        formId: 'household' as FormId,
        version: '1',
        instanceId: `uuid:${randomUUID()}` as InstanceId,
        audit: null,
        assessment: null,
        attachments: [],
        deviceId,
        storeId,
        n,
        stamp: `${clockMs.toString(16).padStart(12, '0')}-0000-${deviceId.slice(0, 8)}` as Stamp,
        base: {},
        deprecatedId: null,
        salt: toBase64Url(newSalt()),
        ...parts,
      }
      return { ...submission, digest: submissionDigest(submission) }
    },
    push: async submissions => {
      send(toPushBatch(submissions, headAfter(submissions)))
      return next('ack')
    },
    submit: async parts => {
      const submission = device.make(parts)
      return { ...(await device.push([submission])), submission }
    },
    pull: async (from, maxBytes = 500_000) => {
      send({ type: 'pull', from, maxBytes })
      return next('page')
    },
    closed: async () => {
      while (closeCode === undefined) await changed()
      return closeCode
    },
    disconnect: async () => {
      if (socket === undefined || closeCode !== undefined) return
      socket.close()
      await device.closed()
    },
    [Symbol.asyncDispose]: () => device.disconnect(),
  }
  return device
}

/** What a form with entities puts beside the answers of a household. */
export const namingEntity = (
  entityId: string,
  action: 'create' | 'update',
  label?: string,
): Readonly<Record<string, string>> => ({
  'meta/entity@id': entityId,
  [`meta/entity@${action}`]: '1',
  ...(label === undefined ? {} : { 'meta/entity/label': label }),
})
