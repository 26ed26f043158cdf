/** `hint`, collector → agent: the feed has grown. Only a hint: the poll is the truth. */
import { z } from 'zod'
import { Counter } from '../vocabulary.ts'

export const HintSchema = z.strictObject({ type: z.literal('hint'), feedNumber: Counter })
