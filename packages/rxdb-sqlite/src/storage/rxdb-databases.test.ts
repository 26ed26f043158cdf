/**
 * Whole RxDatabases on this storage: several of one name in one process, databases that are
 * removed and made again, and the plugins of RxDB that lean on the storage.
 */
import { addRxPlugin, createRxDatabase, removeRxDatabase, type RxCollection, type RxDatabase } from 'rxdb'
import { RxDBAttachmentsPlugin } from 'rxdb/plugins/attachments'
import { wrappedAttachmentsCompressionStorage } from 'rxdb/plugins/attachments-compression'
import { RxDBCleanupPlugin } from 'rxdb/plugins/cleanup'
import { disableWarnings, RxDBDevModePlugin } from 'rxdb/plugins/dev-mode'
import { wrappedKeyEncryptionCryptoJsStorage } from 'rxdb/plugins/encryption-crypto-js'
import { wrappedKeyCompressionStorage } from 'rxdb/plugins/key-compression'
import { RxDBLeaderElectionPlugin } from 'rxdb/plugins/leader-election'
import { RxDBLocalDocumentsPlugin } from 'rxdb/plugins/local-documents'
import { RxDBMigrationSchemaPlugin } from 'rxdb/plugins/migration-schema'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'

import { rxTestStorage } from '../testing/rx-test-storage.ts'

disableWarnings()
for (const plugin of [
  // In dev-mode RxDB allows a second database of one name.
  RxDBDevModePlugin,
  RxDBAttachmentsPlugin,
  RxDBCleanupPlugin,
  RxDBLeaderElectionPlugin,
  RxDBLocalDocumentsPlugin,
  RxDBMigrationSchemaPlugin,
])
  addRxPlugin(plugin)

interface House {
  id: string
  village: string
  size?: number
}

const schema = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 40 },
    village: { type: 'string', maxLength: 40 },
    size: { type: 'number' },
  },
  required: ['id', 'village'],
  indexes: ['village'],
} as const

type Houses = RxDatabase<{ houses: RxCollection<House> }>

const opened: RxDatabase[] = []
let names = 0
const freshName = (): string => `survey${(names += 1)}`

async function openDatabase(name: string, storage = rxTestStorage.getStorage()): Promise<Houses> {
  const database = await createRxDatabase({
    name,
    storage,
    multiInstance: true,
    ignoreDuplicate: true,
    localDocuments: true,
    password: 'a password of some length',
  })
  opened.push(database)
  return database as unknown as Houses
}

async function openHouses(
  name: string,
  storage = rxTestStorage.getStorage(),
  houses: object = { schema, localDocuments: true },
): Promise<Houses> {
  const database = await openDatabase(name, storage)
  await database.addCollections({ houses } as never)
  return database
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map(async database => database.close()))
})
afterAll(() => rxTestStorage[Symbol.dispose]())

describe('two databases of one name', () => {
  test('what one writes, the other finds and hears of once', async () => {
    const name = freshName()
    const [one, other] = [await openHouses(name), await openHouses(name)]
    const heard: string[] = []
    other.houses.$.subscribe(({ operation, documentId }) => heard.push(`${operation} ${documentId}`))
    const sizes: (number | undefined)[] = []
    await one.houses.insert({ id: 'h1', village: 'Ada' })
    const there = (await other.houses.findOne('h1').exec())!
    there.$.subscribe(document => sizes.push(document.size))
    await (await one.houses.findOne('h1').exec(true)).incrementalPatch({ size: 4 })
    await vi.waitFor(() => expect(sizes).toEqual([undefined, 4]))
    await there.getLatest().remove()
    await vi.waitFor(() => expect(heard).toEqual(['INSERT h1', 'UPDATE h1', 'DELETE h1']))
    expect(await one.houses.find().exec()).toEqual([])
  })

  test('writes to one document from both are told apart by revision, and none is lost', async () => {
    const name = freshName()
    const [one, other] = [await openHouses(name), await openHouses(name)]
    await one.houses.insert({ id: 'h1', village: 'Ada', size: 0 })
    const grow = async (database: Houses) =>
      (await database.houses.findOne('h1').exec(true)).incrementalModify(house => ({ ...house, size: house.size! + 1 }))
    await Promise.all(Array.from({ length: 10 }, async (_, i) => grow(i % 2 === 0 ? one : other)))
    await vi.waitFor(async () => expect((await other.houses.findOne('h1').exec(true)).size).toBe(10))
  })

  test('closing one leaves the other at work', async () => {
    const name = freshName()
    const [one, other] = [await openHouses(name), await openHouses(name)]
    await one.close()
    await other.houses.insert({ id: 'h1', village: 'Ada' })
    expect(await other.houses.count().exec()).toBe(1)
  })

  test('a collection that is removed in one is closed in the other', async () => {
    const name = freshName()
    const [one, other] = [await openHouses(name), await openHouses(name)]
    const there = other.houses
    await one.houses.insert({ id: 'h1', village: 'Ada' })
    await one.houses.remove()
    await vi.waitFor(() => expect(there.closed).toBe(true))
  })

  test('a database that is removed in one closes without complaint in the other, and comes back empty', async () => {
    const name = freshName()
    const [one, other] = [await openHouses(name), await openHouses(name)]
    await one.houses.insert({ id: 'h1', village: 'Ada' })
    await one.insertLocal('note', { text: 'x' })
    await one.remove()
    await expect(other.close()).resolves.toBe(true)
    const again = await openHouses(name)
    expect(await again.houses.find().exec()).toEqual([])
    expect(await again.getLocal('note')).toBeNull()
  })

  test('a database may be removed from both at once', async () => {
    const name = freshName()
    const [one, other] = [await openHouses(name), await openHouses(name)]
    await one.houses.insert({ id: 'h1', village: 'Ada' })
    await Promise.all([one.remove(), other.remove()])
    expect(await (await openHouses(name)).houses.find().exec()).toEqual([])
  })

  test('local documents are seen from both and outlive closing', async () => {
    const name = freshName()
    const [one, other] = [await openHouses(name), await openHouses(name)]
    await one.insertLocal('settings', { language: 'fr' })
    await one.houses.insertLocal('cursor', { at: 3 })
    expect((await other.getLocal('settings'))!.get('language')).toBe('fr')
    await Promise.all([one.close(), other.close()])
    const again = await openHouses(name)
    expect((await again.houses.getLocal('cursor'))!.get('at')).toBe(3)
  })

  test('one of them leads, and the other once the first is closed', async () => {
    const name = freshName()
    const [one, other] = [await openDatabase(name), await openDatabase(name)]
    const leader = await Promise.race(
      [one, other].map(async database => (await database.waitForLeadership(), database)),
    )
    expect([one.isLeader(), other.isLeader()].filter(Boolean)).toHaveLength(1)
    const follower = leader === one ? other : one
    await leader.close()
    await follower.waitForLeadership()
    expect(follower.isLeader()).toBe(true)
  })
})

