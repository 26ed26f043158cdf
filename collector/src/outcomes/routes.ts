/** Verified outcomes in, and out again. A route translates; it decides nothing. */
import { randomUUID } from 'node:crypto'
import { createRoute, z } from '@hono/zod-openapi'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { apiRouter } from '../http/api-router.ts'
import { replyFault, replyOf } from '../http/reply.ts'
import { textOfTable } from './csv-records.ts'
import type { ImportOutcomes, OutcomeInput } from './import-outcomes.ts'
import type { ListedPage, OutcomePage } from './list-outcomes.ts'
import { OUTCOME_SOURCES, OWN_STATES, SELECTIONS } from './outcome-states.ts'

export interface OutcomeDoor {
  readonly importOutcomes: ImportOutcomes
  readonly list: (page: OutcomePage) => Promise<ListedPage>
}

export const Outcome = z
  .object({
    seq: z.number().int(),
    outcomeId: z.string(),
    state: z.enum(OWN_STATES),
    /** Why it does not count, where that is not said of it itself. */
    why: z.string().nullable(),
    /** It is what is known of its interview. */
    stands: z.boolean(),
    instanceId: z.string(),
    formId: z.string(),
    value: z.string(),
    method: z.string(),
    verifier: z.string(),
    observedAtMs: z.number(),
    importedAtMs: z.number(),
    source: z.enum(OUTCOME_SOURCES),
    importId: z.string().nullable(),
    /** The follow-up submission that says so. */
    sourceInstanceId: z.string().nullable(),
    selection: z.enum(SELECTIONS),
    /** Of having been chosen; null where nobody planned it. */
    probability: z.number().nullable(),
  })
  .openapi('Outcome')

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
        query: z.object({
          /** The pieces of one file have one id; without it each request is a batch of its own. */
          importId: z
            .string()
            .regex(/^[A-Za-z0-9-]{8,100}$/)
            .optional(),
          name: z.string().trim().min(1).max(200).default('sent to the API'),
          by: z.string().trim().min(1).max(200).default('the API'),
          /** Rows whose batch was withdrawn are to count again. */
          restore: z.enum(['true', 'false']).default('false'),
          /** More pieces of this batch follow: no run is considered before the last. */
          more: z.enum(['true', 'false']).default('false'),
        }),
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
              schema: z.object({
                importId: z.string(),
                imported: z.number(),
                known: z.number(),
                /** Known rows that stay withdrawn, because the batch they came in was. */
                withdrawn: z.number(),
                refused: z.array(Refusal),
                /** Rows that were taken, and may be a mistake. */
                notes: z.array(z.object({ rows: z.array(z.number().int()), note: z.string() })),
              }),
            },
          },
        },
      },
    }),
    async c => {
      const read = await readInput(c.req.header('Content-Type') ?? '', c.req)
      if (!read.ok) return replyFault(c, read.error)
      const input = read.value
      const { importId = randomUUID(), name, by, restore, more } = c.req.valid('query')
      const done = await importOutcomes(input, {
        importId,
        name,
        by,
        restore: restore === 'true',
        more: more === 'true',
      })
      if (!done.ok) return replyFault(c, done.error)
      const { refused, notes, ...counts } = done.value
      const told = notes.map(({ rows, note }) => ({ rows: [...rows], note }))
      return c.json(
        { ...counts, notes: told, refused: refused.map(one => ({ row: one.row, fault: replyOf(one.fault) })) },
        200,
      )
    },
  )
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/outcomes',
      tags,
      summary: 'Outcomes in the order in which they came, with what stands of each',
      request: {
        query: z.object({
          state: z.enum(OWN_STATES).optional(),
          instanceId: z.string().optional(),
          importId: z.string().optional(),
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
      const { outcomes, next } = await list(c.req.valid('query'))
      return c.json({ outcomes: [...outcomes], next }, 200)
    },
  )
  return routes
}

async function readInput(
  contentType: string,
  request: { arrayBuffer(): Promise<ArrayBuffer> },
): Promise<Result<OutcomeInput, Fault>> {
  const text = textOfTable(new Uint8Array(await request.arrayBuffer()))
  if (!text.ok) return text
  if (!contentType.includes('json')) return ok({ csv: text.value })
  try {
    const parsed: unknown = JSON.parse(text.value)
    if (Array.isArray(parsed)) return ok({ list: parsed })
  } catch {
    // said below
  }
  return err(fault('http.bad-request', 'send a JSON list of rows, or text/csv'))
}
