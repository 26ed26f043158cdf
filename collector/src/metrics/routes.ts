import { OpenAPIHono } from '@hono/zod-openapi'
import type { Registry } from 'prom-client'

export const metricRoutes = (registry: Registry): OpenAPIHono => {
  const routes = new OpenAPIHono()
  routes.get('/metrics', async c => c.body(await registry.metrics(), 200, { 'Content-Type': registry.contentType }))
  return routes
}
