/**
 * One side of a peer of the sync benchmark, in a process of its own and on a disk:
 *
 *   pouchdb   PouchDB 9 on LevelDB → express-pouchdb, PouchDB 9 on LevelDB
 *   rxdb      RxDB's websocket replication, our encrypted and fsynced storage on both sides
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DeviceId, StoreId } from '@murram/ground'
import { getRxStorageSqlite, openEncrypted } from '@murram/rxdb-sqlite'
import { createRxDatabase, type RxCollection, type RxJsonSchema } from 'rxdb'
import { replicateWithWebsocketServer, startWebsocketServer } from 'rxdb/plugins/replication-websocket'
import { makeSubmissions } from './sync-fixtures.ts'
import { countSockets, servePart } from './sync-processes.ts'

const BATCH = 100
const dataDir = mkdtempSync(join(tmpdir(), 'murram-bench-peer-'))
const bytes = countSockets()
const closers: (() => Promise<unknown> | void)[] = []

interface Survey {
  readonly id: string
  readonly answers: Readonly<Record<string, string>>
  readonly assessment: Readonly<Record<string, unknown>> | null
}

interface Peer {
  /** @returns its address */
  readonly serve: () => Promise<string>
  readonly save: (surveys: readonly Survey[]) => Promise<void>
  /** Goes on over cuts; resolves when it says that all is sent. @returns how to stop it */
  readonly push: (address: string) => Promise<() => Promise<unknown> | void>
  readonly count: () => Promise<number>
}

const surveys = (count: number): Survey[] =>
  makeSubmissions({
    count,
    seed: Date.now(),
    deviceId: 'a'.repeat(32) as DeviceId,
    storeId: 'b'.repeat(32) as StoreId,
  }).map(({ instanceId, answers, assessment }) => ({ id: instanceId, answers, assessment }))

const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

async function openPouch(): Promise<Peer> {
  const { default: PouchDB } = await import('pouchdb')
  const OnDisk = PouchDB.defaults({ prefix: `${dataDir}/` })
  const local = new OnDisk('surveys')
  closers.push(() => local.close())
  return {
    serve: async () => {
      const { default: express } = await import('express')
      const { default: expressPouchDb } = await import('express-pouchdb')
      const app = express()
      app.use(
        '/',
        expressPouchDb(OnDisk, { mode: 'minimumForPouchDB', inMemoryConfig: true, logPath: join(dataDir, 'log') }),
      )
      const port = await freePort()
      await new Promise<void>(resolve => {
        const server = app.listen(port, '127.0.0.1', resolve)
        closers.push(() => server.closeAllConnections())
      })
      return `http://127.0.0.1:${port}`
    },
    save: async all => {
      for (let at = 0; at < all.length; at += 500)
        await local.bulkDocs(all.slice(at, at + 500).map(({ id, ...rest }) => ({ _id: id, ...rest })))
    },
    push: address =>
      new Promise((resolve, reject) => {
        const options = { batch_size: BATCH, retry: true, live: true }
        const replication = local.replicate.to(`${address}/surveys`, options)
        replication.on('error', reject)
        // Told "paused" without an error, it waits for new documents: everything is there.
        replication.on('paused', error => {
          if (error === undefined) resolve(() => replication.cancel())
        })
      }),
    count: async () => (await local.info()).doc_count,
  }
}

const schema: RxJsonSchema<Survey> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 64 },
    answers: { type: 'object', additionalProperties: true },
    assessment: { type: ['object', 'null'], additionalProperties: true },
  },
  required: ['id', 'answers'],
}

async function openRxdb(): Promise<Peer> {
  const path = join(dataDir, 'store.sqlite')
  const opened = openEncrypted({ path, key: randomBytes(32), create: true })
  if (!opened.ok) throw new Error(opened.error.fault)
  const storage = getRxStorageSqlite({ database: opened.value })
  const database = await createRxDatabase({ name: 'surveys', storage, multiInstance: false })
  const { surveys: collection } = await database.addCollections<{ surveys: RxCollection<Survey> }>({
    surveys: { schema },
  })
  closers.push(
    () => database.close(),
    () => opened.value.close(),
  )
  return {
    serve: async () => {
      const port = await freePort()
      const server = startWebsocketServer({ database, port, path: '/' })
      closers.unshift(() => server.close())
      return `ws://127.0.0.1:${port}/`
    },
    save: async all => {
      for (let at = 0; at < all.length; at += 500) await collection.bulkInsert(all.slice(at, at + 500))
    },
    push: async address => {
      const replication = await replicateWithWebsocketServer({
        replicationIdentifier: 'bench',
        collection,
        url: address,
        batchSize: BATCH,
        live: true,
      })
      await replication.awaitInSync()
      return () => replication.cancel()
    },
    count: () => collection.count().exec(),
  }
}

let peer: Peer | undefined
const opened = (): Peer => {
  if (peer === undefined) throw new Error('no peer is open')
  return peer
}

servePart(
  {
    open: async (name: 'pouchdb' | 'rxdb') => {
      peer = await (name === 'pouchdb' ? openPouch() : openRxdb())
    },
    serve: () => opened().serve(),
    fill: async (count: number) => {
      const all = surveys(count)
      await opened().save(all)
      return all.reduce((sum, one) => sum + JSON.stringify(one.answers).length, 0) / count
    },
    push: async ({ address, deadlineMs }: { address: string; deadlineMs: number }) => {
      const startMs = performance.now()
      const end = await Promise.race([opened().push(address), sleep(deadlineMs, undefined, { ref: false })])
      const ms = performance.now() - startMs
      await end?.()
      return ms
    },
    count: () => opened().count(),
    bytes,
  },
  async () => {
    for (const close of closers) await close()
    rmSync(dataDir, { recursive: true, force: true })
  },
)
