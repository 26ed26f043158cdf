/**
 * What people say of outcomes and batches, and a reviewer's own finding. A route translates; it
 * decides nothing.
 */
import { createRoute, z } from '@hono/zod-openapi'
import { fault, InstanceIdSchema, type InstanceId } from '@murram/ground'
import { apiRouter } from '../http/api-router.ts'
import { described, jsonBody } from '../http/describe-route.ts'
import { replyFault } from '../http/reply.ts'
import type { InterviewOutcomes } from '../http/api-types.ts'
import type { Agreement } from './batch-agreement.ts'
import type { Changing } from './change-outcome.ts'
import type { OutcomeEvent, OutcomeImport } from './imports-repo.ts'
import type { ListedOutcome } from './list-outcomes.ts'
import type { ReviewOutcome } from './review-outcome.ts'
import { WORDS } from './outcome-states.ts'
import { Outcome } from './routes.ts'

export interface ImportReply extends OutcomeImport, Agreement {
  /** Outcomes whose interview a model had scored. */
  readonly scored: number
  /** By class: how often it was seen, and the sum of probabilities that the model had given it. */
  readonly seen: Readonly<Record<string, number>>
  readonly said: Readonly<Record<string, number>>
}

export interface ChangeDoor extends Changing {
  readonly imports: (limit: number) => Promise<readonly ImportReply[]>
  readonly findImport: (
    importId: string,
  ) => Promise<(ImportReply & { readonly history: readonly OutcomeEvent[] }) | undefined>
  readonly findOutcome: (
    outcomeId: string,
  ) => Promise<(ListedOutcome & { readonly history: readonly OutcomeEvent[] }) | undefined>
  readonly ofInterview: (instanceId: InstanceId) => Promise<InterviewOutcomes | undefined>
  readonly reviewOutcome: ReviewOutcome
}

const words = z.string().trim().min(1, 'is empty')
const Said = z.strictObject({ reason: words.max(1_000), by: words.max(200) })
const History = z.array(
  z.object({
    kind: z.enum(WORDS),
    reason: z.string(),
    by: z.string(),
    atMs: z.number(),
  }),
)
const Import = z
  .object({
    importId: z.string(),
    name: z.string(),
    by: z.string(),
    state: z.enum(['standing', 'withdrawn']),
    imported: z.number().int(),
    known: z.number().int(),
    refused: z.number().int(),
    createdAtMs: z.number(),
    scored: z.number().int(),
    seen: z.record(z.string(), z.number()),
    said: z.record(z.string(), z.number()),
    /** Agrees with the model far less often than chance explains; `words` says how. */
    isOdd: z.boolean(),
    words: z.string(),
  })
  .openapi('OutcomeImport')
const tags = ['models']
const ofOutcome = z.object({ outcomeId: z.string().min(1).max(100) })
const ofInterview = z.object({ instanceId: InstanceIdSchema })
const ofImport = z.object({ importId: z.string().min(1).max(100) })
const DONE = z.object({ done: z.literal(true) })

export const changeRoutes = (door: ChangeDoor) => {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/outcomes/imports',
      tags,
      summary: 'Batches of outcomes, the newest first, and whether they look like the others',
      request: { query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) }) },
      responses: described('Batches', 200, z.object({ imports: z.array(Import) })),
    }),
    async c => c.json({ imports: [...(await door.imports(c.req.valid('query').limit))] }, 200),
  )
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/outcomes/imports/{importId}',
      tags,
      summary: 'One batch of outcomes, with what was said of it',
      request: { params: ofImport },
      responses: described('The batch', 200, Import.extend({ history: History })),
    }),
    async c => {
      const { importId } = c.req.valid('param')
      const found = await door.findImport(importId)
      if (found === undefined) return replyFault(c, fault('http.not-found', `import ${importId}`))
      return c.json({ ...found, history: [...found.history] }, 200)
    },
  )
  const wordRoute = <Id extends z.ZodObject>(path: string, params: Id, summary: string) =>
    createRoute({
      method: 'post',
      path,
      tags,
      summary,
      request: { params, ...jsonBody(Said) },
      responses: described('Done, or done before', 200, DONE),
    })
  for (const [verb, summary] of [
    ['withdraw', 'A whole batch counts no longer'],
    ['restore', 'A batch that was withdrawn counts again'],
  ] as const)
    routes.openapi(wordRoute(`/outcomes/imports/{importId}/${verb}`, ofImport, summary), async c => {
      const done = await door.changeImport(c.req.valid('param').importId, verb, c.req.valid('json'))
      return done.ok ? c.json({ done: true as const }, 200) : replyFault(c, done.error)
    })
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/outcomes/{outcomeId}',
      tags,
      summary: 'One outcome, what stands of it, and what was said of it',
      request: { params: ofOutcome },
      responses: described('The outcome', 200, Outcome.extend({ history: History })),
    }),
    async c => {
      const { outcomeId } = c.req.valid('param')
      const found = await door.findOutcome(outcomeId)
      if (found === undefined) return replyFault(c, fault('http.not-found', `outcome ${outcomeId}`))
      return c.json({ ...found, history: [...found.history] }, 200)
    },
  )
  for (const [verb, summary] of [
    ['dispute', 'It is doubted: its interview trains no model until somebody settles it'],
    ['withdraw', 'It was wrong: as though it had never been'],
    ['restore', 'It stands after all, and over what others saw on the same day'],
  ] as const)
    routes.openapi(wordRoute(`/outcomes/{outcomeId}/${verb}`, ofOutcome, summary), async c => {
      const done = await door.changeOutcome(c.req.valid('param').outcomeId, verb, c.req.valid('json'))
      return done.ok ? c.json({ done: true as const }, 200) : replyFault(c, done.error)
    })
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/submissions/{instanceId}/outcomes',
      tags,
      summary: 'What is known of the household of this interview: its state, each outcome, and what people said of it',
      request: { params: ofInterview },
      responses: described('The state and the outcomes'),
    }),
    async c => {
      const { instanceId } = c.req.valid('param')
      const found = await door.ofInterview(instanceId)
      if (found === undefined) return replyFault(c, fault('http.not-found', `no interview in force: ${instanceId}`))
      return c.json(found satisfies InterviewOutcomes, 200)
    },
  )
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/submissions/{instanceId}/outcome',
      tags,
      summary: 'What a reviewer found out about the household of this interview',
      request: {
        params: ofInterview,
        ...jsonBody(
          z.strictObject({
            value: words.max(200),
            method: words.max(200),
            reviewer: words.max(200),
            /** A date (2026-11-30) or an instant (2026-11-30T14:00:00Z). */
            observedAt: words.max(40),
          }),
        ),
      },
      responses: described('The outcome', 200, z.object({ outcomeId: z.string() })),
    }),
    async c => {
      const done = await door.reviewOutcome(c.req.valid('param').instanceId, c.req.valid('json'))
      return done.ok ? c.json(done.value, 200) : replyFault(c, done.error)
    },
  )
  return routes
}
