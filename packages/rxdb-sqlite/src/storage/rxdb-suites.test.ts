/**
 * RxDB's own suites over this storage: replication between collections through a server
 * collection, and the pass of its performance test, which checks what it reads.
 */
import { registerHooks } from 'node:module'

import {
  addRxPlugin,
  createRxDatabase,
  type ReplicationPushHandler,
  type RxCollection,
  type RxDatabase,
  type RxDocumentData,
} from 'rxdb'
import { RxDBAttachmentsPlugin } from 'rxdb/plugins/attachments'
import { disableWarnings, RxDBDevModePlugin } from 'rxdb/plugins/dev-mode'
import type { HumanDocumentType as Human } from 'rxdb/plugins/test-utils'
import { RxDBLocalDocumentsPlugin } from 'rxdb/plugins/local-documents'
import { replicateRxCollection } from 'rxdb/plugins/replication'
import { afterAll, describe, expect, it } from 'vitest'

import { rxTestStorage } from '../testing/rx-test-storage.ts'

registerHooks({
  resolve: (specifier, context, next) =>
    ['async-test-util', 'clone'].includes(specifier)
      ? { url: new URL('../testing/rxdb-suite-imports.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
})
// The suites look for mocha's globals when they are called.
Object.assign(globalThis, { describe, it })
const suites = await import('rxdb/plugins/test-utils')
disableWarnings()
addRxPlugin(RxDBDevModePlugin)
addRxPlugin(RxDBAttachmentsPlugin)
addRxPlugin(RxDBLocalDocumentsPlugin)

suites.setConfig({ storage: rxTestStorage })
const storage = rxTestStorage.getStorage()

let server: { readonly database: RxDatabase; readonly humans: RxCollection<Human> } | undefined

async function openServer(attachments: boolean): Promise<RxCollection<Human>> {
  const schema = attachments ? { ...suites.schemas.human, attachments: {} } : suites.schemas.human
  await server?.database.remove()
  const database = await createRxDatabase({ name: 'server', storage, multiInstance: false })
  const { humans } = await database.addCollections({ humans: { schema } })
  server = { database, humans: humans as RxCollection<Human> }
  return server.humans
}
const serverHumans = async (): Promise<RxCollection<Human>> => server?.humans ?? openServer(false)

/** The suite's own push handler names the attachments of a conflict without their data, with which no storage can resolve it. */
function pushHandler(remote: RxCollection<Human>): ReplicationPushHandler<Human> {
  const push = suites.getPushHandler(remote)
  return async rows => {
    const conflicts = await push(rows)
    for (const { passportId, _attachments = {} } of conflicts as RxDocumentData<Human>[])
      for (const [name, attachment] of Object.entries(_attachments))
        Object.assign(attachment, {
          data: await remote.storageInstance.getAttachmentData(passportId, name, attachment.digest),
        })
    return conflicts
  }
}

async function replicate(
  collection: RxCollection<Human>,
  options: { readonly live: boolean; readonly attachments?: boolean },
) {
  const remote =
    options.attachments === true && server?.humans.schema.jsonSchema.attachments === undefined
      ? await openServer(true)
      : await serverHumans()
  return replicateRxCollection<Human, unknown>({
    replicationIdentifier: 'suite',
    collection,
    live: options.live,
    retryTime: 100,
    pull: { handler: suites.getPullHandler(remote) as never, stream$: suites.getPullStream(remote) as never },
    push: { handler: pushHandler(remote) },
  })
}

afterAll(async () => {
  await server?.database.close()
  rxTestStorage[Symbol.dispose]()
})

describe('replication', () => {
  suites.runReplicationBaseTestSuite({
    startReplication: collection => replicate(collection, { live: true }),
    syncOnce: async collection => (await replicate(collection, { live: false })).awaitInitialReplication(),
    syncOnceWithAttachments: async collection =>
      (await replicate(collection, { live: false, attachments: true })).awaitInitialReplication(),
    getAllServerDocs: async () =>
      (await (await serverHumans()).storageInstance.getChangedDocumentsSince!(1_000)).documents,
    cleanUpServer: async () => {
      await openServer(false)
    },
    softDeletes: true,
    isDeleted: (document: { _deleted: boolean }) => document._deleted,
    getPrimaryOfServerDoc: (document: Human) => document.passportId,
    waitTime: 20,
  })
})

it('the performance test of RxDB reads what it wrote', async () => {
  const result = await suites.runPerformanceTests(storage, storage.name, {
    runs: 1,
    docsAmount: 600,
    serialDocsAmount: 10,
    waitBetweenTests: 0,
    log: false,
  })
  expect(result).toMatchObject({ docsAmount: 600 })
})
