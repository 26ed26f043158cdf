/** Scopes over HTTP. A route translates; it decides nothing. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { DeviceIdSchema, fault, type DeviceId } from '@murram/ground'
import { apiRouter } from '../http/api-router.ts'
import type { ScopeList } from '../http/api-types.ts'
import { described, jsonBody } from '../http/describe-route.ts'
import { replyFault } from '../http/reply.ts'

export interface ScopesDoor {
  readonly list: () => Promise<ScopeList>
  readonly divide: (dataset: string, property: string | null) => Promise<void>
  /** @returns Whether there is such a device. */
  readonly keepTo: (deviceId: DeviceId, scopes: readonly string[] | null) => Promise<boolean>
}

const Name = z.string().trim().min(1).max(249)

export function scopeRoutes(door: ScopesDoor): OpenAPIHono {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/scopes',
      summary: 'Which property divides which dataset, and how many entities stand in each scope',
      responses: described('Datasets and scopes.'),
    }),
    async c => c.json((await door.list()) satisfies ScopeList, 200),
  )
  routes.openapi(
    createRoute({
      method: 'put',
      path: '/scopes/datasets/{dataset}',
      summary: 'Divide a dataset by the answer to one of its properties; `null`: it is for all again',
      request: {
        params: z.object({ dataset: Name }),
        ...jsonBody(z.object({ property: Name.max(500).nullable() })),
      },
      responses: described('Datasets and scopes.'),
    }),
    async c => {
      await door.divide(c.req.valid('param').dataset, c.req.valid('json').property)
      return c.json((await door.list()) satisfies ScopeList, 200)
    },
  )
  routes.openapi(
    createRoute({
      method: 'put',
      path: '/devices/{deviceId}/scopes',
      summary: 'What a device may see; `null`: everything. Its session ends, and the next one shows it that',
      request: {
        params: z.object({ deviceId: DeviceIdSchema }),
        ...jsonBody(z.object({ scopes: z.array(Name).max(1_000).nullable() })),
      },
      responses: described('Datasets and scopes.'),
    }),
    async c => {
      const { deviceId } = c.req.valid('param')
      if (!(await door.keepTo(deviceId, c.req.valid('json').scopes)))
        return replyFault(c, fault('http.not-found', `device ${deviceId}`))
      return c.json((await door.list()) satisfies ScopeList, 200)
    },
  )
  return routes
}
