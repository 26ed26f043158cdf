import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Registry } from 'prom-client'
import { apiRouter } from '../http/api-router.ts'

export const metricRoutes = (registry: Registry): OpenAPIHono => {
  const routes = apiRouter()
  routes.openAPIRegistry.registerPath(
    createRoute({
      method: 'get',
      path: '/metrics',
      security: [],
      summary: 'Figures for Prometheus',
      responses: { 200: { description: 'Figures.', content: { 'text/plain': {} } } },
    }),
  )
  routes.get('/metrics', async c => c.body(await registry.metrics(), 200, { 'Content-Type': registry.contentType }))
  return routes
}
