import { OpenAPIHono } from '@hono/zod-openapi'
import type { Health } from '../http/api-types.ts'

export const healthRoutes = (house: Omit<Health, 'status'>): OpenAPIHono => {
  const routes = new OpenAPIHono()
  routes.get('/health', c => c.json({ status: 'ok', ...house } satisfies Health))
  return routes
}
