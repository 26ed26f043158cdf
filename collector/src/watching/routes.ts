/** What changed of a model in the field, and what to do. A route translates; it decides nothing. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Fault, Result } from '@murram/ground'
import { apiRouter } from '../http/api-router.ts'
import { replyFault } from '../http/reply.ts'
import type { ModelWatch } from '../http/watch-api-types.ts'

export interface WatchDoor {
  /** As it was last found; looked at now where it never was. */
  find(modelName: string): Promise<Result<ModelWatch, Fault>>
  lookNow(modelName: string): Promise<Result<ModelWatch, Fault>>
}

const WatchReply = z
  .object({
    modelName: z.string(),
    atMs: z.number(),
    summary: z.string(),
    paused: z.boolean(),
    findings: z.array(
      z.object({
        kind: z.string(),
        severity: z.enum(['info', 'note', 'warning', 'alarm']),
        what: z.string(),
        evidence: z.record(z.string(), z.union([z.number(), z.string()])),
        todo: z.string(),
        sinceMs: z.number(),
      }),
    ),
    figures: z.unknown(),
  })
  .openapi('ModelWatch')

const tags = ['models']
const params = z.object({ modelName: z.string() })
const responses = { 200: { description: 'The model', content: { 'application/json': { schema: WatchReply } } } }
const reply = (watch: ModelWatch) => ({
  ...watch,
  findings: watch.findings.map(one => ({ ...one, evidence: { ...one.evidence } })),
})

export const watchRoutes = (door: WatchDoor) =>
  apiRouter()
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{modelName}/watch',
        tags,
        summary: 'What changed since the model was promoted, and what to do',
        request: { params },
        responses,
      }),
      async c => {
        const found = await door.find(c.req.valid('param').modelName)
        return found.ok ? c.json(reply(found.value), 200) : replyFault(c, found.error)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{modelName}/watch',
        tags,
        summary: 'Look now, and do not wait for the hour',
        request: { params },
        responses,
      }),
      async c => {
        const found = await door.lookNow(c.req.valid('param').modelName)
        return found.ok ? c.json(reply(found.value), 200) : replyFault(c, found.error)
      },
    )
