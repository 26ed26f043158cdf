/** Verified outcomes in, and out again. A route translates; it decides nothing. */
import { createRoute, z } from '@hono/zod-openapi'
import { fault } from '@murram/ground'
import { apiRouter } from '../http/api-router.ts'
import { replyFault, replyOf } from '../http/reply.ts'
import type { ImportOutcomes, OutcomeInput } from './import-outcomes.ts'
import { SELECTIONS } from './outcome-states.ts'

export interface OutcomeDoor {
  readonly importOutcomes: ImportOutcomes
  readonly list: (page: { readonly limit: number; readonly after: number }) => Promise<readonly StoredOutcome[]>
}

const Outcome = z
  .object({
    seq: z.number().int(),
    instanceId: z.string(),
    formId: z.string(),
    value: z.string(),
    method: z.string(),
    verifier: z.string(),
    observedAtMs: z.number(),
    importedAtMs: z.number(),
    selection: z.enum(SELECTIONS),
    /** Of having been chosen; null where nobody planned it. */
    probability: z.number().nullable(),
  })
  .openapi('Outcome')
export type StoredOutcome = z.infer<typeof Outcome>

const Refusal = z.object({
  row: z.number().int(),
  fault: z.object({ fault: z.string(), what: z.string(), mend: z.string(), detail: z.string().optional() }),
})
const tags = ['models']

export const outcomeRoutes = ({ importOutcomes, list }: OutcomeDoor) => {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/outcomes',
      tags,
      summary: 'Import verified outcomes; a bad row is refused alone',
      request: {
        body: {
          description:
            'A list of rows, or a CSV file with the columns entityId or instanceId, value, method, verifier, observedAt; and, where a plan chose whom to look at, selection (audit or decision) and probability.',
          content: { 'application/json': { schema: z.array(z.unknown()) }, 'text/csv': { schema: z.string() } },
        },
      },
      responses: {
        200: {
          description: 'How many were new, how many were here already, and which were refused',
          content: {
            'application/json': {
              schema: z.object({ imported: z.number(), known: z.number(), refused: z.array(Refusal) }),
            },
          },
        },
      },
    }),
    async c => {
      const input = await readInput(c.req.header('Content-Type') ?? '', c.req)
      if (input === null) return replyFault(c, fault('http.bad-request', 'send a JSON list of rows, or text/csv'))
      const done = await importOutcomes(input)
      if (!done.ok) return replyFault(c, done.error)
      const { imported, known, refused } = done.value
      return c.json(
        { imported, known, refused: refused.map(one => ({ row: one.row, fault: replyOf(one.fault) })) },
        200,
      )
    },
  )
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/outcomes',
      tags,
      summary: 'Verified outcomes in the order of their import',
      request: {
        query: z.object({
          limit: z.coerce.number().int().min(1).max(1_000).default(100),
          after: z.coerce.number().int().min(0).default(0),
        }),
      },
      responses: {
        200: {
          description: 'Outcomes; pass `next` as `after` for more',
          content: {
            'application/json': { schema: z.object({ outcomes: z.array(Outcome), next: z.number().nullable() }) },
          },
        },
      },
    }),
    async c => {
      const page = c.req.valid('query')
      const outcomes = [...(await list(page))]
      return c.json({ outcomes, next: outcomes.length < page.limit ? null : (outcomes.at(-1)?.seq ?? null) }, 200)
    },
  )
  return routes
}

async function readInput(contentType: string, request: { text(): Promise<string> }): Promise<OutcomeInput | null> {
  const body = await request.text()
  if (!contentType.includes('json')) return { csv: body }
  try {
    const parsed: unknown = JSON.parse(body)
    return Array.isArray(parsed) ? { list: parsed } : null
  } catch {
    return null
  }
}
