/**
 * An officer who takes photos, as a process of its own that can be killed: enrols, takes one
 * for each name that is asked, and stays in touch with whatever address it is given.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { enrolAgent, openAgent, type Agent } from '@murram/agent'
import { unwrap, type InstanceId } from '@murram/ground'
import { configOf, runHouse } from '../processes.ts'

export interface PhotoOfficerConfig {
  readonly dataDir: string
}
export interface TakenPhoto {
  readonly instanceId: InstanceId
  readonly name: string
  readonly bytes: Uint8Array
}

const { dataDir } = configOf<PhotoOfficerConfig>()
const key = { kind: 'key-file', path: join(dataDir, 'user.key') } as const
let opened: Agent | null = null

const open = async (): Promise<void> => {
  const machine = { now: Date.now, random: Math.random, uuid: randomUUID }
  opened = unwrap(await openAgent({ dataDir, key, allowDemo: true, ...machine }))
}
const agent = (): Agent => {
  if (opened === null) throw new Error('this officer is not enrolled yet')
  return opened
}

async function take({ sizeBytes }: { readonly sizeBytes: number }): Promise<TakenPhoto> {
  const capture = unwrap(await agent().capture.open('photos'))
  const bytes = new Uint8Array(randomBytes(sizeBytes))
  const inParts = async function* () {
    for (let at = 0; at < bytes.length; at += 30_000) yield bytes.subarray(at, at + 30_000)
  }
  const file = { mediaType: 'image/jpeg', bytes: inParts() }
  const { name } = unwrap(await agent().attachments.put(capture, 'house', file))
  const { instanceId } = unwrap(await capture.finalise())
  return { instanceId, name, bytes }
}

await runHouse(async () => {
  if (existsSync(join(dataDir, 'enrolment.json'))) await open()
  return {
    handlers: {
      enrol: async ({ collectorUrl, token }: { collectorUrl: string; token: string }) => {
        const options = { dataDir, collectorUrl, token, officer: 'Akello', key, allowDemo: true, now: Date.now }
        unwrap(await enrolAgent(options))
        await open()
        unwrap(await agent().sync.syncOnce())
      },
      take,
      connect: ({ url }: { url: string }) => {
        unwrap(agent().sync.start(url))
      },
      disconnect: () => agent().sync.stop(),
      awaiting: () => [...agent().attachments.awaiting().values()].reduce((sum, { bytesLeft }) => sum + bytesLeft, 0),
      waiting: () => agent().queue.summary().waiting,
      bytesUp: () => agent().sync.status().bytesUp,
    },
    close: async () => opened?.close(),
  }
})
