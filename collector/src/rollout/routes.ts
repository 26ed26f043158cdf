/** Releases, rollback, and which devices installed them. A route translates; it decides nothing. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Fault, Result } from '@murram/ground'
import type { ReleaseList } from '../http/api-types.ts'
import { apiRouter } from '../http/api-router.ts'
import { replyFault } from '../http/reply.ts'
import type { DeviceModelRow, ReleaseRow, ReportCounts } from './release-repo.ts'

export interface ReleaseDoor {
  list(): Promise<readonly (ReleaseRow & ReportCounts)[]>
  devicesOf(releaseId: string): Promise<readonly DeviceModelRow[]>
  release(candidateId: string, note: string | null): Promise<Result<ReleaseRow, Fault>>
  rollback(
    modelName: string,
    order: { readonly to: string | null; readonly note: string; readonly who?: string | undefined },
  ): Promise<Result<ReleaseRow, Fault>>
}

const Release = z
  .object({
    releaseId: z.string(),
    modelName: z.string(),
    counter: z.number().int(),
    reason: z.enum(['baseline', 'promotion', 'rollback']),
    candidateId: z.string(),
    note: z.string().nullable(),
    parent: z.string().nullable(),
    ring: z.number().int(),
    demo: z.boolean(),
    formId: z.string(),
    formVersions: z.array(z.string()),
    metrics: z.record(z.string(), z.number()),
    createdAtMs: z.number(),
    expiresAtMs: z.number(),
  })
  .openapi('Release')
const CountedRelease = Release.extend({
  installed: z.number().int(),
  refused: z.number().int(),
  /** Devices on which it failed after it was in force: the one before it is again. */
  rolledBack: z.number().int(),
})
const DeviceModel = z.object({
  deviceId: z.string(),
  state: z.enum(['installed', 'refused', 'rolled-back']),
  fault: z.unknown(),
  atMs: z.number(),
})

export type ReleaseReply = z.infer<typeof Release>

const reply = (row: ReleaseRow): ReleaseReply => {
  const { parent, ring, demo, formId, formVersions, metrics, expiresAtMs } = row.signed.body
  const { releaseId, modelName, counter, reason, candidateId, note, createdAtMs } = row
  return {
    releaseId,
    modelName,
    counter,
    reason,
    candidateId,
    note,
    parent,
    ring,
    demo,
    formId,
    formVersions: [...formVersions],
    metrics: { ...metrics },
    createdAtMs,
    expiresAtMs,
  }
}

const tags = ['models']
const json = <T extends z.ZodType>(schema: T, description: string) => ({
  content: { 'application/json': { schema } },
  description,
})

export const releaseRoutes = (door: ReleaseDoor) =>
  apiRouter()
    .openapi(
      createRoute({
        method: 'get',
        path: '/releases',
        tags,
        summary: 'Every release, newest first within its model',
        responses: { 200: json(z.object({ releases: z.array(CountedRelease) }), 'Releases') },
      }),
      async c => {
        const rows = await door.list()
        return c.json(
          {
            releases: rows.map(row => {
              const { installed, refused, rolledBack } = row
              return { ...reply(row), installed, refused, rolledBack }
            }),
          } satisfies ReleaseList,
          200,
        )
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/releases/{releaseId}/devices',
        tags,
        summary: 'What devices report of a release',
        request: { params: z.object({ releaseId: z.string() }) },
        responses: { 200: json(z.object({ devices: z.array(DeviceModel) }), 'Devices') },
      }),
      async c => {
        const rows = await door.devicesOf(c.req.valid('param').releaseId)
        return c.json(
          { devices: rows.map(({ deviceId, state, fault, atMs }) => ({ deviceId, state, fault, atMs })) },
          200,
        )
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/releases',
        tags,
        summary: 'Release a candidate that the gate passed',
        request: {
          body: json(
            z.strictObject({ candidateId: z.string(), note: z.string().max(1_000).optional() }),
            'The candidate',
          ),
        },
        responses: { 200: json(z.object({ release: Release }), 'The release that is now in force') },
      }),
      async c => {
        const { candidateId, note } = c.req.valid('json')
        const released = await door.release(candidateId, note ?? null)
        return released.ok ? c.json({ release: reply(released.value) }, 200) : replyFault(c, released.error)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{modelName}/rollback',
        tags,
        summary: 'Go back to an earlier model, as a new release with a higher counter',
        request: {
          params: z.object({ modelName: z.string() }),
          body: json(
            z
              .strictObject({
                to: z.string().optional(),
                note: z.string().min(1).max(1_000).optional(),
                /** As `note`, in the words of the other verbs. */
                reason: z.string().min(1).max(1_000).optional(),
                who: z.string().min(1).max(200).optional(),
              })
              .refine(({ note, reason }) => (note ?? reason) !== undefined, 'says no reason'),
            'Where to, who, and why',
          ),
        },
        responses: { 200: json(z.object({ release: Release }), 'The release that is now in force') },
      }),
      async c => {
        const { to, note, reason, who } = c.req.valid('json')
        const order = { to: to ?? null, note: note ?? reason ?? '', who }
        const released = await door.rollback(c.req.valid('param').modelName, order)
        return released.ok ? c.json({ release: reply(released.value) }, 200) : replyFault(c, released.error)
      },
    )
