/** Whatever a collector says to an agent. */
import type { Result } from '@murram/ground'
import { z } from 'zod'
import { AckSchema, packAck } from './down/ack.ts'
import { ChallengeSchema } from './down/challenge.ts'
import { ChunkSchema } from './down/chunk.ts'
import { HintSchema } from './down/hint.ts'
import { PageSchema } from './down/page.ts'
import { PongSchema } from './down/pong.ts'
import { RefusedSchema } from './down/refused.ts'
import { WelcomeSchema } from './down/welcome.ts'
import { decodeFrame, encodeFrame, type DecodeFault } from './frame.ts'

export const DownSchema = z.discriminatedUnion('type', [
  ChallengeSchema,
  WelcomeSchema,
  AckSchema,
  PageSchema,
  ChunkSchema,
  RefusedSchema,
  HintSchema,
  PongSchema,
])
export type Down = z.infer<typeof DownSchema>

export const encodeDown = (message: Down): Uint8Array =>
  encodeFrame(message.type === 'ack' ? packAck(message) : message)
export const decodeDown = (frame: Uint8Array): Result<Down, DecodeFault> => decodeFrame(DownSchema, frame)
