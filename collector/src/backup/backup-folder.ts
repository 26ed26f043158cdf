/**
 * A folder of backups. Each is a folder of its own, named by its time, that becomes visible
 * under this name once it is verified:
 *
 *     2026-11-21T15-46-00Z/backup.json   what it is, and the marks that were read out of it
 *     2026-11-21T15-46-00Z/pg/data       the cluster, shut down in order
 *     2026-11-21T15-46-00Z/pg/password   of its server
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { rm, statfs } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { err, fault, ok, StoreIdSchema, type FaultOf, type Result } from '@murram/ground'
import { z } from 'zod'

const UNFINISHED = '.unfinished'

const Marks = z.array(z.object({ storeId: StoreIdSchema, durableUpto: z.int().nonnegative() }))
const BackupNote = z.object({
  format: z.literal(1),
  name: z.string(),
  projectId: z.string(),
  epoch: z.number(),
  lineage: z.string(),
  takenAtMs: z.number(),
  verifiedAtMs: z.number(),
  sizeBytes: z.number(),
  submissions: z.number(),
  marks: Marks,
})
/** `backup.json` */
export type BackupNote = Readonly<z.infer<typeof BackupNote>>

export interface FoundBackup extends BackupNote {
  readonly folder: string
}

/** Oldest first; folders that are no verified backup of this project are passed over. */
export function findBackups(to: string, projectId?: string): readonly FoundBackup[] {
  if (!existsSync(to)) return []
  return readdirSync(to)
    .filter(name => !name.endsWith(UNFINISHED))
    .flatMap(name => readBackup(join(to, name)) ?? [])
    .filter(backup => projectId === undefined || backup.projectId === projectId)
    .sort((a, b) => a.takenAtMs - b.takenAtMs)
}

export function readBackup(folder: string): FoundBackup | undefined {
  try {
    return { ...BackupNote.parse(JSON.parse(readFileSync(join(folder, 'backup.json'), 'utf8'))), folder }
  } catch {
    return undefined
  }
}

/** @param insideOf Where a backup would be lost together with what it is a backup of. */
export function prepareFolder(to: string, insideOf: string): Result<string, FaultOf<'backup.folder-unusable'>> {
  const folder = resolve(to)
  if (!relative(resolve(insideOf), folder).startsWith('..'))
    return err(fault('backup.folder-unusable', `${folder} lies inside the data folder`))
  try {
    makeFolder(folder)
    readdirSync(folder)
    return ok(folder)
  } catch (cause) {
    return err(fault('backup.folder-unusable', cause instanceof Error ? cause.message : String(cause)))
  }
}

/** Level by level: asked to make all levels at once, Node never comes back from `/proc`. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o711 })
}

export async function hasRoom(folder: string, neededBytes: number): Promise<Result<void, FaultOf<'backup.disk-full'>>> {
  const { bavail, bsize } = await statfs(folder)
  const freeBytes = bavail * bsize
  if (freeBytes >= neededBytes) return ok(undefined)
  return err(fault('backup.disk-full', `${folder}: ${toMb(neededBytes)} MB needed, ${toMb(freeBytes)} MB free`))
}

const toMb = (sizeBytes: number) => Math.ceil(sizeBytes / 1_000_000)

export const nameOfBackup = (to: string, atMs: number): string => {
  const time = new Date(atMs)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-')
  for (let k = 1; ; k += 1) {
    const name = k === 1 ? time : `${time}-${k}`
    if (!existsSync(join(to, name))) return name
  }
}

export const unfinishedName = (name: string): string => `${name}${UNFINISHED}`

/** What a process left that died. Call while no other one makes a backup. */
export async function clearUnfinished(to: string): Promise<void> {
  for (const name of readdirSync(to))
    if (/^\d{4}-\d\d-\d\dT[\d-]+Z(-\d+)?\.unfinished$/.test(name)) await rm(join(to, name), { recursive: true })
}

/** Keeps the newest `keep` of the project. @returns The names of those that went. */
export async function keepNewest(to: string, projectId: string, keep: number): Promise<readonly string[]> {
  const all = findBackups(to, projectId)
  const old = all.slice(0, Math.max(0, all.length - Math.max(1, keep)))
  for (const { folder } of old) await rm(folder, { recursive: true })
  return old.map(({ name }) => name)
}
