/** `chunk`, collector → agent: a piece of a content-addressed file. What it adds up to must have the hash. */
import { Sha256Schema } from '@murram/ground'
import { z } from 'zod'
import { ByteString, Counter } from '../vocabulary.ts'

export const ChunkSchema = z.strictObject({
  type: z.literal('chunk'),
  sha256: Sha256Schema,
  offset: Counter,
  totalBytes: Counter,
  bytes: ByteString,
})
export type Chunk = z.infer<typeof ChunkSchema>
