/**
 * The attachments of a batch, in one member that is absent where there are none: an agent
 * before version 2 has no word for it, and most batches have none.
 *
 * AT1 what was packed unpacks to the same
 * AT2 what does not fit its batch is refused, never guessed
 *
 * Hashes travel as bytes: no compressor helps with them, and as digits they are twice as long.
 */
import type { Attachment } from '@murram/fold'
import { Sha256Schema } from '@murram/ground'
import { z } from 'zod'
import { ByteString, Counter } from './vocabulary.ts'

/** No submission is refused for a file that an agent took in: it asks this before. */
export const MAX_ATTACHMENT_BYTES = 100_000_000
export const MAX_ATTACHMENTS_EACH = 500
const MAX_IN_A_BATCH = 5_000

/** A name of a file and never a path: it may stand in an address and in a folder of an export. */
export const isAttachmentName = (name: string): boolean =>
  name.length > 0 && name.length <= 200 && !/[\p{Cc}\p{Cs}/\\]/u.test(name) && !/^\.+$/.test(name)

export const AttachmentNameSchema = z.string().max(200).refine(isAttachmentName, 'is not the name of a file')
/** What a browser or a recorder calls the kind: `image/jpeg`. Parameters are left out. */
export const MediaTypeSchema = z
  .string()
  .max(100)
  .regex(/^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/, 'is not a media type')
export const AttachmentSizeSchema = Counter.max(MAX_ATTACHMENT_BYTES)

export const PackedAttachmentsSchema = z.strictObject({
  /** Whose each is: the place of its submission in the batch, rising. */
  of: z.array(Counter).min(1).max(MAX_IN_A_BATCH),
  names: z.array(AttachmentNameSchema).max(MAX_IN_A_BATCH),
  /** 32 bytes each. */
  hashes: ByteString,
  sizes: z.array(AttachmentSizeSchema).max(MAX_IN_A_BATCH),
  mediaTypes: z.array(MediaTypeSchema).max(MAX_IN_A_BATCH),
})
export type PackedAttachments = z.infer<typeof PackedAttachmentsSchema>

const HASH_BYTES = 32

/** @returns `null` where no submission has any. */
export function packAttachments(all: readonly (readonly Attachment[])[]): PackedAttachments | null {
  const flat = all.flatMap((list, j) => list.map(attachment => ({ j, attachment })))
  if (flat.length === 0) return null
  return {
    of: flat.map(({ j }) => j),
    names: flat.map(({ attachment }) => attachment.name),
    hashes: new Uint8Array(Buffer.from(flat.map(({ attachment }) => attachment.sha256).join(''), 'hex')),
    sizes: flat.map(({ attachment }) => attachment.sizeBytes),
    mediaTypes: flat.map(({ attachment }) => attachment.mediaType),
  }
}

/** `null` where it does not fit. */
export function unpackAttachments(
  packed: PackedAttachments | undefined,
  count: number,
): readonly (readonly Attachment[])[] | null {
  const all: Attachment[][] = Array.from({ length: count }, () => [])
  if (packed === undefined) return all
  const { of, names, sizes, mediaTypes } = packed
  const hashes = Buffer.from(packed.hashes)
  const lengths = [names.length, sizes.length, mediaTypes.length, hashes.length / HASH_BYTES]
  if (lengths.some(length => length !== of.length)) return null
  let before = 0
  for (const [i, j] of of.entries()) {
    const list = all[j]
    const [name, sizeBytes, mediaType] = [names[i], sizes[i], mediaTypes[i]]
    if (list === undefined || j < before || name === undefined || sizeBytes === undefined || mediaType === undefined)
      return null
    if (list.length === MAX_ATTACHMENTS_EACH || list.some(known => known.name === name)) return null
    const sha256 = Sha256Schema.parse(hashes.toString('hex', i * HASH_BYTES, (i + 1) * HASH_BYTES))
    list.push({ name, sha256, sizeBytes, mediaType })
    before = j
  }
  return all
}
