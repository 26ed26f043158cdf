/**
 * `push`, agent → collector: submissions of one form version, oldest first, field-major.
 *
 * At least once: the agent repeats what no `ack` has named; the collector stores a (store, n)
 * once. Field-major because all answers to one question lie side by side and compress many
 * times better (`bench/wire.ts`).
 *
 * The digests do not travel: the receiver computes them, folds them into the chain that begins
 * at `head.previous` and must arrive at the signed `head.chain` (`push-head.ts`). So 64 signed
 * bytes a batch prove every submission in it.
 */
import { FormIdSchema, InstanceIdSchema } from '@murram/ground'
import { z } from 'zod'
import { Hash, NodePath, QueueNumber, Salt, Signature, StampSchema } from '../vocabulary.ts'

/** `values[i][j]` belongs to `names[i]` in submission j; `null` is absent, which is not `''`. */
const Columns = z.strictObject({
  names: z.array(NodePath).max(5_000),
  values: z.array(z.array(z.string().nullable()).max(1_000)).max(5_000),
})

export const PushBatchSchema = z
  .strictObject({
    type: z.literal('push'),
    formId: FormIdSchema,
    version: z.string().max(249),
    /** n of the first submission; the others follow without gaps. */
    firstN: QueueNumber,
    paths: z.array(NodePath).max(5_000),
    /** `columns[i][j]` is the answer to `paths[i]` in submission j; `null` was not asked. */
    columns: z.array(z.array(z.string().nullable()).max(1_000)).max(5_000),
    instanceIds: z.array(InstanceIdSchema).min(1).max(1_000),
    stamps: z.array(StampSchema).max(1_000),
    bases: Columns,
    deprecated: z.array(InstanceIdSchema.nullable()).max(1_000),
    assessments: z.array(z.record(z.string(), z.unknown()).nullable()).max(1_000),
    audits: z.array(z.string().nullable()).max(1_000),
    salts: z.array(Salt).max(1_000),
    head: z.strictObject({
      /** n of the last submission. */
      n: QueueNumber,
      /** Chain head before the first submission; `''` before the store's first. */
      previous: Hash.or(z.literal('')),
      chain: Hash,
      signature: Signature,
    }),
  })
  .refine(
    ({
      instanceIds: { length },
      paths,
      columns,
      stamps,
      bases,
      deprecated,
      assessments,
      audits,
      salts,
      firstN,
      head,
    }) =>
      columns.length === paths.length &&
      bases.values.length === bases.names.length &&
      [...columns, ...bases.values, stamps, deprecated, assessments, audits, salts].every(c => c.length === length) &&
      new Set(paths).size === paths.length &&
      new Set(bases.names).size === bases.names.length &&
      head.n === firstN + length - 1,
    { error: 'columns of unequal length' },
  )
export type PushBatch = z.infer<typeof PushBatchSchema>
