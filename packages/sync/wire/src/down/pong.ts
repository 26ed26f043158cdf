/** `pong`, collector → agent: here. */
import { z } from 'zod'

export const PongSchema = z.strictObject({ type: z.literal('pong') })
