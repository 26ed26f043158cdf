/** The two shapes that nearly every route has, said once for the API's description. */
import { z } from '@hono/zod-openapi'

export const jsonBody = <T extends z.ZodType>(schema: T) => ({
  body: { required: true, content: { 'application/json': { schema } } },
})

const Anything = z.object({}).loose()

/**
 * What a success holds is typed in `api-types.ts`; `shape` describes it for readers of the API.
 * Every route may answer a fault.
 */
export const described = (description: string, status: 200 | 201 | 202 = 200, shape: z.ZodType = Anything) => ({
  [status]: { description, content: { 'application/json': { schema: shape } } },
  default: {
    description: 'A fault: its code, what happened, and what to do next.',
    content: {
      'application/json': {
        schema: z.object({ fault: z.string(), what: z.string(), mend: z.string(), detail: z.string().optional() }),
      },
    },
  },
})
