/**
 * Puts a verified backup in the place of the collector's database, and begins the next epoch:
 * the devices that come then send again what the copy lacks.
 *
 * RB1 a database that is there is never written over: with `replace` it is kept under another name
 * RB2 the copy stands complete on the disk before it takes its place
 */
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { cp, open, rm } from 'node:fs/promises'
import { constants } from 'node:fs'
import { join } from 'node:path'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import type { Logger } from 'pino'
import type { ProjectKeys } from '../config/project-keys.ts'
import { startEmbeddedServer } from '../db/embedded-server.ts'
import { openEpoch } from '../db/epoch.ts'
import { openDatabase } from '../db/handles.ts'
import { stopLeftServer } from '../db/postmaster.ts'
import { lockDataDir } from '../main/data-dir-lock.ts'
import { beginRecovery } from '../recovering/begin-recovery.ts'
import { findBackups, hasRoom, readBackup, type FoundBackup } from './backup-folder.ts'
import { giveToServer } from './take-backup.ts'

export interface RestoreOrder {
  readonly dataDir: string
  /** A backup, or a folder of backups: then its newest one. */
  readonly from: string
  readonly replace: boolean
  readonly keys: ProjectKeys
  readonly now: () => number
  readonly log: Logger
}

export interface Restored {
  readonly backup: FoundBackup
  readonly epoch: number
  /** Where the former database lies now; `null`: there was none. */
  readonly former: string | null
}

export async function restoreBackup(order: RestoreOrder): Promise<Result<Restored, Fault>> {
  const { dataDir, from, keys } = order
  const lock = lockDataDir(dataDir)
  if (!lock.ok) return lock
  try {
    const backup = readBackup(from) ?? findBackups(from, keys.projectId).at(-1)
    if (backup === undefined) return err(fault('backup.folder-unusable', `${from}: no verified backup is here`))
    if (backup.projectId !== keys.projectId)
      return err(fault('backup.other-project', `${backup.folder} is of the project ${backup.projectId}`))
    const former = await putInPlace(order, backup)
    return former.ok ? await beginAnew(order, backup, former.value) : former
  } finally {
    lock.value.release()
  }
}

async function putInPlace(order: RestoreOrder, backup: FoundBackup): Promise<Result<string | null, Fault>> {
  const place = join(order.dataDir, 'pg')
  const isOccupied = existsSync(join(place, 'data'))
  if (isOccupied && !order.replace) return err(fault('restore.database-present', place))
  const room = await hasRoom(order.dataDir, backup.sizeBytes * 1.05 + 64_000_000)
  if (!room.ok) return room
  const fresh = `${place}.new`
  await rm(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { mode: 0o711 })
  await cp(join(backup.folder, 'pg'), fresh, { recursive: true, mode: constants.COPYFILE_FICLONE })
  giveToServer(join(fresh, 'data'))
  await syncAll(fresh)
  if (!existsSync(place)) {
    renameSync(fresh, place)
    return ok(null)
  }
  if (!(await stopLeftServer(join(place, 'data'), 30_000)))
    return err(fault('house.database-unreachable', `a server left in ${place} does not stop`))
  const former = `${place}.replaced-${new Date(order.now()).toISOString().replaceAll(':', '-')}`
  renameSync(place, former)
  renameSync(fresh, place)
  return ok(former)
}

async function beginAnew(
  { dataDir, keys, now, log }: RestoreOrder,
  backup: FoundBackup,
  former: string | null,
): Promise<Result<Restored, Fault>> {
  const server = await startEmbeddedServer({ directory: join(dataDir, 'pg') })
  if (!server.ok) return server
  try {
    const database = await openDatabase({ url: server.value.databaseUrl('murram'), log })
    if (!database.ok) return database
    const { write, close } = database.value
    try {
      const epoch = await openEpoch({ write, dataDir, keys, now, acceptRestore: true, isRestored: true })
      if (!epoch.ok) return epoch
      await beginRecovery(write, { epoch: epoch.value.epoch, backup: backup.name, dataDir, nowMs: now() })
      return ok({ backup, epoch: epoch.value.epoch, former })
    } finally {
      await close()
    }
  } finally {
    await server.value.stop()
  }
}

/** RB2 */
async function syncAll(folder: string): Promise<void> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() && !entry.isDirectory()) continue
    const handle = await open(join(entry.parentPath, entry.name), 'r')
    await handle.sync()
    await handle.close()
  }
}
