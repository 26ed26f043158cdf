/**
 * One backup of the collector's own cluster: copied, verified, then counted.
 *
 *     room? → base copy → verify → visible under its name → marks raised → old ones go
 *
 * Laws, in `backup.test.ts`:
 *   B1 `safeUpto` of a store rises to what stands in a copy that was verified, and not before
 *   B2 what fails leaves neither a backup nor a mark, and the earlier backups as they were
 *   B3 one backup at a time, whoever asks for it
 *
 * Not here: how an operator's own backup of a managed server is told (`told-backup.ts`).
 */
import { chownSync, cpSync, lchownSync, readdirSync } from 'node:fs'
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { sql } from 'drizzle-orm'
import { runAlone } from '../db/advisory-lock.ts'
import { inTransaction, reasonOf, type WriteDb } from '../db/handles.ts'
import { findServerUser } from '../db/server-user.ts'
import {
  clearUnfinished,
  hasRoom,
  keepNewest,
  nameOfBackup,
  prepareFolder,
  unfinishedName,
  type BackupNote,
  type FoundBackup,
} from './backup-folder.ts'
import { addBackup, lifeOf, raiseSafe } from './backup-repo.ts'
import { copyCluster } from './base-copy.ts'
import { verifyCopy } from './verify-copy.ts'

export interface BackupDeps {
  readonly write: WriteDb
  readonly databaseUrl: string
  readonly projectId: string
  /** Of the collector; its server's folder is `pg` below it. */
  readonly dataDir: string
  readonly now: () => number
}

export interface BackupOrder {
  readonly to: string
  /** How many are kept, this one included. */
  readonly keep: number
  readonly onStep?: (step: 'copying' | 'verifying', share: number) => void
}

export interface BackupDone extends FoundBackup {
  readonly safeSubmissions: number
  /** Earlier ones that had to go. */
  readonly gone: readonly string[]
}

export async function takeBackup(deps: BackupDeps, order: BackupOrder): Promise<Result<BackupDone, Fault>> {
  const to = prepareFolder(order.to, deps.dataDir)
  if (!to.ok) return to
  const done = await runAlone(deps.write, 'backup', () => backUp(deps, { ...order, to: to.value }))
  return done === 'elsewhere' ? err(fault('backup.in-progress', deps.projectId)) : done
}

async function backUp(deps: BackupDeps, order: BackupOrder): Promise<Result<BackupDone, Fault>> {
  const { write, projectId, now } = deps
  const { to, keep } = order
  await clearUnfinished(to)
  const room = await hasRoom(to, await neededBytes(write))
  if (!room.ok) return room
  const takenAtMs = now()
  const name = nameOfBackup(to, takenAtMs)
  const unfinished = join(to, unfinishedName(name))
  const made = await copyAndVerify(deps, order, unfinished).catch((cause: unknown) => failed(to, cause))
  if (!made.ok) {
    await rm(unfinished, { recursive: true, force: true })
    return made
  }
  const note: BackupNote = {
    format: 1,
    name,
    projectId,
    takenAtMs,
    verifiedAtMs: now(),
    ...made.value,
    marks: [...made.value.marks],
  }
  await writeFile(join(unfinished, 'backup.json'), JSON.stringify(note), { mode: 0o600, flush: true })
  const folder = join(to, name)
  await syncFolder(unfinished)
  await rename(unfinished, folder)
  await syncFolder(to)
  const counted = await countIn(deps, { ...note, folder })
  if (!counted.ok) return counted
  return ok({ ...note, folder, safeSubmissions: counted.value, gone: await keepNewest(to, projectId, keep) })
}

async function copyAndVerify({ databaseUrl, dataDir, projectId }: BackupDeps, { onStep }: BackupOrder, folder: string) {
  const directory = join(folder, 'pg')
  await mkdir(directory, { recursive: true, mode: 0o711 })
  const cluster = join(directory, 'data')
  onStep?.('copying', 0)
  const { sizeBytes } = await copyCluster(databaseUrl, cluster, (done, total) =>
    onStep?.('copying', Math.min(1, done / Math.max(1, total))),
  )
  cpSync(join(dataDir, 'pg', 'password'), join(directory, 'password'))
  giveToServer(cluster)
  onStep?.('verifying', 0)
  const verified = await verifyCopy(directory, projectId)
  return verified.ok ? ok({ ...verified.value, sizeBytes }) : verified
}

/** B1: only where the copy is of the life that the database is in. */
async function countIn(
  { write, projectId }: BackupDeps,
  { name, folder, epoch, lineage, takenAtMs, verifiedAtMs, sizeBytes, marks }: FoundBackup,
): Promise<Result<number, Fault>> {
  return inTransaction(write, async tx => {
    const life = await lifeOf(tx, projectId)
    if (life?.epoch !== epoch || life.lineage !== lineage)
      return err(fault('backup.other-project', `${name} is of epoch ${epoch}, the database is at ${life?.epoch}`))
    const safeSubmissions = await raiseSafe(tx, marks)
    await addBackup(tx, { name, epoch, kind: 'own', folder, takenAtMs, verifiedAtMs, sizeBytes, safeSubmissions })
    return ok(safeSubmissions)
  })
}

/** The copy, what its recovery writes, and some room that others may take meanwhile. */
async function neededBytes(write: WriteDb): Promise<number> {
  const { rows } = await write.execute<{ size: string }>(
    sql`select sum(pg_database_size(oid)) + (select coalesce(sum(size), 0) from pg_ls_waldir()) as size from pg_database`,
  )
  return Number(rows[0]?.size ?? 0) * 1.1 + 64_000_000
}

/** Files of the collector's user become the server's: it starts on nothing that is not its own. */
export function giveToServer(path: string): void {
  const user = findServerUser()
  if (!user.ok || user.value.uid === undefined || user.value.gid === undefined) return
  const { uid, gid } = user.value
  chownSync(path, uid, gid)
  for (const name of readdirSync(path, { recursive: true })) lchownSync(join(path, String(name)), uid, gid)
}

const failed = (to: string, cause: unknown): Result<never, Fault> => {
  const { code, message } = cause as NodeJS.ErrnoException
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? err(fault('backup.disk-full', `${to}: ${message}`))
    : err(fault('backup.not-verified', reasonOf(cause)))
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync()
  await handle.close()
}
