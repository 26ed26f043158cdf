/** Verified backups, and the word of an operator of a managed server that there is one more. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Fault, Result } from '@murram/ground'
import type { BackupList } from '../http/api-types.ts'
import { apiRouter } from '../http/api-router.ts'
import { described, jsonBody } from '../http/describe-route.ts'
import { replyFault } from '../http/reply.ts'
import type { BackupRow } from './backup-repo.ts'
import { CopyMarks, type ToldBackup } from './told-backup.ts'

export interface BackupDoor {
  readonly list: () => Promise<readonly BackupRow[]>
  readonly tell: (told: ToldBackup) => Promise<Result<{ readonly safeSubmissions: number }, Fault>>
}

const Told = z.union([z.object({ atMs: z.number().int() }), z.object({ marks: CopyMarks })])

export function backupRoutes(door: BackupDoor): OpenAPIHono {
  const routes = apiRouter()
  const list = async (): Promise<BackupList> => ({ backups: [...(await door.list())] })
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/backups',
      summary: 'Every verified backup that raised a mark, the newest first',
      responses: described('Backups.'),
    }),
    async c => c.json(await list(), 200),
  )
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/backups/done',
      summary: 'A backup that was made and verified by other means: when it was taken, or the marks in it',
      request: jsonBody(Told),
      responses: described('Backups.', 201),
    }),
    async c => {
      const told = await door.tell(c.req.valid('json'))
      return told.ok ? c.json(await list(), 201) : replyFault(c, told.error)
    },
  )
  return routes
}
