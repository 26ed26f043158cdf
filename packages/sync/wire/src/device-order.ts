/**
 * What the centre orders one device to do with what it holds, signed by the project's root key,
 * and the device's signed answer.
 *
 *   leave    reading is locked; what is unsent is sent; then everything is removed
 *   stay     takes `leave` back, as long as nothing was removed
 *   destroy  the key is destroyed at once, unsent work with it
 *
 * An order needs no session: it waits at the collector, and is as good out of a file on a stick.
 *
 * DO1 an order for another device, of another project or with another signature orders nothing
 * DO2 an order counts once: its counter is above that of every order that was obeyed before
 */
import { DeviceIdSchema, err, fault, ok, ProjectIdSchema, type FaultOf, type Result } from '@murram/ground'
import { verifyDocument, type Signed } from '@murram/seal'
import { z } from 'zod'
import { AtMs, Counter, QueueNumber, signedSchema } from './vocabulary.ts'

/** The domains of the signatures. */
export const DEVICE_ORDER_PURPOSE = 'device-order'
export const DEVICE_RECEIPT_PURPOSE = 'device-receipt'

export const DeviceOrderSchema = z.strictObject({
  projectId: ProjectIdSchema,
  deviceId: DeviceIdSchema,
  kind: z.enum(['leave', 'stay', 'destroy']),
  counter: QueueNumber,
  issuedAtMs: AtMs,
})
export type DeviceOrder = z.infer<typeof DeviceOrderSchema>
export const SignedDeviceOrderSchema = signedSchema(DeviceOrderSchema)

/** Signed by the device's own key, which is gone afterwards: the last word of a device. */
export const DeviceReceiptSchema = z.strictObject({
  projectId: ProjectIdSchema,
  deviceId: DeviceIdSchema,
  /** Of the order that was obeyed. */
  orderCounter: QueueNumber,
  kind: z.enum(['leave', 'destroy']),
  atMs: AtMs,
  /** Submissions that were never acked, and died with the key. */
  unsent: Counter,
})
export type DeviceReceipt = z.infer<typeof DeviceReceiptSchema>
export const SignedDeviceReceiptSchema = signedSchema(DeviceReceiptSchema)

type OrderFault = FaultOf<'sync.bad-signature'> | FaultOf<'device.order-ignored'>

/** @param context.obeyed Counter of the last order that was obeyed; 0 where there was none. */
export function verifyOrder(
  context: {
    readonly rootPublicKey: string
    readonly projectId: string
    readonly deviceId: string
    readonly obeyed: number
  },
  order: Signed<DeviceOrder>,
): Result<DeviceOrder, OrderFault> {
  const verified = verifyDocument(context.rootPublicKey, DEVICE_ORDER_PURPOSE, order)
  if (!verified.ok) return verified
  const { projectId, deviceId, counter } = verified.value
  if (projectId !== context.projectId || deviceId !== context.deviceId)
    return err(fault('device.order-ignored', `an order for the device ${deviceId}`))
  if (counter <= context.obeyed) return err(fault('device.order-ignored', `order ${counter} was obeyed already`))
  return ok(verified.value)
}
