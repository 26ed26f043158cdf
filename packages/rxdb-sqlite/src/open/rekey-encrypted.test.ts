import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

import { describe, expect, test } from 'vitest'

import { spawnRekeying } from '../testing/spawn.ts'
import { mustOpen, otherKey, temporaryStore, testKey } from '../testing/temporary-store.ts'
import { find, insert, open } from '../testing/visit-steps.ts'
import { checkOf, readKeyCheck, writeKeyCheck } from './key-check.ts'
import { rekeyEncrypted } from './rekey-encrypted.ts'

const VISITS = 1_500
const visits = Array.from({ length: VISITS }, (_, i) => ({ id: `visit-${i}`, age: i % 90, note: 'x'.repeat(900) }))
const ROUNDS = 5

describe('re-key', () => {
  test('the new key opens what the old one closed, and the old one does not', async () => {
    using store = temporaryStore()
    await insert(await open(store), ...visits)
    store.handle.close()
    const before = readFileSync(store.path)
    expect(rekeyEncrypted({ path: store.path, key: testKey, newKey: otherKey })).toMatchObject({ ok: true })
    expect(readFileSync(store.path).subarray(0, 64).equals(before.subarray(0, 64))).toBe(false)
    expect(store.tryOpen()).toMatchObject({ error: { fault: 'store.wrong-key' } })
    store.handle = mustOpen(store.tryOpen({ key: otherKey, verify: true }))
    expect(await find(await open(store), { selector: { age: { $eq: 3 } } })).toHaveLength(
      visits.filter(({ age }) => age === 3).length,
    )
    expect(store.handle.connection.pragma('page_size', { simple: true })).toBe(8192)
    expect(readdirSync(store.directory).filter(name => name.includes('rekey'))).toEqual([])
  })

  test('R2 with the wrong key nothing happens', () => {
    using store = temporaryStore()
    store.handle.close()
    expect(rekeyEncrypted({ path: store.path, key: otherKey, newKey: testKey })).toMatchObject({
      error: { fault: 'store.wrong-key' },
    })
    store.handle = mustOpen(store.tryOpen())
    expect(rekeyEncrypted({ path: store.path, key: testKey, newKey: otherKey })).toMatchObject({
      error: { fault: 'store.in-use' },
    })
  })

  test('R1 cut off before or after the store was put in place, either order of the two keys opens it', () => {
    for (const under of [testKey, otherKey]) {
      using store = temporaryStore()
      store.handle.close()
      if (under === otherKey) rekeyEncrypted({ path: store.path, key: testKey, newKey: otherKey })
      writeKeyCheck(store.path, { state: 'made', checks: [checkOf(testKey), checkOf(otherKey)] })
      const wrong = under === testKey ? otherKey : testKey
      expect(store.tryOpen({ key: wrong })).toMatchObject({ error: { fault: 'store.wrong-key' } })
      store.handle = mustOpen(store.tryOpen({ key: wrong, nextKey: under }))
      expect(store.handle.openedWith).toBe('nextKey')
      expect(readKeyCheck(store.path)).toMatchObject({ state: 'made', checks: [{}] })
      store.handle.close()
      store.handle = mustOpen(store.tryOpen({ key: under, nextKey: wrong }))
      expect(store.handle.openedWith).toBe('key')
    }
  })

  test('R1 a kill at any moment leaves a whole store under one of the two keys', async () => {
    using store = temporaryStore()
    await insert(await open(store), ...visits)
    store.handle.close()
    let under: 'a' | 'b' = 'a'
    for (let round = 0; round < ROUNDS; round += 1) {
      const process = spawnRekeying(store.path, under)
      await process.heard(1 + (round % 3))
      await delay(round * 7)
      await process.kill()
      const [key, nextKey] = under === 'a' ? [testKey, otherKey] : [otherKey, testKey]
      store.handle = mustOpen(store.tryOpen({ key, nextKey, verify: true }))
      if (store.handle.openedWith === 'nextKey') under = under === 'a' ? 'b' : 'a'
      expect(await find(await open(store), { selector: {} })).toHaveLength(VISITS)
      expect(readdirSync(store.directory).filter(name => name.includes('.rekey'))).toEqual([])
      store.handle.close()
    }
  })
})
