/** Whose keys count, over HTTP. A route translates; it decides nothing. No private key goes over it. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { apiRouter } from '../http/api-router.ts'
import { described, jsonBody } from '../http/describe-route.ts'
import { replyFault } from '../http/reply.ts'
import type { TrustRoom } from './trust-room.ts'

const PublicKey = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'is not a public key')

const Wishes = z.strictObject({
  rootKeys: z
    .array(z.strictObject({ publicKey: PublicKey, holder: z.string().min(1).max(249) }))
    .min(1)
    .max(16)
    .optional()
    .describe('Who signs root documents from the next one on; as before if absent.'),
  threshold: z.int().positive().max(16).optional().describe('How many of them must; more than half if absent.'),
  replaceRelease: z.boolean().optional(),
  replaceFreshness: z.boolean().optional(),
})

export function trustRoutes(room: TrustRoom): OpenAPIHono {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/keys',
      summary: 'Whose keys the project trusts, and for what',
      responses: described('The newest root document in words.'),
    }),
    async c => c.json(room.view(), 200),
  )
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/keys/draft',
      summary: 'The next root document, for its holders to sign',
      description: 'Nothing changes by it. New release and freshness keys wait on the collector until it is published.',
      request: jsonBody(Wishes),
      responses: described('The draft, and what it follows.', 201),
    }),
    async c => {
      const drafted = await room.draft(c.req.valid('json'))
      return drafted.ok ? c.json(drafted.value, 201) : replyFault(c, drafted.error)
    },
  )
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/keys/roots',
      summary: 'Publish a root document that enough root keys have signed',
      request: jsonBody(z.object({ root: z.unknown() })),
      responses: described('Whose keys count from now on.', 201),
    }),
    async c => {
      const published = await room.publish(c.req.valid('json').root)
      return published.ok ? c.json(published.value, 201) : replyFault(c, published.error)
    },
  )
  return routes
}
