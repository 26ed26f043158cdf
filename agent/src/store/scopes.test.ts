/**
 * A household that this device may not see any more is not on it any more: planted with a marker, it is
 * searched for through SQL in every table, and byte by byte in the deciphered file, free pages and all.
 */
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openEncrypted } from '@murram/rxdb-sqlite'
import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { openHere, saveHousehold, startTestAgent, testFolder, type TestAgent } from '../test-house/test-agent.ts'
import { entityBody, startTestCollector, type TestCollector } from '../test-house/test-collector.ts'
import { TEST_FORM_ID } from '../test-house/test-form.ts'
import { openDataKey, storePath } from './key-file.ts'

const MARKER = 'Zwartkopspruit-9912'
const HERE = '0000000a-0000-4000-8000-000000000000'
const THERE = '0000000b-0000-4000-8000-000000000000'

/** Where the marker is found in the store of an agent that is closed: tables, and the file itself. */
async function traces({ folder: { dataDir, key } }: TestAgent): Promise<readonly string[]> {
  const dataKey = unwrap(await openDataKey(dataDir, key))
  using copy = testFolder()
  for (const end of ['', '-wal'])
    if (existsSync(`${storePath(dataDir)}${end}`))
      cpSync(`${storePath(dataDir)}${end}`, join(copy.dataDir, `store.sqlite${end}`))
  const opened = openEncrypted({ path: join(copy.dataDir, 'store.sqlite'), key: dataKey, create: false })
  if (!opened.ok) throw new Error(opened.error.fault)
  const { connection } = opened.value
  const found: string[] = []
  for (const { name } of connection
    .prepare<[], { name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
    .all()) {
    const rows = connection.prepare(`SELECT * FROM "${name}"`).all()
    if (rows.some(row => JSON.stringify(row).includes(MARKER))) found.push(name)
  }
  connection.pragma('journal_mode = DELETE')
  connection.pragma(`rekey = ''`)
  opened.value.close()
  const bytes = readFileSync(join(copy.dataDir, 'store.sqlite'))
  expect(bytes.subarray(0, 15).toString()).toBe('SQLite format 3') // deciphered: the search means something
  if (bytes.includes(MARKER)) found.push('the file')
  return found
}

async function start(): Promise<{ collector: TestCollector; agent: TestAgent }> {
  const collector = await startTestCollector()
  collector.publishForm()
  collector.faults.view = 'both'
  collector.publish('entity', HERE, entityBody(HERE, { name: 'Asha', roof: 'iron' }))
  collector.publish('entity', THERE, entityBody(THERE, { name: MARKER, roof: MARKER }))
  return { collector, agent: await startTestAgent(collector) }
}

test('M4 what another view does not tell again is gone from every table and from the file', async () => {
  const { collector, agent } = await start()
  await using house = collector
  await using laptop = agent
  expect(await laptop.mirror.all('entity')).toHaveLength(2)
  await laptop.close()
  expect(await traces(laptop)).toEqual(expect.arrayContaining(['the file']))
  const again = unwrap(await openHere(laptop.folder))
  house.hide('entity', THERE)
  house.faults.view = 'one'
  unwrap(await again.sync.syncOnce())
  expect((await again.mirror.all('entity')).map(({ body }) => body.entityId)).toEqual([HERE])
  expect(await again.mirror.all('form')).toHaveLength(1)
  await again.close()
  expect(await traces(laptop)).toEqual([])
})

test('M4 a household that moved out of the scopes, told as gone, leaves no bytes either', async () => {
  const { collector, agent } = await start()
  await using house = collector
  await using laptop = agent
  house.publish('entity', THERE, null)
  unwrap(await laptop.sync.syncOnce())
  await laptop.close()
  expect(await traces(laptop)).toEqual([])
})

test('M2 M4 within one view absence deletes nothing; own drafts and own work stay under another view', async () => {
  const { collector, agent } = await start()
  await using house = collector
  await using laptop = agent
  house.hide('entity', THERE)
  unwrap(await laptop.sync.syncOnce())
  expect(await laptop.mirror.all('entity')).toHaveLength(2)
  await saveHousehold(laptop, 'Unsent', { roof: 'thatch' })
  const draft = unwrap(await laptop.capture.open(TEST_FORM_ID))
  unwrap(draft.answer('name', 'Half done'))
  await draft.save()
  house.faults.unknownForm = true
  house.faults.view = 'one'
  await laptop.sync.syncOnce()
  expect(await laptop.mirror.all('entity')).toHaveLength(1)
  expect(laptop.queue.summary()).toMatchObject({ refused: 1 })
  house.faults.unknownForm = false
  await laptop.close()
  const again = unwrap(await openHere(laptop.folder))
  expect(await again.collections.drafts.find().exec()).toHaveLength(1)
  unwrap(await again.sync.syncOnce())
  expect(house.stored().map(({ answers }) => answers['name'])).toEqual(['Unsent'])
  await again.close()
})

test('M4 a change of view that is cut in the middle ends where it would have ended', async () => {
  const { collector, agent } = await start()
  await using house = collector
  await using laptop = agent
  house.hide('entity', THERE)
  house.faults.view = 'one'
  // The welcome is heard, and the link ends before the last page.
  laptop.sync.start()
  await expect.poll(() => house.heard.filter(({ type }) => type === 'hello').length).toBeGreaterThan(1)
  house.cut()
  await laptop.sync.stop()
  unwrap(await laptop.sync.syncOnce())
  expect((await laptop.mirror.all('entity')).map(({ body }) => body.entityId)).toEqual([HERE])
})
