/** Whatever an agent says to a collector. */
import { z } from 'zod'
import { decodeFrame, encodeFrame, toBody, type DecodeFault } from './frame.ts'
import type { FrameMemory } from './frame-memory.ts'
import { AuthSchema } from './up/auth.ts'
import { HelloSchema } from './up/hello.ts'
import { OfferSchema } from './up/offer.ts'
import { PieceSchema } from './up/piece.ts'
import { PingSchema } from './up/ping.ts'
import { PullSchema } from './up/pull.ts'
import { packPush, PushBatchSchema, type PushBatch } from './up/push-batch.ts'
import { ReportSchema } from './up/report.ts'
import { VoidSchema } from './up/void.ts'
import { WantSchema } from './up/want.ts'
import type { Result } from '@murram/ground'

export const UpSchema = z.discriminatedUnion('type', [
  HelloSchema,
  AuthSchema,
  PushBatchSchema,
  PullSchema,
  WantSchema,
  ReportSchema,
  PingSchema,
  OfferSchema,
  PieceSchema,
  VoidSchema,
])
export type Up = z.infer<typeof UpSchema>

export const encodeUp = (message: Up): Uint8Array => encodeFrame(message.type === 'push' ? packPush(message) : message)
export const toPushBody = (message: PushBatch): Uint8Array => toBody(packPush(message))
/** @param memory One a session, for all its frames. */
export const decodeUp = (frame: Uint8Array, memory?: FrameMemory): Result<Up, DecodeFault> =>
  decodeFrame(UpSchema, frame, memory)
