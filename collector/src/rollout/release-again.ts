/**
 * A release that a restored database has forgotten, in force again: with its old signature and
 * counter, so that a device which has it already stays with it.
 */
import { inTransaction } from '../db/handles.ts'
import { findCandidate, lockModel, setChampion } from '../registry/registry-repo.ts'
import type { HouseDeps } from '../main/room.ts'
import { appendRelease, lastCounter, type ReleaseRow } from './release-repo.ts'

/** @returns Why not; `undefined`: it is in force. */
export async function releaseAgain(
  { write, feed }: Pick<HouseDeps, 'write' | 'feed'>,
  row: ReleaseRow,
): Promise<undefined | string> {
  const why = await inTransaction(write, async tx => {
    const model = await lockModel(tx, row.modelName)
    if (model === undefined || (await findCandidate(tx, row.candidateId)) === undefined)
      return `its model is not in the restored database; devices keep it, and the next release of ${row.modelName} stands above it`
    await lastCounter(tx) // the lock of releases
    await appendRelease(tx, row)
    await setChampion(tx, row.modelName, row.candidateId)
    await feed.append(tx, [{ kind: 'release', key: row.modelName, body: { signed: row.signed, chain: row.chain } }])
    return undefined
  })
  if (why === undefined) feed.ring()
  return why
}
