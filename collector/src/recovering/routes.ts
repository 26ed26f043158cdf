/** What a restore has brought back and what not, and the word of a person that it is enough. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Fault, Result } from '@murram/ground'
import type { RecoveryReport } from '../http/api-types.ts'
import { apiRouter } from '../http/api-router.ts'
import { described, jsonBody } from '../http/describe-route.ts'
import { replyFault } from '../http/reply.ts'

export interface RecoveringDoor {
  readonly report: () => Promise<RecoveryReport>
  readonly close: (note: string | null) => Promise<Result<RecoveryReport, Fault>>
}

export function recoveringRoutes(door: RecoveringDoor): OpenAPIHono {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/recovering',
      summary: 'After a restore: who has come since, what they sent again, and what is known to be missing',
      responses: described('The report.'),
    }),
    async c => c.json((await door.report()) satisfies RecoveryReport, 200),
  )
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/recovering/close',
      summary: 'The recovery is over: training, releases and sweeps go on',
      request: jsonBody(z.object({ note: z.string().max(1_000).optional() })),
      responses: described('The report.'),
    }),
    async c => {
      const closed = await door.close(c.req.valid('json').note ?? null)
      return closed.ok ? c.json(closed.value satisfies RecoveryReport, 200) : replyFault(c, closed.error)
    },
  )
  return routes
}
