/** `auth`, agent → collector: the signature over the challenge. Answered by `welcome` or `refused`. */
import { z } from 'zod'
import { Signature } from '../vocabulary.ts'

export const AuthSchema = z.strictObject({ type: z.literal('auth'), answer: Signature })
