/** `ack`, collector → agent: what became of submissions. Sent after the commit, never before. */
import { InstanceIdSchema } from '@murram/ground'
import { z } from 'zod'
import { packColumn, PackedColumnSchema, unpackColumn } from '../packed-columns.ts'
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

const PackedAckSchema = z.strictObject({
  type: z.literal('ack'),
  /** All up to this n are answered. */
  upto: Counter,
  /** A result each, in one column a member: most acks say the same of many. */
  ns: z.array(z.int()).max(1_000),
  instanceIds: PackedColumnSchema,
  results: PackedColumnSchema,
  faults: z.array(z.strictObject({ at: Counter, fault: FaultSchema })).max(1_000),
  durableUpto: Counter,
  safeUpto: Counter,
  creditBytes: Counter,
})

export interface Ack {
  readonly type: 'ack'
  readonly upto: number
  readonly results: readonly AckResult[]
  readonly durableUpto: number
  readonly safeUpto: number
  readonly creditBytes: number
}

export const AckSchema = PackedAckSchema.transform((packed, context): Ack => {
  const { type, upto, ns, faults, durableUpto, safeUpto, creditBytes } = packed
  const instanceIds = unpackColumn(packed.instanceIds, ns.length)
  const results = unpackColumn(packed.results, ns.length)
  let n = 0
  const read = z.array(AckResultSchema).safeParse(
    ns.map((stepOfN, j) => {
      n += stepOfN
      const reason = faults.find(({ at }) => at === j)?.fault
      return {
        n,
        instanceId: instanceIds?.[j],
        result: results?.[j],
        ...(reason === undefined ? {} : { fault: reason }),
      }
    }),
  )
  if (read.success) return { type, upto, results: read.data, durableUpto, safeUpto, creditBytes }
  context.addIssue({ code: 'custom', message: 'results do not fit together' })
  return z.NEVER
})

export function packAck({ results, ...ack }: Ack): z.input<typeof PackedAckSchema> {
  return {
    ...ack,
    ns: results.map(({ n }, j) => n - (results[j - 1]?.n ?? 0)),
    instanceIds: packColumn(results.map(({ instanceId }) => instanceId)),
    results: packColumn(results.map(({ result }) => result)),
    faults: results.flatMap(({ fault }, at) => (fault === undefined ? [] : [{ at, fault }])),
  }
}
