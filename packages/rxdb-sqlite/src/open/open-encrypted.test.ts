import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'

import { spawnWriter } from '../testing/spawn.ts'
import { mustOpen, otherKey, type TemporaryStore, temporaryStore, testKey } from '../testing/temporary-store.ts'
import { find, insert, open } from '../testing/visit-steps.ts'
import { isPlainHeader } from './encrypted-connection.ts'
import { checkOf, keyCheckPath, readKeyCheck, writeKeyCheck } from './key-check.ts'
import { storeFaultOf } from './store-fault.ts'

const faultOf = (result: ReturnType<TemporaryStore['tryOpen']>): string | null => {
  if (!result.ok) return result.error.fault
  result.value.close()
  return null
}

/** A closed store with rows over many pages. */
async function filled(store: TemporaryStore): Promise<Buffer> {
  const instance = await open(store)
  await insert(
    instance,
    ...Array.from({ length: 200 }, (_, i) => ({ id: `visit-${i}`, age: i % 50, note: 'x'.repeat(500) })),
  )
  await instance.close()
  store.handle.close()
  return readFileSync(store.path)
}

describe('O1 what keeps a store from opening is told apart', () => {
  test('another key is a wrong key', async () => {
    using store = temporaryStore()
    await filled(store)
    expect(faultOf(store.tryOpen({ key: otherKey }))).toBe('store.wrong-key')
    expect(faultOf(store.tryOpen())).toBeNull()
  })

  test('a store that was cut off is damaged, wherever the cut', async () => {
    using store = temporaryStore()
    const bytes = await filled(store)
    for (const sizeBytes of [0, 1, 100, 4096, 8192, bytes.length / 2, bytes.length - 8192, bytes.length - 1]) {
      writeFileSync(store.path, bytes)
      truncateSync(store.path, sizeBytes)
      expect({ sizeBytes, fault: faultOf(store.tryOpen()) }).toEqual({ sizeBytes, fault: 'store.damaged' })
      expect({ sizeBytes, fault: faultOf(store.tryOpen({ key: otherKey })) }).toEqual({
        sizeBytes,
        fault: 'store.wrong-key',
      })
    }
  })

  test('a changed byte is damage, wherever it is', async () => {
    using store = temporaryStore()
    const bytes = await filled(store)
    for (let at = 16; at < bytes.length; at += 4099) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 0x10
      writeFileSync(store.path, changed)
      expect({ at, fault: faultOf(store.tryOpen({ verify: true })) }).toEqual({ at, fault: 'store.damaged' })
    }
  })

  test('a changed byte that the start did not see rejects the read, as damage', async () => {
    using store = temporaryStore()
    const bytes = await filled(store)
    const at = bytes.length - 8192 * 3 + 2000
    bytes[at]! ^= 1
    writeFileSync(store.path, bytes)
    const opened = store.tryOpen()
    if (!opened.ok) throw new Error('the changed page is one that every start reads; take another')
    store.handle = opened.value
    const failure: unknown = await open(store)
      .then(instance => find(instance, { selector: {} }))
      .catch((error: unknown) => error)
    expect(storeFaultOf(failure)).toMatchObject({ fault: 'store.damaged' })
  })

  test('a directory that is not there, or is none, is out of reach', () => {
    using store = temporaryStore()
    expect(faultOf(store.tryOpen({ path: join(store.directory, 'none', 'store.sqlite') }))).toBe(
      'store.directory-unreachable',
    )
    writeFileSync(join(store.directory, 'file'), '')
    expect(faultOf(store.tryOpen({ path: join(store.directory, 'file', 'store.sqlite') }))).toBe(
      'store.directory-unreachable',
    )
  })

  test('a store that another has open is in use: here, and in another process', async () => {
    using store = temporaryStore()
    expect(faultOf(store.tryOpen())).toBe('store.in-use')
    store.handle.close()
    const writer = spawnWriter(store.path)
    await writer.heard(1)
    expect(faultOf(store.tryOpen())).toBe('store.in-use')
    await writer.kill()
    expect(faultOf(store.tryOpen())).toBeNull()
  })

  test('a store that is there in the clear is refused', () => {
    using store = temporaryStore()
    store.handle.close()
    rmSync(store.path)
    new Database(store.path).exec('CREATE TABLE t (x)').close()
    expect(faultOf(store.tryOpen())).toBe('store.damaged')
  })

  test('no store and no wish to make one is no store', () => {
    using store = temporaryStore()
    const path = join(store.directory, 'other.sqlite')
    expect(faultOf(store.tryOpen({ path, create: false }))).toBe('store.damaged')
    expect(existsSync(path)).toBe(false)
  })
})

