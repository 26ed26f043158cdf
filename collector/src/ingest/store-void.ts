/**
 * A number under which nothing will come, stored as such: `durableUpto` passes it, and people see
 * that something was finished there which did not arrive.
 *
 * V1 what is stored under the number is never replaced by a void entry
 * V2 the same content that comes after all takes the place of its void entry (`inbox-repo.ts`)
 */
import { fault, type DeviceId, type StoreId } from '@murram/ground'
import type { AckResult, VoidEntry } from '@murram/wire'
import { sql } from 'drizzle-orm'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import { raiseDurable, type Marks } from './inbox-repo.ts'

export interface VoidOf {
  readonly deviceId: DeviceId
  readonly storeId: StoreId
  readonly entry: VoidEntry
}

export type StoreVoid = (of: VoidOf) => Promise<Marks & { readonly results: readonly AckResult[] }>

export const createStoreVoid =
  ({ write, now }: { readonly write: WriteDb; readonly now: () => number }): StoreVoid =>
  ({ deviceId, storeId, entry }) =>
    inTransaction(write, async tx => {
      const { n, instanceId, digest, reason, head } = entry
      await tx.execute(sql`
        insert into submissions
          (store_id, n, instance_id, device_id, form_id, version, digest, stamp, body, state, reason, received_at_ms)
        values (${storeId}, ${n}, ${instanceId}, ${deviceId}, '', '', ${digest}, '', '{}'::json, 'void',
                ${JSON.stringify(reason)}::json, ${Math.floor(now())}::bigint)
        on conflict (store_id, n) do nothing`)
      const { rows } = await tx.execute<{ digest: string; state: string }>(
        sql`select digest, state from submissions where store_id = ${storeId} and n = ${n}`,
      )
      const marks = await raiseDurable(tx, { storeId, deviceId, head })
      const [stored] = rows
      const result = (): Pick<AckResult, 'result' | 'fault'> => {
        if (stored?.digest !== digest) return { result: 'forked', fault: fault('sync.forked-store') }
        return stored.state === 'void' ? { result: 'refused', fault: reason } : { result: 'duplicate' }
      }
      return { ...marks, results: [{ n, instanceId, ...result() }] }
    })
