/**
 * A process of its own that opens a store and writes visits one by one, until it is killed.
 *
 *   node writer-process.ts <path> <first number> <how many>
 *
 * Prints the id of a visit once its write is acknowledged, and `idle` when all are written;
 * then it keeps the store open. Prints the fault instead if the store does not open.
 */
import { writeSync } from 'node:fs'

import { openEncrypted } from '../open/open-encrypted.ts'
import { getRxStorageSqlite } from '../storage/get-rx-storage-sqlite.ts'
import { documentOf, instanceOf } from './storage-of.ts'
import { testKey } from './temporary-store.ts'

const [path = '', first = '0', count = '0'] = process.argv.slice(2)
const say = (line: string): number => writeSync(1, `${line}\n`)

const store = openEncrypted({ path, key: testKey, create: true })
if (store.ok) {
  const instance = await instanceOf(getRxStorageSqlite({ database: store.value }))
  for (let i = Number(first); i < Number(first) + Number(count); i += 1) {
    const id = `visit-${String(i).padStart(8, '0')}`
    const { error } = await instance.bulkWrite(
      [{ document: documentOf({ id, name: 'x'.repeat(400), age: i % 90 }) }],
      'test',
    )
    if (error.length === 0) say(id)
  }
  say('idle')
  setInterval(() => undefined, 60_000)
} else {
  say(store.error.fault)
}
