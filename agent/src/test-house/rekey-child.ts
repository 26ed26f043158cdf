/** Re-keys a store again and again until it is killed; says `rekeying` before each round. For tests only. */
import { writeSync } from 'node:fs'
import { unwrap } from '@murram/ground'
import { rekeyStore } from '../store/rekey-store.ts'

export interface RekeyOrders {
  readonly dataDir: string
  readonly keyPath: string
}

const { dataDir, keyPath: path } = JSON.parse(process.argv[2] ?? '{}') as RekeyOrders
for (;;) {
  writeSync(1, 'rekeying\n')
  unwrap(await rekeyStore(dataDir, { kind: 'key-file', path }))
}
