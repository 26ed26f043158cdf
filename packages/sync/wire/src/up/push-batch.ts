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
import { FormIdSchema, InstanceIdSchema, rememberByNames, type FormId, type InstanceId } from '@murram/ground'
import { stampMillis, type AssessmentRecord, type Attachment, type Stamp } from '@murram/fold'
import { z } from 'zod'
import { packAttachments, PackedAttachmentsSchema, unpackAttachments } from '../packed-attachments.ts'
import { isKindOfTrace, packAudits, PackedAuditsSchema, unpackAudits, type AuditContext } from '../packed-audits.ts'
import {
  packColumn,
  PackedColumnSchema,
  PackedTableSchema,
  packTable,
  unpackColumn,
  unpackTable,
  type Column,
  type Columns,
} from '../packed-columns.ts'
import type { PushHead } from '../push-head.ts'
import { ByteString, Hash, QueueNumber, Signature, StampSchema } from '../vocabulary.ts'

export interface PushBatch {
  readonly type: 'push'
  readonly formId: FormId
  readonly version: string
  /** n of the first submission; the others follow without gaps. */
  readonly firstN: number
  readonly paths: readonly string[]
  /** `columns[i][j]` is the answer to `paths[i]` in submission j; `null` was not asked. */
  readonly columns: readonly Column[]
  readonly instanceIds: readonly InstanceId[]
  readonly stamps: readonly Stamp[]
  readonly bases: Columns
  readonly deprecated: readonly (InstanceId | null)[]
  readonly assessments: readonly (AssessmentRecord | null)[]
  readonly attachments: readonly (readonly Attachment[])[]
  readonly audits: Column
  /** 16 bytes each, base64url. */
  readonly salts: readonly string[]
  readonly head: PushHead
}

const SALT_BYTES = 16
const PackedPushSchema = z.strictObject({
  type: z.literal('push'),
  formId: FormIdSchema,
  version: z.string().max(249),
  firstN: QueueNumber,
  count: QueueNumber.max(1_000),
  answers: PackedTableSchema,
  instanceIds: PackedColumnSchema,
  stamps: z.array(StampSchema).max(1_000),
  bases: PackedTableSchema,
  deprecated: PackedColumnSchema,
  /** Which submissions have one; their members as columns of JSON texts. */
  assessed: ByteString,
  assessments: PackedTableSchema,
  audits: PackedAuditsSchema,
  /** Since version 2; absent where no submission has one. */
  attachments: PackedAttachmentsSchema.optional(),
  salts: ByteString,
  head: z.strictObject({
    /** n of the last submission. */
    n: QueueNumber,
    /** Chain head before the first submission; `''` before the store's first. */
    previous: Hash.or(z.literal('')),
    chain: Hash,
    signature: Signature,
  }),
})
type PackedPush = z.infer<typeof PackedPushSchema>

export const PushBatchSchema = PackedPushSchema.transform((packed, context): PushBatch => {
  const batch = unpackPush(packed)
  if (batch !== null) return batch
  context.addIssue({ code: 'custom', message: 'columns do not fit together' })
  return z.NEVER
})

export function packPush(batch: PushBatch): z.input<typeof PackedPushSchema> {
  const { instanceIds } = batch
  const members = toColumns(batch.assessments.map(toTexts))
  const attachments = packAttachments(batch.attachments)
  return {
    type: 'push',
    formId: batch.formId,
    version: batch.version,
    firstN: batch.firstN,
    count: instanceIds.length,
    answers: packTable({ names: batch.paths, values: batch.columns }, instanceIds),
    instanceIds: packColumn(instanceIds),
    stamps: [...batch.stamps],
    bases: packTable(batch.bases, instanceIds),
    deprecated: packColumn(batch.deprecated),
    assessed: Uint8Array.from(batch.assessments, a => (a === null ? 0 : 1)),
    assessments: packTable(members, instanceIds),
    audits: packAudits(batch.audits, contextsOf(batch, batch.audits.some(isTrace)), batch.paths),
    ...(attachments === null ? {} : { attachments }),
    salts: new Uint8Array(Buffer.concat(batch.salts.map(salt => Buffer.from(salt, 'base64url')))),
    head: { ...batch.head },
  }
}

