/**
 * The two ways in which a device is given up, and back:
 *
 *   active ──left──► left      its unsent work is taken and looked at; then it is emptied
 *     ▲  └───stolen─► stolen   its key is destroyed at the next contact, unsent work with it
 *     └─────stay──────┘        (from left only, as long as no receipt came)
 *
 * What the device is to do is an order signed by the project's root key. It waits here for a device
 * that is offline, and may be carried to it on a stick.
 *
 * RO1 orders of one device have rising counters, over a restore as well
 * RO2 nobody destroys unsent work without having been told so: the officer's name is repeated
 * RO3 a receipt is taken when the device's own key signed it for an order that was given; again is harmless
 */
import { err, fault, ok, type DeviceId, type Fault, type Result } from '@murram/ground'
import { signDocument, verifyDocument, type Signed, type SigningKey } from '@murram/seal'
import { DEVICE_ORDER_PURPOSE, DEVICE_RECEIPT_PURPOSE, type DeviceOrder, type DeviceReceipt } from '@murram/wire'
import { sql } from 'drizzle-orm'
import type { ProjectKeys } from '../config/project-keys.ts'
import { inTransaction, type ReadDb, type WriteDb } from '../db/handles.ts'
import { findDevice } from './device-repo.ts'

export interface OrdersDeps {
  readonly write: WriteDb
  readonly keys: Pick<ProjectKeys, 'projectId'> & { readonly root: SigningKey }
  readonly now: () => number
}

/** @param asked.confirm RO2. The officer's name, where unsent work would die. */
export async function orderDevice(
  deps: OrdersDeps,
  deviceId: DeviceId,
  asked: { readonly kind: DeviceOrder['kind']; readonly confirm?: string | undefined },
): Promise<Result<Signed<DeviceOrder>, Fault>> {
  const { write, keys, now } = deps
  return inTransaction(write, async tx => {
    await tx.execute(sql`select 1 from devices where device_id = ${deviceId} for update`)
    const device = await findDevice(tx, deviceId)
    if (device === undefined) return err(fault('http.not-found', `device ${deviceId}`))
    if (asked.kind === 'destroy' && asked.confirm?.trim() !== device.officer)
      return err(fault('device.confirm-missing', `the officer of ${deviceId.slice(0, 8)}`))
    if (asked.kind === 'stay' && (device.state !== 'left' || (await hasReceipt(tx, deviceId))))
      return err(fault('device.purged', 'only a device that leaves and was not emptied yet is taken back'))
    const nowMs = now()
    const { rows } = await tx.execute<{ last: string | null }>(
      sql`select max(counter) as last from device_orders where device_id = ${deviceId}`,
    )
    const order: DeviceOrder = {
      projectId: keys.projectId,
      deviceId,
      kind: asked.kind,
      counter: Math.max(Number(rows[0]?.last ?? 0) + 1, Math.floor(nowMs / 1000)), // RO1
      issuedAtMs: nowMs,
    }
    const signed = signDocument(keys.root, DEVICE_ORDER_PURPOSE, order)
    await tx.execute(sql`
      insert into device_orders (device_id, counter, kind, signed, issued_at_ms)
      values (${deviceId}, ${order.counter}, ${order.kind}, ${JSON.stringify(signed)}::json, ${nowMs})`)
    await tx.execute(sql`update devices set state = ${STATE_AFTER[order.kind]} where device_id = ${deviceId}`)
    return ok(signed)
  })
}

const STATE_AFTER = { leave: 'left', stay: 'active', destroy: 'stolen' } as const satisfies Record<
  DeviceOrder['kind'],
  string
>

/** What the device has to be told: its newest order, until it has answered. */
export async function pendingOrder(db: ReadDb, deviceId: DeviceId): Promise<Signed<DeviceOrder> | undefined> {
  const { rows } = await db.execute<{ signed: Signed<DeviceOrder>; answered: boolean }>(sql`
    select signed, receipt is not null as answered from device_orders
     where device_id = ${deviceId} order by counter desc limit 1`)
  return rows[0]?.answered === false ? rows[0].signed : undefined
}

export async function noteTold(db: WriteDb, { body }: Signed<DeviceOrder>, nowMs: number): Promise<void> {
  await db.execute(sql`
    update device_orders set told_at_ms = coalesce(told_at_ms, ${nowMs})
     where device_id = ${body.deviceId} and counter = ${body.counter}`)
}

/** RO3 */
export async function takeReceipt(
  { write, keys, now }: OrdersDeps,
  receipt: Signed<DeviceReceipt>,
): Promise<Result<DeviceReceipt, Fault>> {
  const device = await findDevice(write, receipt.body.deviceId)
  if (device === undefined) return err(fault('http.not-found', `device ${receipt.body.deviceId}`))
  const read = verifyDocument(device.publicKey, DEVICE_RECEIPT_PURPOSE, receipt)
  if (!read.ok) return read
  if (read.value.projectId !== keys.projectId) return err(fault('sync.bad-signature', 'of another project'))
  const { rowCount } = await write.execute(sql`
    update device_orders set receipt = coalesce(receipt, ${JSON.stringify(receipt)}::json),
           received_at_ms = coalesce(received_at_ms, ${now()})
     where device_id = ${read.value.deviceId} and counter = ${read.value.orderCounter}`)
  return (rowCount ?? 0) > 0 ? ok(read.value) : err(fault('http.not-found', 'no such order was given'))
}

async function hasReceipt(db: ReadDb, deviceId: DeviceId): Promise<boolean> {
  const { rows } = await db.execute(
    sql`select 1 from device_orders where device_id = ${deviceId} and receipt is not null limit 1`,
  )
  return rows.length > 0
}

/** What a person sees of the newest order. */
export interface OrderSummary extends Record<string, unknown> {
  readonly deviceId: DeviceId
  readonly kind: DeviceOrder['kind']
  readonly counter: number
  readonly issuedAtMs: number
  readonly toldAtMs: number | null
  readonly receipt: Signed<DeviceReceipt> | null
  readonly receivedAtMs: number | null
  readonly signed: Signed<DeviceOrder>
}

export async function newestOrders(db: ReadDb): Promise<readonly OrderSummary[]> {
  const { rows } = await db.execute<OrderSummary>(sql`
    select distinct on (device_id) device_id as "deviceId", kind, counter::float8 as counter, signed,
           issued_at_ms::float8 as "issuedAtMs", told_at_ms::float8 as "toldAtMs", receipt,
           received_at_ms::float8 as "receivedAtMs"
      from device_orders order by device_id, device_orders.counter desc`)
  return rows
}
