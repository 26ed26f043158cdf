/** Follow-ups: plan them, list them, cancel one. A route translates; it decides nothing. */
import { createRoute, z } from '@hono/zod-openapi'
import type { FaultOf, Result } from '@murram/ground'
import { apiRouter } from '../http/api-router.ts'
import type { FollowUpList, FollowUpRowJson, PlannedReply } from '../http/api-types.ts'
import { replyFault } from '../http/reply.ts'
import type { FollowUpQuery, ListedFollowUp } from './follow-up-repo.ts'
import type { PlanFollowUps } from './plan-follow-ups.ts'

export interface FollowUpDoor {
  readonly plan: PlanFollowUps
  readonly list: (query: FollowUpQuery) => Promise<readonly ListedFollowUp[]>
  readonly cancel: (
    followUpId: string,
    reason: string,
  ) => Promise<Result<ListedFollowUp, FaultOf<'http.not-found'> | FaultOf<'follow-ups.over'>>>
}

const FollowUp = z
  .object({
    followUpId: z.string(),
    instanceId: z.string(),
    entityId: z.string(),
    label: z.string(),
    modelName: z.string(),
    formId: z.string(),
    selection: z.enum(['audit', 'decision']),
    probability: z.number(),
    officer: z.string().nullable(),
    plannedAtMs: z.number(),
    dueFromMs: z.number().nullable(),
    dueToMs: z.number().nullable(),
    state: z.enum(['proposed', 'sent', 'done', 'cancelled', 'expired']),
    sentAtMs: z.number().nullable(),
    endedAtMs: z.number().nullable(),
    doneBy: z.enum(['outcome', 'visit']).nullable(),
    reason: z.string().nullable(),
  })
  .openapi('FollowUp')

const counts = 'drawn audits decisions notNeeded sent done expired'.split(' ') as (keyof PlannedReply)[]
const Planned = z
  .object(Object.fromEntries(counts.map(name => [name, z.number().int()])) as Record<keyof PlannedReply, z.ZodNumber>)
  .openapi('FollowUpsPlanned')

const tags = ['models']
const json = <T extends z.ZodType>(schema: T, description: string) => ({
  content: { 'application/json': { schema } },
  description,
})

/** In the order of the schema, and nothing that is not in it. */
const rowJson = (row: ListedFollowUp): FollowUpRowJson => FollowUp.parse(row)

export const followUpRoutes = (door: FollowUpDoor) =>
  apiRouter()
    .openapi(
      createRoute({
        method: 'post',
        path: '/follow-ups/plan',
        tags,
        summary: 'Draw what was not drawn yet and send what is due; dry: only say what would be',
        request: {
          body: json(z.strictObject({ modelName: z.string(), dryRun: z.boolean().default(false) }), 'Of which model'),
        },
        responses: { 200: json(Planned, 'How many were drawn, chosen and sent') },
      }),
      async c => {
        const planned = await door.plan(c.req.valid('json'))
        return planned.ok ? c.json(planned.value satisfies PlannedReply, 200) : replyFault(c, planned.error)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/follow-ups',
        tags,
        summary: 'Follow-up visits, the one planned last first',
        request: {
          query: z.object({
            modelName: z.string().optional(),
            state: FollowUp.shape.state.optional(),
            selection: FollowUp.shape.selection.optional(),
            officer: z.string().optional(),
            entityId: z.string().optional(),
            limit: z.coerce.number().int().min(1).max(1_000).default(100),
            after: z.string().max(100).optional(),
          }),
        },
        responses: {
          200: json(
            z.object({ followUps: z.array(FollowUp), next: z.string().nullable() }),
            'Follow-ups; pass `next` as `after` for more',
          ),
        },
      }),
      async c => {
        const query = c.req.valid('query')
        const followUps = (await door.list(query)).map(rowJson)
        const next = followUps.length < query.limit ? null : (followUps.at(-1)?.followUpId ?? null)
        return c.json({ followUps, next } satisfies FollowUpList, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/follow-ups/{followUpId}/cancel',
        tags,
        summary: 'Nobody is to go: the task leaves the laptops; how likely it was to be chosen stays',
        request: {
          params: z.object({ followUpId: z.string().max(100) }),
          body: json(z.strictObject({ reason: z.string().trim().min(1).max(1_000) }), 'Why, in words'),
        },
        responses: { 200: json(FollowUp, 'The follow-up as it is now') },
      }),
      async c => {
        const done = await door.cancel(c.req.valid('param').followUpId, c.req.valid('json').reason)
        return done.ok ? c.json(rowJson(done.value), 200) : replyFault(c, done.error)
      },
    )
