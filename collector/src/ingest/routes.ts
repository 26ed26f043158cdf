import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Fault } from '@murram/ground'
import { stampMillis, type Stamp } from '@murram/fold'
import type { SubmissionList, SubmissionRow } from '../http/api-types.ts'
import { apiRouter } from '../http/api-router.ts'
import { described } from '../http/describe-route.ts'
import { replyOf } from '../http/reply.ts'
import type { FoundSubmission, SubmissionQuery } from './submission-repo.ts'

export function submissionRoutes(list: (query: SubmissionQuery) => Promise<readonly FoundSubmission[]>): OpenAPIHono {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/submissions',
      summary: 'Submissions, the newest first',
      request: {
        query: z.object({
          limit: z.coerce.number().int().min(1).max(1_000).default(100),
          after: z.coerce.number().int().optional(),
          formId: z.string().optional(),
          deviceId: z.string().optional(),
          state: z.enum(['applied', 'held', 'waiting', 'returned', 'quarantined', 'void']).optional(),
          kind: z.enum(['interview', 'decision']).optional(),
          review: z.enum(['none', 'approved', 'returned']).optional(),
          overridden: z
            .enum(['true', 'false'])
            .transform(said => said === 'true')
            .optional(),
          instanceId: z.string().max(100).optional(),
          entityId: z.string().optional(),
        }),
      },
      responses: described('Submissions, and where the next ones begin.'),
    }),
    async c => {
      const { limit, ...filters } = c.req.valid('query')
      const given = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined))
      const found = await list({ limit, ...given })
      const reply: SubmissionList = {
        submissions: found.map(toRow),
        next: found.length < limit ? null : (found.at(-1)?.seq ?? null),
      }
      return c.json(reply as object, 200)
    },
  )
  return routes
}

/** What is finished offline comes weeks late, but never before it was made. */
const AHEAD_MS = 10 * 60_000
/** Nothing was collected with this before: a clock without a battery begins in 1970 or with its own making. */
const FIRST_MS = Date.UTC(2024, 0)

const clockOf = (finalisedAtMs: number, receivedAtMs: number): SubmissionRow['clock'] => {
  if (finalisedAtMs > receivedAtMs + AHEAD_MS) return 'ahead'
  return finalisedAtMs < FIRST_MS ? 'dead' : null
}

const toRow = ({ body, stamp, reason, ...row }: FoundSubmission): SubmissionRow => ({
  ...row,
  reason: reason === null ? null : replyOf(reason as Fault),
  finalisedAtMs: stampMillis(stamp as Stamp),
  clock: clockOf(stampMillis(stamp as Stamp), row.receivedAtMs),
  answers: body.answers ?? {},
  assessment: body.assessment ?? null,
})
