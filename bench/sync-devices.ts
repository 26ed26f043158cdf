/**
 * Many devices in one process: each has its own key, certificate and WebSocket, and no store.
 * Idle ones say that they are alive; active ones send an interview a second.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DeviceId, StoreId } from '@murram/ground'
import { answerChallenge, chainHead, createSigningKey, keyIdOf, type SigningKey } from '@murram/seal'
import { createFrameMemory, decodeDown, encodeUp, fillBatch, signHead, type Up } from '@murram/wire'
import { WebSocket } from 'ws'
import { makeSubmissions } from './sync-fixtures.ts'
import { servePart } from './sync-processes.ts'

interface Device {
  readonly key: SigningKey
  readonly socket: WebSocket
  readonly storeId: StoreId
  readonly deviceId: DeviceId
  readonly memory: ReturnType<typeof createFrameMemory>
  n: number
  chain: string
  acked: number
}

type Certificate = Extract<Up, { type: 'hello' }>['certificate']

const devices: Device[] = []
let active = 0

async function post<T>(url: string, body: unknown): Promise<T> {
  const headers = { Authorization: 'Bearer bench', 'Content-Type': 'application/json' }
  const reply = await fetch(url, { method: 'POST', body: JSON.stringify(body), headers })
  return (await reply.json()) as T
}

async function connect(url: string): Promise<Device> {
  const key = createSigningKey()
  const { token } = await post<{ token: string }>(`${url}/api/v1/enrolment-tokens`, { officer: 'Akello' })
  const asked = { token, publicKey: key.publicKey, officer: 'Akello' }
  const { certificate } = await post<{ certificate: Certificate }>(`${url}/api/v1/enrol`, asked)
  const deviceId = keyIdOf(key.publicKey) as DeviceId
  const storeId = randomBytes(16).toString('hex') as StoreId
  const socket = new WebSocket(`${url.replace('http', 'ws')}/sync`, { perMessageDeflate: false })
  const device: Device = { key, socket, storeId, deviceId, memory: createFrameMemory(), n: 0, chain: '', acked: 0 }
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', code => reject(new Error(`a device was closed with ${code}`)))
    socket.on('open', () => {
      const { projectId } = certificate.body
      const facts = { projectId, deviceId, storeId, certificate, protocol: 1, agentVersion: 'bench' }
      socket.send(encodeUp({ type: 'hello', ...facts, clockMs: Date.now(), lastN: 0 }))
    })
    socket.on('message', data => {
      const read = decodeDown(data as Buffer)
      if (!read.ok) return reject(new Error(read.error.fault))
      const message = read.value
      if (message.type === 'challenge')
        socket.send(encodeUp({ type: 'auth', answer: answerChallenge(key, message.challenge) }))
      else if (message.type === 'welcome') resolve()
      else if (message.type === 'ack') device.acked = message.upto
      else if (message.type === 'refused') reject(new Error(message.fault.fault))
    })
  })
  return device
}

function pushOne(device: Device): void {
  const { key, storeId, deviceId, memory } = device
  const [made] = makeSubmissions({ count: 1, seed: Math.floor(performance.now() * 1_000), deviceId, storeId })
  if (made === undefined) return
  const previous = device.chain
  device.n += 1
  device.chain = chainHead(previous, made.digest)
  const head = signHead(key, storeId, { n: device.n, previous, chain: device.chain })
  const filled = fillBatch([{ ...made, n: device.n }], { maxBytes: 16_000, memory, headOf: () => head })
  if (filled.ok) device.socket.send(filled.value.frame)
}

const beats = [
  setInterval(() => {
    for (const { socket } of devices) socket.send(encodeUp({ type: 'ping' }))
  }, 30_000),
  // Spread over the second, as they would be.
  setInterval(() => {
    const tenth = Math.floor(performance.now() / 100) % 10
    for (const [i, device] of devices.slice(0, active).entries()) if (i % 10 === tenth) pushOne(device)
  }, 100),
]

servePart(
  {
    open: async ({ url, count }: { url: string; count: number }) => {
      while (devices.length < count) {
        const more = Math.min(20, count - devices.length)
        devices.push(...(await Promise.all(Array.from({ length: more }, () => connect(url)))))
        await sleep(1)
      }
    },
    activate: (count: number) => {
      active = count
    },
    sent: () => ({
      open: devices.filter(({ socket }) => socket.readyState === WebSocket.OPEN).length,
      sent: devices.reduce((sum, { n }) => sum + n, 0),
      acked: devices.reduce((sum, { acked }) => sum + acked, 0),
    }),
  },
  async () => {
    for (const beat of beats) clearInterval(beat)
    for (const { socket } of devices) socket.terminate()
  },
)
