/**
 * Backups while the collector runs: by a schedule, and what a person tells of a managed server.
 *
 * Of several collectors each may have the schedule: whoever comes first makes the backup, and
 * the others find that the time has not come yet.
 */
import { fault, type Fault, type Result } from '@murram/ground'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Logger } from 'pino'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { backupRoutes } from './routes.ts'
import { listBackups } from './backup-repo.ts'
import { takeBackup } from './take-backup.ts'
import { tellBackup } from './told-backup.ts'

export interface BackupSchedule {
  readonly to: string
  readonly everyMs: number
  readonly keep: number
}

export interface BackupRoomDeps {
  readonly read: ReadDb
  readonly write: WriteDb
  readonly databaseUrl: string
  /** A server that the collector runs itself; of any other one backups are told. */
  readonly isOwnServer: boolean
  readonly projectId: string
  readonly dataDir: string
  readonly now: () => number
  /** When this epoch began. */
  readonly since: number
  readonly log: Logger
  readonly schedule?: BackupSchedule
}

export interface BackupRoom {
  readonly routes: OpenAPIHono
  readonly start: () => Result<void, Fault>
  readonly close: () => Promise<void>
}

/** How long after a fault it is tried again. */
const AGAIN_MS = 10 * 60_000

export function createBackupRoom(deps: BackupRoomDeps): BackupRoom {
  const { read, write, now, log, schedule, isOwnServer } = deps
  let timer: NodeJS.Timeout | undefined
  let isOpen = true
  let working: Promise<void> = Promise.resolve()

  const waitMs = async ({ everyMs }: BackupSchedule): Promise<number> => {
    const last = (await listBackups(read)).find(({ kind }) => kind === 'own')
    return last === undefined ? 0 : Math.max(0, last.takenAtMs + everyMs - now())
  }
  const work = async (plan: BackupSchedule): Promise<number> => {
    const early = await waitMs(plan)
    if (early > 0) return early
    const done = await takeBackup(deps, plan)
    if (!done.ok) {
      log.error(done.error, 'no backup was made')
      return Math.min(AGAIN_MS, plan.everyMs)
    }
    const { name, sizeBytes, safeSubmissions, gone } = done.value
    log.info({ name, sizeBytes, safeSubmissions, gone }, 'a backup was made and verified')
    return plan.everyMs
  }
  const next = (plan: BackupSchedule, inMs: number) => {
    if (!isOpen) return
    const turn = async () => {
      const again = await work(plan).catch((cause: unknown) => {
        log.error({ reason: String(cause) }, 'no backup was made')
        return Math.min(AGAIN_MS, plan.everyMs)
      })
      next(plan, again)
    }
    timer = setTimeout(
      () => {
        working = turn()
      },
      Math.min(inMs, 2 ** 31 - 1),
    )
  }

  return {
    routes: backupRoutes({ list: () => listBackups(read), tell: told => tellBackup({ ...deps, write }, told) }),
    start: () => {
      if (schedule === undefined) return { ok: true, value: undefined }
      if (!isOwnServer) return { ok: false, error: fault('backup.not-here', '--backup-to with --database-url') }
      next(schedule, 0)
      return { ok: true, value: undefined }
    },
    close: async () => {
      isOpen = false
      clearTimeout(timer)
      await working
    },
  }
}
