/** `ping`, agent → collector: are you there. Answered by `pong`. */
import { z } from 'zod'

export const PingSchema = z.strictObject({ type: z.literal('ping') })
