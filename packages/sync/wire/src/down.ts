/** Whatever a collector says to an agent. */
import type { Result } from '@murram/ground'
import { z } from 'zod'
import { AckSchema, packAck } from './down/ack.ts'
import { ChallengeSchema } from './down/challenge.ts'
import { ChunkSchema } from './down/chunk.ts'
import { HaveSchema } from './down/have.ts'
import { HintSchema } from './down/hint.ts'
import { OrderSchema } from './down/order.ts'
import { firstPage, packPage, PageSchema } from './down/page.ts'
import { PatchSchema } from './down/patch.ts'
import { PauseSchema } from './down/pause.ts'
import { PongSchema } from './down/pong.ts'
import { RefusedSchema } from './down/refused.ts'
import { TrustSchema } from './down/trust.ts'
import { WelcomeSchema } from './down/welcome.ts'
import { decodeFrame, encodeFrame, type DecodeFault } from './frame.ts'
import { MIN_PROTOCOL_VERSION, PROTOCOL_WITH_MORE } from './protocol-version.ts'

export const DownSchema = z.discriminatedUnion('type', [
  ChallengeSchema,
  WelcomeSchema,
  AckSchema,
  PageSchema,
  ChunkSchema,
  PatchSchema,
  RefusedSchema,
  HintSchema,
  PongSchema,
  HaveSchema,
  OrderSchema,
  PauseSchema,
  TrustSchema,
])
export type Down = z.infer<typeof DownSchema>

/** @param protocol What the agent speaks. */
export function encodeDown(message: Down, protocol = MIN_PROTOCOL_VERSION): Uint8Array {
  if (message.type === 'ack') return encodeFrame(packAck(message))
  if (message.type !== 'page') return encodeFrame(message)
  return encodeFrame(protocol >= PROTOCOL_WITH_MORE ? packPage(message, protocol) : firstPage(message))
}
export const decodeDown = (frame: Uint8Array): Result<Down, DecodeFault> => decodeFrame(DownSchema, frame)
