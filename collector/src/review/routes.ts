/** Reviews, and held submissions tried again, over HTTP. A route translates; it decides nothing. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { fault, InstanceIdSchema, type Fault, type InstanceId, type Result } from '@murram/ground'
import type { FoldAgain } from '../fold/fold-again.ts'
import type { Reconsidered } from '../fold/reconsider.ts'
import { apiRouter } from '../http/api-router.ts'
import type { FoldedAgainReply, FoldReply, ReviewList, ReviewReply, ReviewRowJson } from '../http/api-types.ts'
import { described, jsonBody } from '../http/describe-route.ts'
import { replyFault, replyOf } from '../http/reply.ts'
import type { Reviewing } from './decide-review.ts'

export interface ReviewDoor extends Reviewing {
  readonly foldAgain: FoldAgain
  /** All that was ever said of it, the newest first. */
  readonly reviews: (about: InstanceId) => Promise<readonly ReviewRowJson[]>
}

const ofSubmission = { params: z.object({ instanceId: InstanceIdSchema }) }
const comment = z.object({
  path: z.string().min(1).max(500).nullable().default(null),
  text: z.string().trim().min(1).max(4_000),
})

export function reviewRoutes(door: ReviewDoor): OpenAPIHono {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/submissions/{instanceId}/review',
      summary: 'Approve it, return it with comments to its author, or restore it',
      request: {
        ...ofSubmission,
        ...jsonBody(
          z.object({
            verdict: z.enum(['approve', 'return', 'restore']),
            comments: z
              .array(comment)
              .max(200)
              .default([])
              .refine(all => JSON.stringify(all).length <= 30_000, 'all comments together are too long to be sent'),
            seen: InstanceIdSchema.nullable().optional(),
          }),
        ),
      },
      responses: described('The submission of the collector that says so, and what became of the one it is about.'),
    }),
    async c => {
      const { seen, ...request } = c.req.valid('json')
      const given = { ...request, ...(seen === undefined ? {} : { seen }) }
      return reply(c, await door.review(c.req.valid('param').instanceId, given))
    },
  )
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/submissions/{instanceId}/undo',
      summary: 'Take a settlement, an alias or a review back: as though it had not been made',
      request: ofSubmission,
      responses: described('The submission of the collector that says so.'),
    }),
    async c => reply(c, await door.undo(c.req.valid('param').instanceId)),
  )
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/submissions/{instanceId}/reviews',
      summary: 'What was said of it by reviewers, the newest first',
      request: ofSubmission,
      responses: described('Reviews, those taken back among them.'),
    }),
    async c => {
      const { instanceId } = c.req.valid('param')
      return c.json({ reviews: await door.reviews(instanceId) } satisfies ReviewList as object, 200)
    },
  )
  addFoldAgain(routes, door.foldAgain)
  return routes
}

function addFoldAgain(routes: OpenAPIHono, foldAgain: FoldAgain): void {
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/submissions/fold-held',
      summary: 'Try to fold all that is held',
      responses: described('How many were tried and folded, and the others with the reason they have now.'),
    }),
    async c => {
      const { tried, folded, notFolded } = await foldAgain.all()
      return c.json({ tried, folded, notFolded: notFolded.map(toReply) } satisfies FoldedAgainReply as object, 200)
    },
  )
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/submissions/{instanceId}/fold',
      summary: 'Try to fold one that is held',
      request: ofSubmission,
      responses: described('Its state now, with the reason where it is not folded.'),
    }),
    async c => {
      const { instanceId } = c.req.valid('param')
      const done = await foldAgain.one(instanceId)
      return done === undefined
        ? replyFault(c, fault('http.not-found', `submission ${instanceId}, or its text cannot be read`))
        : c.json(toReply(done) as object, 200)
    },
  )
}

const toReply = ({ instanceId, state, reason }: Reconsidered): FoldReply => ({
  instanceId,
  state,
  reason: reason === null ? null : replyOf(reason),
})

const reply = (c: Parameters<typeof replyFault>[0], done: Result<ReviewReply, Fault>) =>
  done.ok ? (c.json(done.value as object, 200) as never) : replyFault(c, done.error)
