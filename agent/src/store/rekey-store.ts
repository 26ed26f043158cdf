/**
 * Puts the store of a laptop under a new data key: whoever has read the former one, from a disk that
 * was given away or a backup of it, opens nothing that is on this disk from now on.
 *
 * RK1 a kill at any moment leaves a store that opens as it did, with all that was saved
 * RK2 the same passphrase, key file or operating system opens it, and the central team can recover it
 * RK3 what cannot be re-keyed (in use, a full disk, a damaged page) stays under the key that it had
 *
 * Not here: another passphrase (`rewrapDataKey`), which needs no page to be written anew.
 */
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { rekeyEncrypted, storeFaultOf } from '@murram/rxdb-sqlite'
import { readEnrolment } from '../enrolment/enrolment-file.ts'
import { keepNextKey, openDataKey, settleRekey, storePath } from './key-file.ts'
import type { KeySource } from './key-source.ts'

export async function rekeyStore(
  dataDir: string,
  source: KeySource,
): Promise<Result<{ readonly sizeBytes: number }, Fault>> {
  const enrolment = await readEnrolment(dataDir)
  if (!enrolment.ok) return enrolment
  if (enrolment.value === null) return err(fault('sync.not-enrolled', dataDir))
  const { boxPublicKey } = enrolment.value
  const opened = await openDataKey(dataDir, source)
  if (!opened.ok) return opened
  const dataKey = opened.value
  const newKey = new Uint8Array(randomBytes(32))
  const kept = await keepNextKey(dataDir, source, { dataKey, newKey, boxPublicKey })
  if (!kept.ok) return kept
  const done = rekey(dataDir, dataKey, newKey)
  const settled = await settleRekey(dataDir, dataKey)
  if (!done.ok) return done
  return settled.ok ? ok({ sizeBytes: statSync(storePath(dataDir)).size }) : settled
}

function rekey(dataDir: string, key: Uint8Array, newKey: Uint8Array): Result<void, Fault> {
  try {
    const done = rekeyEncrypted({ path: storePath(dataDir), key, newKey })
    return done.ok ? ok(undefined) : err(fault(done.error.fault, done.error.detail))
  } catch (error) {
    const trouble = storeFaultOf(error)
    if (trouble === null) throw error
    return err(fault(trouble.fault, trouble.detail))
  }
}
