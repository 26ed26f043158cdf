/** Households that may be one, over HTTP. A route translates; it decides nothing. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { EntityIdSchema, type EntityId, type Fault, type Result } from '@murram/ground'
import { apiRouter } from '../http/api-router.ts'
import { described, jsonBody } from '../http/describe-route.ts'
import { replyFault } from '../http/reply.ts'
import type { DuplicateList, OwnSubmission } from '../http/api-types.ts'
import type { ListQuery } from './duplicate-repo.ts'
import { DuplicateRulesSchema, type DuplicateRules } from './duplicate-rules.ts'

export interface DuplicatesDoor {
  readonly list: (query: ListQuery) => Promise<DuplicateList>
  readonly accept: (keep: EntityId, alias: EntityId) => Promise<Result<OwnSubmission, Fault>>
  readonly decide: (
    a: EntityId,
    b: EntityId,
    state: 'open' | 'dismissed',
  ) => Promise<Result<OwnSubmission | null, Fault>>
  readonly rulesOf: (dataset: string) => Promise<DuplicateRules>
  readonly putRules: (dataset: string, rules: DuplicateRules) => Promise<void>
  /** Now, and not in a while. */
  readonly look: () => Promise<number | 'elsewhere'>
}

const pair = z.object({ a: EntityIdSchema, b: EntityIdSchema })
const ofDataset = { params: z.object({ dataset: z.string().min(1).max(249) }) }

export function duplicateRoutes(door: DuplicatesDoor): OpenAPIHono {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/duplicates',
      summary: 'Entities that may be one, the most alike first',
      request: {
        query: z.object({
          state: z.enum(['open', 'dismissed']).default('open'),
          dataset: z.string().max(249).optional(),
          limit: z.coerce.number().int().min(1).max(500).default(50),
        }),
      },
      responses: described('Pairs, each with its score and the reasons in words, and how many there are.'),
    }),
    async c => {
      const { dataset, ...query } = c.req.valid('query')
      return c.json((await door.list({ ...query, ...(dataset === undefined ? {} : { dataset }) })) as object, 200)
    },
  )
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/duplicates/accept',
      summary: 'They are one: an alias, undone by DELETE /aliases/{alias}',
      request: jsonBody(z.object({ keep: EntityIdSchema, alias: EntityIdSchema })),
      responses: described('The submission of the collector that says so.'),
    }),
    async c => {
      const { keep, alias } = c.req.valid('json')
      const done = await door.accept(keep, alias)
      return done.ok ? c.json(done.value as object, 200) : replyFault(c, done.error)
    },
  )
  for (const [path, state, summary] of [
    ['/duplicates/dismiss', 'dismissed', 'They are two: not shown again, unless that is undone'],
    ['/duplicates/reopen', 'open', 'Shown again'],
  ] as const)
    routes.openapi(
      createRoute({
        method: 'post',
        path,
        summary,
        request: jsonBody(pair),
        responses: described('The submission of the collector that says so, where it was not so already.'),
      }),
      async c => {
        const { a, b } = c.req.valid('json')
        const done = await door.decide(a, b, state)
        return done.ok ? c.json({ a, b, state, ...done.value } as object, 200) : replyFault(c, done.error)
      },
    )
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/duplicates/look',
      summary: 'Look now at what has changed; otherwise it is looked at within half a minute',
      responses: described('How many entities were looked at.'),
    }),
    async c => c.json({ looked: await door.look() } as object, 200),
  )
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/duplicates/rules/{dataset}',
      summary: 'Which properties of a dataset are compared',
      request: ofDataset,
      responses: described('The rules.'),
    }),
    async c => c.json((await door.rulesOf(c.req.valid('param').dataset)) as object, 200),
  )
  routes.openapi(
    createRoute({
      method: 'put',
      path: '/duplicates/rules/{dataset}',
      summary: 'Compare other properties; all of the dataset is looked at anew',
      request: { ...ofDataset, ...jsonBody(DuplicateRulesSchema) },
      responses: described('The rules.'),
    }),
    async c => {
      const rules = c.req.valid('json')
      await door.putRules(c.req.valid('param').dataset, rules)
      return c.json(rules as object, 200)
    },
  )
  return routes
}
