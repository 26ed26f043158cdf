import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { mustOpen, otherKey, temporaryStore } from '../testing/temporary-store.ts'
import { find, insert, open } from '../testing/visit-steps.ts'
import { copyEncrypted } from './copy-encrypted.ts'

test('a copy opens with the key of its store, holds what the store held, and goes its own way', async () => {
  using store = temporaryStore()
  const instance = await open(store)
  await insert(instance, { id: 'a' }, { id: 'b' })
  const path = join(store.directory, 'copy.sqlite')
  expect(copyEncrypted(store.handle, path)).toEqual({ ok: true, value: { path } })
  await insert(instance, { id: 'c' })
  expect(store.tryOpen({ path, key: otherKey })).toMatchObject({ error: { fault: 'store.wrong-key' } })
  const copy = mustOpen(store.tryOpen({ path, create: false, verify: true }))
  expect(await find(await open({ ...store, handle: copy }), { selector: {} })).toEqual(['a', 'b'])
  expect(copy.connection.pragma('page_size', { simple: true })).toBe(8192)
  copy.close()
})

test('a copy is never written over something, nor half of it left behind', () => {
  using store = temporaryStore()
  const path = join(store.directory, 'copy.sqlite')
  writeFileSync(path, 'mine')
  expect(copyEncrypted(store.handle, path)).toMatchObject({ ok: false })
  expect(copyEncrypted(store.handle, join(store.directory, 'none', 'copy.sqlite'))).toMatchObject({
    error: { fault: 'store.directory-unreachable' },
  })
  expect(readdirSync(store.directory).filter(name => name.includes('partial'))).toEqual([])
})
