/** Entities, conflicts and aliases over HTTP. A route translates; it decides nothing. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { EntityIdSchema, fault, type EntityId, type Fault, type Result } from '@murram/ground'
import type { ConflictList, ConflictRow, EntityDetail, EntityList, OwnSubmission } from '../http/api-types.ts'
import { apiRouter } from '../http/api-router.ts'
import { described, jsonBody } from '../http/describe-route.ts'
import { replyFault } from '../http/reply.ts'
import type { Decisions } from './decisions.ts'
import type { EntityQuery } from './entity-queries.ts'

export interface EntitiesDoor extends Decisions {
  readonly list: (query: EntityQuery) => Promise<EntityList>
  readonly find: (entityId: EntityId) => Promise<EntityDetail | undefined>
  readonly conflicts: (state: 'open' | 'settled' | undefined) => Promise<readonly ConflictRow[]>
}

export function entityRoutes(door: EntitiesDoor): OpenAPIHono {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/entities',
      summary: 'Entities, the one changed last first',
      request: {
        query: z.object({
          limit: z.coerce.number().int().min(1).max(1_000).default(100),
          after: z
            .string()
            .regex(/^\d+~[0-9a-f-]{36}$/)
            .optional(),
          q: z.string().max(200).optional(),
          dataset: z.string().max(249).optional(),
        }),
      },
      responses: described('Entities, how many there are, and where the next ones begin.'),
    }),
    async c => {
      const { limit, ...filters } = c.req.valid('query')
      const given = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined))
      return c.json((await door.list({ limit, ...given })) as object, 200)
    },
  )
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/entities/{entityId}',
      summary: 'One entity: what stands, who wrote it, what is in conflict',
      request: { params: z.object({ entityId: EntityIdSchema }) },
      responses: described('The entity.'),
    }),
    async c => {
      const { entityId } = c.req.valid('param')
      const found = await door.find(entityId)
      return found === undefined
        ? replyFault(c, fault('http.not-found', `entity ${entityId}`))
        : c.json(found as object, 200)
    },
  )
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/conflicts',
      summary: 'Where two answers met, open ones first',
      request: { query: z.object({ state: z.enum(['open', 'settled']).optional() }) },
      responses: described('Conflicts.'),
    }),
    async c =>
      c.json({ conflicts: await door.conflicts(c.req.valid('query').state) } satisfies ConflictList as object, 200),
  )
  addDecisions(routes, door)
  return routes
}

const decided = described('The submission of the collector that says so.')

function addDecisions(routes: OpenAPIHono, door: EntitiesDoor): void {
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/conflicts/{conflictId}/settle',
      summary: 'Choose one of the two answers',
      request: {
        params: z.object({ conflictId: z.string().max(64) }),
        ...jsonBody(z.object({ choose: z.enum(['stands', 'other']) })),
      },
      responses: decided,
    }),
    async c => reply(c, await door.settle(c.req.valid('param').conflictId, c.req.valid('json').choose)),
  )
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/aliases',
      summary: 'Declare that two entities are one',
      request: jsonBody(z.object({ alias: EntityIdSchema, of: EntityIdSchema })),
      responses: decided,
    }),
    async c => reply(c, await door.join(c.req.valid('json').alias, c.req.valid('json').of)),
  )
  routes.openapi(
    createRoute({
      method: 'delete',
      path: '/aliases/{alias}',
      summary: 'Undo it: they are two again',
      request: { params: z.object({ alias: EntityIdSchema }) },
      responses: decided,
    }),
    async c => reply(c, await door.part(c.req.valid('param').alias)),
  )
}

const reply = (c: Parameters<typeof replyFault>[0], done: Result<OwnSubmission, Fault>) =>
  done.ok ? (c.json(done.value as object, 200) as never) : replyFault(c, done.error)
