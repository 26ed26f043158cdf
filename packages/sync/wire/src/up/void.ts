/**
 * `void`, agent → collector: under this number nothing will come. No frame can carry it, or its
 * content is lost; its digest is known, and it stands in the signed chain like any other, so the
 * numbers behind it can become durable. Answered by an `ack`. Since version 2.
 *
 * Nothing is deleted by it: what the agent still has it keeps, and may send after all.
 */
import { InstanceIdSchema, Sha256Schema, type DeviceId, type StoreId } from '@murram/ground'
import { chainHead } from '@murram/seal'
import { z } from 'zod'
import { verifyHead } from '../push-head.ts'
import { FaultSchema, Hash, QueueNumber, Signature } from '../vocabulary.ts'

export const VoidSchema = z.strictObject({
  type: z.literal('void'),
  n: QueueNumber,
  instanceId: InstanceIdSchema,
  digest: Sha256Schema,
  reason: FaultSchema,
  head: z.strictObject({
    n: QueueNumber,
    previous: Hash.or(z.literal('')),
    chain: Hash,
    signature: Signature,
  }),
})
export type VoidEntry = z.infer<typeof VoidSchema>

/** Whether the device says so, of this number of this store. */
export const isVoidProved = (
  { n, digest, head }: Pick<VoidEntry, 'n' | 'digest' | 'head'>,
  from: { readonly deviceId: DeviceId; readonly storeId: StoreId; readonly publicKey: string },
): boolean =>
  head.n === n && chainHead(head.previous, digest) === head.chain && verifyHead(from.publicKey, from.storeId, head)