function unpackPush(packed: PackedPush): PushBatch | null {
  const { count, firstN, head } = packed
  const instanceIds = readIds(unpackColumn(packed.instanceIds, count))
  if (instanceIds === null || head.n !== firstN + count - 1) return null
  const answers = unpackTable(packed.answers, count, instanceIds)
  const bases = unpackTable(packed.bases, count, instanceIds)
  const members = unpackTable(packed.assessments, count, instanceIds)
  const deprecated = unpackColumn(packed.deprecated, count)
  if (answers === null || bases === null || members === null || deprecated === null) return null
  const assessments = fromTexts(fromColumns(members.names, members.values, count), packed.assessed)
  const parents = deprecated.every(id => id === null || InstanceIdSchema.safeParse(id).success)
  if (assessments === null || !parents) return null
  if (packed.stamps.length !== count || packed.salts.length !== count * SALT_BYTES) return null
  const context = { paths: answers.names, columns: answers.values, bases, stamps: packed.stamps }
  const contexts = contextsOf(context, packed.audits.kinds.some(isKindOfTrace))
  const audits = unpackAudits(packed.audits, contexts, answers.names)
  const attachments = unpackAttachments(packed.attachments, count)
  if (audits === null || attachments === null) return null
  const salts = Buffer.from(packed.salts)
  return {
    type: 'push',
    formId: packed.formId,
    version: packed.version,
    firstN,
    paths: answers.names,
    columns: answers.values,
    instanceIds,
    stamps: packed.stamps,
    bases,
    deprecated: deprecated as readonly (InstanceId | null)[],
    assessments,
    attachments,
    audits,
    salts: instanceIds.map((_, j) => salts.subarray(j * SALT_BYTES, (j + 1) * SALT_BYTES).toString('base64url')),
    head,
  }
}

/** @param hasTraces Without a trace nobody looks at the answers again. */
function contextsOf(
  { paths, columns, bases, stamps }: Pick<PushBatch, 'paths' | 'columns' | 'bases' | 'stamps'>,
  hasTraces: boolean,
): readonly AuditContext[] {
  if (!hasTraces) return stamps.map(stamp => ({ atMs: stampMillis(stamp), answers: {}, base: {} }))
  const answers = fromColumns(paths, columns, stamps.length)
  const seen = fromColumns(bases.names, bases.values, stamps.length)
  return stamps.map((stamp, j) => ({ atMs: stampMillis(stamp), answers: answers[j] ?? {}, base: seen[j] ?? {} }))
}

const isTrace = (audit: string | null): boolean => audit !== null

function readIds(column: Column | null): readonly InstanceId[] | null {
  const ids = z.array(InstanceIdSchema).safeParse(column)
  return ids.success ? ids.data : null
}

const toTexts = (record: AssessmentRecord | null): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(record ?? {})
      .map(([name, value]) => [name, JSON.stringify(value) as string | undefined] as const)
      .filter((entry): entry is readonly [string, string] => entry[1] !== undefined),
  )

function fromTexts(
  records: readonly Readonly<Record<string, string>>[],
  assessed: Uint8Array,
): readonly (AssessmentRecord | null)[] | null {
  if (assessed.length !== records.length) return null
  try {
    return records.map((texts, j) =>
      assessed[j] === 1
        ? Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, JSON.parse(text) as unknown]))
        : null,
    )
  } catch {
    return null // not JSON
  }
}

type OpenColumn = (string | null)[]

/** Records to columns: names in the order of their first appearance. */
export function toColumns(records: readonly Readonly<Record<string, string>>[]): Columns {
  const byName = new Map<string, OpenColumn>()
  const columnOf = (name: string): OpenColumn => {
    const known = byName.get(name)
    if (known !== undefined) return known
    const fresh: OpenColumn = Array.from({ length: records.length }, () => null)
    byName.set(name, fresh)
    return fresh
  }
  const columnsOf = rememberByNames(names => names.map(columnOf))
  for (let j = 0; j < records.length; j += 1) {
    const record = records[j] as Readonly<Record<string, string>>
    const columns = columnsOf(Object.keys(record))
    const texts = Object.values(record)
    for (let i = 0; i < texts.length; i += 1) (columns[i] as OpenColumn)[j] = texts[i] ?? null
  }
  return { names: [...byName.keys()], values: [...byName.values()] }
}

/**
 * Made as copies of one another, for most submissions answer the same questions: an object to which
 * sixty names are added one by one becomes a hash table, six times as large and slower to read.
 */
export function fromColumns(
  names: readonly string[],
  values: readonly Column[],
  count: number,
): readonly Readonly<Record<string, string>>[] {
  const shapes = new Map<string, RecordShape>()
  // What all have answered tells no two apart.
  const partial = names.flatMap((_, i) => {
    const column = values[i]
    return column !== undefined && column.length >= count && column.every(isText) ? [] : [i]
  })
  return Array.from({ length: count }, (_, j) => {
    const absent = partial.filter(i => !isText(values[i]?.[j]))
    const key = absent.join()
    let shape = shapes.get(key)
    if (shape === undefined) {
      shape = toShape(names, absent)
      shapes.set(key, shape)
    }
    const record = { ...shape.blank }
    // `__proto__` is an own member of what is copied, so this sets a member and no prototype.
    for (const { name, i } of shape.members) record[name] = values[i]?.[j] ?? ''
    return record
  })
}

interface RecordShape {
  readonly blank: Record<string, string>
  readonly members: readonly { readonly name: string; readonly i: number }[]
}

const isText = (text: string | null | undefined): boolean => text !== null && text !== undefined

function toShape(names: readonly string[], absentPlaces: readonly number[]): RecordShape {
  const absent = new Set(absentPlaces)
  const members = names.flatMap((name, i) => (absent.has(i) ? [] : [{ name, i }]))
  return { blank: Object.fromEntries(members.map(({ name }) => [name, ''])), members }
}
