/**
 * A backup asked for from another process (the command): through the server that the collector
 * runs at this moment, or, where it does not run, through one that is started for it.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { err, fault, type Fault, type Result } from '@murram/ground'
import type { Logger } from 'pino'
import { startEmbeddedServer } from '../db/embedded-server.ts'
import { openDatabase } from '../db/handles.ts'
import { runningServer } from '../db/postmaster.ts'
import { lockDataDir } from '../main/data-dir-lock.ts'
import { takeBackup, type BackupDone, type BackupOrder } from './take-backup.ts'

export interface OwnBackup extends BackupOrder {
  readonly dataDir: string
  readonly projectId: string
  readonly now: () => number
  readonly log: Logger
}

export async function backUpOwnServer(order: OwnBackup): Promise<Result<BackupDone, Fault>> {
  const directory = join(order.dataDir, 'pg')
  const cluster = join(directory, 'data')
  if (!existsSync(cluster)) return err(fault('backup.not-here', `${cluster} is not there`))
  const running = runningServer(cluster)
  if (running !== undefined) {
    const password = readFileSync(join(directory, 'password'), 'utf8').trim()
    // Its collector has brought the tables up to date, to its own version.
    return through(order, `postgresql://postgres:${password}@127.0.0.1:${running.port}/murram`, true)
  }
  const lock = lockDataDir(order.dataDir)
  if (!lock.ok) return lock
  try {
    const server = await startEmbeddedServer({ directory })
    if (!server.ok) return server
    try {
      return await through(order, server.value.databaseUrl('murram'), false)
    } finally {
      await server.value.stop()
    }
  } finally {
    lock.value.release()
  }
}

async function through(order: OwnBackup, url: string, isUpToDate: boolean): Promise<Result<BackupDone, Fault>> {
  const database = await openDatabase({ url, log: order.log, isUpToDate })
  if (!database.ok) return database
  try {
    return await takeBackup({ ...order, databaseUrl: url, write: database.value.write }, order)
  } finally {
    await database.value.close()
  }
}
