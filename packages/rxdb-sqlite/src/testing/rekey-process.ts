/**
 * A process of its own that re-keys a store back and forth until it is killed.
 *
 *   node rekey-process.ts <path> <a|b: the key it is under>
 *
 * Prints `rekeying` before each round.
 */
import { writeSync } from 'node:fs'

import { rekeyEncrypted } from '../open/rekey-encrypted.ts'
import { otherKey, testKey } from './temporary-store.ts'

const [path = '', under = 'a'] = process.argv.slice(2)
let [key, newKey] = under === 'a' ? [testKey, otherKey] : [otherKey, testKey]
for (;;) {
  writeSync(1, 'rekeying\n')
  const done = rekeyEncrypted({ path, key, newKey })
  if (!done.ok) throw new Error(done.error.detail)
  ;[key, newKey] = [newKey, key]
}
