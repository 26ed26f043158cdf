/** The house as a whole: is it well, and its first page. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Health, Summary } from '../http/api-types.ts'
import { apiRouter } from '../http/api-router.ts'
import { described } from '../http/describe-route.ts'

const HealthShape = z.object({
  status: z.literal('ok'),
  projectId: z.string(),
  demo: z.boolean(),
  epoch: z.number().int(),
})

export function healthRoutes(house: Omit<Health, 'status'>): OpenAPIHono {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/health',
      security: [],
      summary: 'Is the collector well, and in which life of its database',
      responses: described('It is.', 200, HealthShape),
    }),
    c => c.json({ status: 'ok', ...house } satisfies Health, 200),
  )
  return routes
}

export function summaryRoutes(summarise: () => Promise<Summary>): OpenAPIHono {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/summary',
      summary: 'The figures of the first page',
      responses: described('Figures.'),
    }),
    async c => c.json((await summarise()) as object, 200),
  )
  return routes
}
