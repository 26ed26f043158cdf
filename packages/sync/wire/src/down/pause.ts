/**
 * `pause`, collector → agent: more came than one device may send; nothing more is read for a
 * while. Nothing is lost and nothing has to be sent again: what was sent waits in the socket.
 * Since version 2; an older agent only sees a slow link.
 */
import { z } from 'zod'
import { Counter } from '../vocabulary.ts'

export const PauseSchema = z.strictObject({ type: z.literal('pause'), retryAfterMs: Counter.max(600_000) })
