/**
 * A release, or an order on how far it goes out, that a restored database has forgotten: in force
 * again, with its old signature and number, so that a device which heard it already stays with it.
 */
import { inTransaction } from '../db/handles.ts'
import { findCandidate, lockModel, setChampion } from '../registry/registry-repo.ts'
import type { HouseDeps } from '../main/room.ts'
import { tellRollout } from './give-order.ts'
import { appendOrder, type OrderRow } from './order-repo.ts'
import { appendRelease, findRelease, lastCounter, type ReleaseRow } from './release-repo.ts'

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
    await tellRollout({ feed }, tx, row.modelName)
    return undefined
  })
  if (why === undefined) feed.ring()
  return why
}

/** After the releases. @returns Why not; `undefined`: it is in force, or a later one is. */
export async function orderAgain(
  { write, feed }: Pick<HouseDeps, 'write' | 'feed'>,
  row: OrderRow,
): Promise<undefined | string> {
  const why = await inTransaction(write, async tx => {
    const model = await lockModel(tx, row.modelName)
    if (model === undefined || (await findRelease(tx, row.releaseId)) === undefined)
      return `its release is not in the restored database; devices keep what they have, and the next order on ${row.modelName} stands above it`
    if (await appendOrder(tx, row)) await tellRollout({ feed }, tx, row.modelName)
    return undefined
  })
  if (why === undefined) feed.ring()
  return why
}