describe('databases that go and come back', () => {
  test('a database is removed by its name while nobody has it open', async () => {
    const name = freshName()
    const database = await openHouses(name)
    await database.houses.insert({ id: 'h1', village: 'Ada' })
    await database.close()
    expect(await removeRxDatabase(name, rxTestStorage.getStorage(), true, 'a password of some length')).toEqual([
      'houses',
    ])
    expect(await (await openHouses(name)).houses.find().exec()).toEqual([])
  })

  test('a newer schema takes the documents and their attachments over and leaves nothing of the old version', async () => {
    const name = freshName()
    const attachments = {}
    const old = await openHouses(name, undefined, { schema: { ...schema, attachments } })
    await old.houses.bulkInsert(Array.from({ length: 120 }, (_, i) => ({ id: `h${i}`, village: 'Ada' })))
    await (
      await old.houses.findOne('h7').exec(true)
    ).putAttachment({
      id: 'roof.txt',
      data: new Blob(['tin']),
      type: 'text/plain',
    })
    await old.close()
    const next = await openHouses(name, undefined, {
      schema: { ...schema, attachments, version: 1 },
      migrationStrategies: { 1: (house: House) => (house.id === 'h0' ? null : { ...house, size: 1 }) },
    })
    expect(await next.houses.count({ selector: { village: 'Ada' } }).exec()).toBe(119)
    const seventh = await next.houses.findOne('h7').exec(true)
    expect([seventh.size, await seventh.getAttachment('roof.txt')!.getStringData()]).toEqual([1, 'tin'])
    const left = await rxTestStorage.getPerformanceStorage().storage.createStorageInstance<House>({
      databaseInstanceToken: 'test',
      databaseName: name,
      collectionName: 'houses',
      schema: next.houses.schema.jsonSchema,
      options: {},
      multiInstance: false,
      devMode: false,
    })
    expect((await left.getChangedDocumentsSince!(500)).documents).toHaveLength(119)
    await left.close()
  })
})

describe('what other plugins put on top', () => {
  test('short keys, encrypted fields and compressed attachments come back as they went in', async () => {
    const name = freshName()
    const storage = wrappedKeyCompressionStorage({
      storage: wrappedAttachmentsCompressionStorage({
        storage: wrappedKeyEncryptionCryptoJsStorage({ storage: rxTestStorage.getStorage() }),
      }),
    })
    const houses = {
      schema: {
        ...schema,
        keyCompression: true,
        encrypted: ['size'],
        attachments: { encrypted: true, compression: 'gzip' },
      },
    }
    const text = 'door '.repeat(400)
    const database = await openHouses(name, storage, houses)
    const house = await database.houses.insert({ id: 'h1', village: 'Ada', size: 3 })
    await house.putAttachment({ id: 'plan.txt', data: new Blob([text], { type: 'text/plain' }), type: 'text/plain' })
    await database.close()
    const again = await openHouses(name, storage, houses)
    const [found] = await again.houses.find({ selector: { village: { $gt: 'A' } }, sort: [{ village: 'asc' }] }).exec()
    expect(found!.size).toBe(3)
    expect(await found!.getAttachment('plan.txt')!.getStringData()).toBe(text)
  })

  test('the cleanup plugin takes deleted documents and leaves the others', async () => {
    const database = await openHouses(freshName())
    await database.houses.bulkInsert([
      { id: 'h1', village: 'Ada' },
      { id: '🏠 é', village: '🏠' },
    ])
    await (await database.houses.findOne('h1').exec(true)).remove()
    await database.houses.cleanup(0)
    expect(await database.houses.storageInstance.findDocumentsById(['h1', '🏠 é'], true)).toMatchObject([
      { id: '🏠 é' },
    ])
    expect(await database.houses.find({ selector: { village: { $ne: 'x' } } }).exec()).toHaveLength(1)
  })
})