describe('O2 a refusal changes nothing', () => {
  test('neither the store nor its key check', async () => {
    using store = temporaryStore()
    const bytes = await filled(store)
    bytes[8192 * 2 + 100]! ^= 1
    writeFileSync(store.path, bytes)
    const check = readFileSync(keyCheckPath(store.path))
    store.tryOpen({ key: otherKey })
    store.tryOpen({ verify: true })
    expect(readFileSync(store.path).equals(bytes)).toBe(true)
    expect(readFileSync(keyCheckPath(store.path)).equals(check)).toBe(true)
  })
})

describe('O2 after a kill, with the key check gone as well', () => {
  test('a wrong key leaves the log with the last writes in its place', async () => {
    using store = temporaryStore()
    store.handle.close()
    const writer = spawnWriter(store.path, 0, 30)
    await writer.heard(Infinity, 'idle')
    await writer.kill()
    rmSync(keyCheckPath(store.path))
    expect(faultOf(store.tryOpen({ key: otherKey }))).toBe('store.wrong-key')
    store.handle = mustOpen(store.tryOpen())
    expect(await find(await open(store), { selector: {} })).toHaveLength(30)
  })
})

describe('O3 a store is never made over one that was there', () => {
  test('a store that is gone is not quietly made anew', async () => {
    using store = temporaryStore()
    await filled(store)
    rmSync(store.path)
    expect(faultOf(store.tryOpen())).toBe('store.damaged')
    expect(existsSync(store.path)).toBe(false)
  })

  test('the file never begins as a plain SQLite file does, not even new', () => {
    using store = temporaryStore()
    store.handle.close()
    expect(isPlainHeader(readFileSync(store.path))).toBe(false)
  })

  test('a lost key check is written again by who has the key, and by nobody else', async () => {
    using store = temporaryStore()
    await filled(store)
    rmSync(keyCheckPath(store.path))
    expect(faultOf(store.tryOpen({ key: otherKey }))).toBe('store.wrong-key')
    expect(readKeyCheck(store.path)).toBe('missing')
    expect(faultOf(store.tryOpen())).toBeNull()
    expect(faultOf(store.tryOpen({ key: otherKey }))).toBe('store.wrong-key')
    expect(readKeyCheck(store.path)).toMatchObject({ state: 'made' })
  })

  test('a changed key check locks out nobody who has the key, and lets nobody else in', async () => {
    using store = temporaryStore()
    await filled(store)
    const whole = readFileSync(keyCheckPath(store.path))
    for (let at = 0; at < whole.length; at += 7) {
      const changed = Buffer.from(whole)
      changed[at]! ^= 1
      writeFileSync(keyCheckPath(store.path), changed)
      expect({ at, opens: store.tryOpen({ key: otherKey }).ok }).toEqual({ at, opens: false })
      expect({ at, fault: faultOf(store.tryOpen()) }).toEqual({ at, fault: null })
    }
    expect(readKeyCheck(store.path)).toMatchObject({ state: 'made' })
  })
})

describe('O4 a kill at any moment leaves a store that opens', () => {
  test('between the key check and the store, and between the store and `made`', () => {
    using store = temporaryStore()
    for (const name of ['no file', 'an empty file']) {
      const path = join(store.directory, `${name}.sqlite`)
      writeKeyCheck(path, { state: 'begun', checks: [checkOf(testKey)] })
      if (name === 'an empty file') writeFileSync(path, '')
      expect(faultOf(store.tryOpen({ path, key: otherKey }))).toBe('store.wrong-key')
      expect(faultOf(store.tryOpen({ path }))).toBeNull()
      expect(readKeyCheck(path)).toMatchObject({ state: 'made' })
    }
  })

  test('after an unclean stop the whole store is checked', async () => {
    using store = temporaryStore()
    await filled(store)
    const writer = spawnWriter(store.path, 1_000, 20)
    await writer.heard(Infinity, 'idle')
    await writer.kill()
    const bytes = readFileSync(store.path)
    bytes[bytes.length - 8192 * 3 + 2000]! ^= 1
    writeFileSync(store.path, bytes)
    expect(faultOf(store.tryOpen())).toBe('store.damaged')
  })
})

test('the connection keeps nothing in the clear and acknowledges only what is on the disk', () => {
  using store = temporaryStore()
  const { connection } = mustOpen({ ok: true, value: store.handle })
  const pragmas = [
    'cipher',
    'journal_mode',
    'synchronous',
    'temp_store',
    'mmap_size',
    'page_size',
    'secure_delete',
    'locking_mode',
  ]
  expect(Object.fromEntries(pragmas.map(name => [name, connection.pragma(name, { simple: true })]))).toEqual({
    cipher: 'aegis',
    journal_mode: 'wal',
    synchronous: 2,
    temp_store: 2,
    mmap_size: 0,
    page_size: 8192,
    secure_delete: 1,
    locking_mode: 'exclusive',
  })
})
