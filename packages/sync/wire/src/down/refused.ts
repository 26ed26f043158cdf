/** `refused`, collector → agent: not like this, with the reason. What is queued stays queued. */
import { z } from 'zod'
import { FaultSchema } from '../vocabulary.ts'

export const RefusedSchema = z.strictObject({ type: z.literal('refused'), fault: FaultSchema })
