/**
 * `offer`, agent → collector: a file that is to go up, by its content. Answered by one `have`.
 * Since version 2.
 *
 * `offer` numbers it within the session, so that each piece need not repeat 32 bytes of hash:
 * on 32 kbit/s a piece is small.
 */
import { Sha256Schema } from '@murram/ground'
import { z } from 'zod'
import { AttachmentSizeSchema, MediaTypeSchema } from '../packed-attachments.ts'
import { Counter } from '../vocabulary.ts'

/** attachment: a submission of this device names it · copy: sealed, for this device alone · carried: sealed, of others. */
export const UPLOAD_PURPOSES = ['attachment', 'copy', 'carried'] as const
export type UploadPurpose = (typeof UPLOAD_PURPOSES)[number]

export const OfferSchema = z.strictObject({
  type: z.literal('offer'),
  offer: Counter,
  sha256: Sha256Schema,
  sizeBytes: AttachmentSizeSchema,
  mediaType: MediaTypeSchema,
  purpose: z.enum(UPLOAD_PURPOSES),
})
export type Offer = z.infer<typeof OfferSchema>
