/** `ack`, collector → agent: what became of submissions. Sent after the commit, never before. */
import { InstanceIdSchema } from '@murram/ground'
import { z } from 'zod'
import { Counter, FaultSchema, QueueNumber } from '../vocabulary.ts'

/**
 * applied: folded · duplicate: was here already · conflict: folded, and the ledger has an entry ·
 * held: stored, not folded, with the reason · refused: not stored, with the reason ·
 * forked: the same number was sent with other content.
 */
export const AckResultSchema = z.strictObject({
  n: QueueNumber,
  instanceId: InstanceIdSchema,
  result: z.enum(['applied', 'duplicate', 'conflict', 'held', 'refused', 'forked']),
  fault: FaultSchema.optional(),
})
export type AckResult = z.infer<typeof AckResultSchema>

export const AckSchema = z.strictObject({
  type: z.literal('ack'),
  /** All up to this n are answered. */
  upto: Counter,
  results: z.array(AckResultSchema).max(1_000),
  durableUpto: Counter,
  safeUpto: Counter,
  creditBytes: Counter,
})
export type Ack = z.infer<typeof AckSchema>
