/**
 * `piece`, agent → collector: the bytes of an offered file from `offset` on. Answered by one
 * `have`, each in its turn. Since version 2.
 */
import { z } from 'zod'
import { ByteString, Counter } from '../vocabulary.ts'

/** Four seconds of 32 kbit/s at most; how much less is the sender's to measure. */
export const MAX_PIECE_BYTES = 16_000

export const PieceSchema = z.strictObject({
  type: z.literal('piece'),
  offer: Counter,
  offset: Counter,
  bytes: ByteString.refine(({ length }) => length > 0 && length <= MAX_PIECE_BYTES, 'is not a piece'),
})
export type Piece = z.infer<typeof PieceSchema>
