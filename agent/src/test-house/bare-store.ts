/**
 * The agent's tables on any SQLite connection: the same storage, transaction hook and outbox,
 * without RxDB's registry of open collections, which allows one process only a few agents. For
 * tests that run many agents side by side.
 *
 * Not here: the encrypted file (`store/open-store.ts`). A dead agent's connection is closed by
 * whoever opened it.
 */
import { getRxStorageSqlite, type SqliteHandle } from '@murram/rxdb-sqlite'
import {
  fillWithDefaultSettings,
  getWrappedStorageInstance,
  normalizeMangoQuery,
  prepareQuery,
  type MangoQuery,
  type RxDocumentData,
  type RxJsonSchema,
} from 'rxdb'
import { NEVER } from 'rxjs'
import { openOutboxTable, type OutboxTable } from '../queue/outbox-table.ts'
import { collectionSchemas, type AgentCollections, type SubmissionDoc } from '../store/collections.ts'
import { openDeviceValues, type DeviceValues } from '../store/device-values.ts'
import type { Store } from '../store/open-store.ts'

export type Connection = SqliteHandle['connection']

export interface BareStore extends Pick<Store, 'database' | 'collections' | 'alongside'> {
  readonly values: DeviceValues
  readonly outbox: OutboxTable
  /** Saves a submission as `capture` does: its outbox row is in the same transaction. */
  readonly save: (doc: SubmissionDoc) => Promise<void>
}

export interface BareStoreDeps {
  readonly connection: Connection
  /** Runs each write of the storage; a test may let it fail, or die before or after it. */
  readonly around: <T>(collection: string, write: () => Promise<T>) => Promise<T>
  /** Inside the transaction of a new submission. */
  readonly inTransaction: (doc: SubmissionDoc) => void
}

export async function openBareStore({ connection, around, inTransaction }: BareStoreDeps): Promise<BareStore> {
  const handle: SqliteHandle = {
    path: ':memory:',
    connection,
    openedWith: 'key',
    collections: new Map(),
    close: () => connection.close(),
  }
  const values = openDeviceValues(handle)
  const outbox = openOutboxTable(handle, values)
  const acts = new Map<string, () => void>()
  const storage = getRxStorageSqlite({
    database: handle,
    inTransaction: (_, { collection, rows }, context) => {
      acts.get(context)?.()
      acts.delete(context)
      if (collection !== 'submissions') return
      for (const { document, previous } of rows) {
        if (previous !== undefined) continue
        const doc = document as unknown as SubmissionDoc
        const { body, savedAtMs } = doc
        outbox.append(body.submission, savedAtMs)
        values.set('clock.last', body.submission.stamp)
        inTransaction(doc)
      }
    },
  })

  const open = async <T>(name: string, schema: RxJsonSchema<T>) => {
    const filled: RxJsonSchema<RxDocumentData<T>> = fillWithDefaultSettings(schema)
    const bare = await storage.createStorageInstance<T>({
      databaseInstanceToken: name,
      databaseName: 'bare',
      collectionName: name,
      schema: filled,
      options: {},
      multiInstance: false,
      devMode: false,
    })
    const database = { token: 'bare', storageInstances: new Set(), lockedRun: (run: () => unknown) => run() }
    const wrapped = getWrappedStorageInstance<T, unknown, unknown, unknown>(
      database as never,
      bare as never,
      schema as never,
    )
    const storageInstance = {
      ...wrapped,
      bulkWrite: (...args: Parameters<typeof wrapped.bulkWrite>) => around(name, () => wrapped.bulkWrite(...args)),
    }
    return {
      storageInstance,
      eventBulks$: NEVER,
      find: (query: MangoQuery<T> = {}) => ({
        exec: async () => {
          const normalised = normalizeMangoQuery(filled, query as never)
          Object.assign(normalised.selector, { _deleted: { $eq: false } })
          const { documents } = await bare.query(prepareQuery(filled, normalised))
          return documents.map(document => ({ toJSON: () => document }))
        },
      }),
    }
  }
  const collections = {
    submissions: await open('submissions', collectionSchemas.submissions.schema),
    mirror: await open('mirror', collectionSchemas.mirror.schema),
    notes: await open('notes', collectionSchemas.notes.schema),
  } as unknown as AgentCollections

  let contexts = 0
  return {
    database: handle,
    collections,
    values,
    outbox,
    alongside: async (act, write) => {
      const context = `bare-alongside-${(contexts += 1)}`
      acts.set(context, act)
      try {
        await write(context)
        if (acts.has(context)) throw new Error('a write that should carry another wrote nothing')
      } finally {
        acts.delete(context)
      }
    },
    save: async doc => {
      const document = { ...doc, _deleted: false, _attachments: {}, _rev: '', _meta: { lwt: 1 } }
      const { error } = await collections.submissions.storageInstance.bulkWrite([{ document }], 'capture')
      const [first] = error
      if (first !== undefined) throw new Error(`not saved: ${first.status}`)
    },
  }
}
