/** API keys, for the central team. A route translates; it decides nothing. */
import { createRoute, z } from '@hono/zod-openapi'
import { apiRouter } from '../http/api-router.ts'
import { described, jsonBody } from '../http/describe-route.ts'
import { replyFault } from '../http/reply.ts'
import { SCOPES, type ApiKey, type ApiKeys } from './api-keys.ts'

const Key = z
  .object({
    keyId: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    recordsPerSecond: z.number().int(),
    createdAtMs: z.number(),
    expiresAtMs: z.number().nullable(),
    revokedAtMs: z.number().nullable(),
    lastUsedAtMs: z.number().nullable(),
  })
  .openapi('ApiKey')

const reply = (key: ApiKey): z.infer<typeof Key> => ({ ...key, scopes: [...key.scopes] })
const tags = ['API keys']

export const apiKeyRoutes = ({ make, list, revoke }: Omit<ApiKeys, 'admit'>) =>
  apiRouter()
    .openapi(
      createRoute({
        method: 'post',
        path: '/api-keys',
        tags,
        summary: 'Make a key for a program; the answer is the only place where it is shown',
        request: jsonBody(
          z.strictObject({
            name: z.string().trim().min(1).max(200),
            scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
            /** For ever where it is left out. */
            expiresInDays: z.number().positive().max(3_650).optional(),
            /** Ten seconds' worth may come at once. */
            recordsPerSecond: z.number().int().min(1).max(1_000_000).default(100),
          }),
        ),
        responses: described('The key', 201, z.object({ apiKey: Key, key: z.string() })),
      }),
      async c => {
        const { expiresInDays = null, ...order } = c.req.valid('json')
        const { apiKey, key } = await make({ ...order, expiresInDays })
        return c.json({ apiKey: reply(apiKey), key }, 201, { 'Cache-Control': 'no-store' })
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/api-keys',
        tags,
        summary: 'Keys, the newest first, revoked ones among them; never the keys themselves',
        responses: described('Keys', 200, z.object({ apiKeys: z.array(Key) })),
      }),
      async c => c.json({ apiKeys: (await list()).map(reply) }, 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/api-keys/{keyId}/revoke',
        tags,
        summary: 'A key opens nothing any more, at once and for ever',
        request: { params: z.object({ keyId: z.string().max(100) }) },
        responses: described('The key', 200, z.object({ apiKey: Key })),
      }),
      async c => {
        const revoked = await revoke(c.req.valid('param').keyId)
        return revoked.ok ? c.json({ apiKey: reply(revoked.value) }, 200) : replyFault(c, revoked.error)
      },
    )
