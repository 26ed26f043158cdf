/**
 * Work that came from a device after it had left: stored and acked like any other, and folded by
 * nobody until a person has looked at it.
 *
 * Not here: storing it (ingest), folding it (fold).
 */
import type { DeviceId, InstanceId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import { inTransaction, type WriteDb } from '../db/handles.ts'

export interface QuarantineDeps {
  readonly write: WriteDb
  /** Looks at a stored submission again, as its state then says. */
  readonly reconsider: (tx: WriteDb, instanceId: InstanceId) => Promise<{ readonly state: string } | undefined>
  readonly ring: () => void
}

/** @returns How many were taken out of quarantine, and how many of them count now. */
export async function acceptQuarantined(
  { write, reconsider, ring }: QuarantineDeps,
  which: { readonly deviceId: DeviceId } | { readonly instanceId: InstanceId },
): Promise<{ readonly accepted: number; readonly applied: number }> {
  const wanted = 'deviceId' in which ? sql`device_id = ${which.deviceId}` : sql`instance_id = ${which.instanceId}`
  const { rows } = await write.execute<{ id: InstanceId }>(
    sql`select instance_id as id from submissions where state = 'quarantined' and ${wanted} order by seq`,
  )
  let applied = 0
  for (const { id } of rows) {
    // One at a time: each of them is as whole as when it comes alone.
    const state = await inTransaction(write, async tx => {
      await tx.execute(sql`update submissions set state = 'held' where instance_id = ${id} and state = 'quarantined'`)
      return (await reconsider(tx, id))?.state
    })
    if (state === 'applied') applied += 1
  }
  if (applied > 0) ring()
  return { accepted: rows.length, applied }
}
