/**
 * murram collector backup: a copy of the collector's own database, verified before it counts.
 *
 *   murram collector backup --data ./centre --to /mnt/backups --keep 7
 *
 * The collector may run meanwhile. Devices may let go of what the copy contains.
 *
 * murram collector backup-done: a backup of a managed PostgreSQL that was made and verified by
 * its own means, by the time at which it was taken or by the marks of the restored copy.
 *
 *   murram collector backup-done --data ./centre --at 2026-11-21T02:00:00Z
 *   murram collector marks --database-url postgres://…/restored > marks.json
 *   murram collector backup-done --data ./centre --marks marks.json
 *
 * Exit: 0 done · 2 it could not be done.
 */
import { backUpOwnServer, readMarksOf } from '@murram/collector'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { join } from 'node:path'
import { pino } from 'pino'
import { askAdmin, type Central } from '../ask-admin.ts'
import { keysOfCentre } from '../keys-of-centre.ts'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'
import { readGiven } from '../read-given.ts'

export interface CollectorBackupOptions {
  readonly data: string
  readonly to: string
  readonly keep: number
  readonly json?: boolean
}

export async function collectorBackup(options: CollectorBackupOptions): Promise<ExitCode> {
  const dataDir = pathOf(options.data)
  const keys = keysOfCentre(options.data)
  if (!keys.ok) return sayFault(keys.error, options)
  const startedAt = performance.now()
  let told = -1
  const done = await backUpOwnServer({
    dataDir,
    projectId: keys.value.projectId,
    to: pathOf(options.to),
    keep: options.keep,
    now: Date.now,
    log: pino({ level: 'silent' }),
    onStep: (step, share) => {
      const percent = Math.floor(share * 10) * 10
      if (options.json === true || (step === 'copying' && percent === told)) return
      told = percent
      print.note(step === 'copying' ? `copying … ${percent} %` : 'verifying: a PostgreSQL is started on the copy …')
    },
  })
  if (!done.ok) return sayFault(done.error, options)
  const { name, folder, sizeBytes, submissions, safeSubmissions, gone, epoch } = done.value
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10
  if (options.json === true)
    print.json({ ok: true, name, folder, sizeBytes, submissions, safeSubmissions, gone, epoch, seconds })
  else {
    print.line(`${folder}: ${(sizeBytes / 1_000_000).toFixed(1)} MB, ${submissions} submissions, ${seconds} s`)
    print.line(`${safeSubmissions} submissions are safe: devices may let go of them`)
    if (gone.length > 0) print.line(`cleared away: ${gone.join(', ')}`)
  }
  return 0
}

export interface BackupDoneOptions extends Central {
  readonly at?: string
  readonly marks?: string
  readonly json?: boolean
}

export async function collectorBackupDone(options: BackupDoneOptions): Promise<ExitCode> {
  const told = toldOf(options)
  if (!told.ok) return sayFault(told.error, options)
  const reply = await askAdmin<{ backups: readonly { safeSubmissions: number }[] }>(options, '/backups/done', {
    body: JSON.stringify(told.value),
    headers: { 'Content-Type': 'application/json' },
  })
  if (!reply.ok) return sayFault(reply.error, options)
  const safeSubmissions = reply.value.backups[0]?.safeSubmissions ?? 0
  if (options.json === true) print.json({ ok: true, safeSubmissions })
  else print.line(`${safeSubmissions} submissions are safe: devices may let go of them`)
  return 0
}

function toldOf({ at, marks }: BackupDoneOptions): Result<unknown, Fault> {
  if ((at === undefined) === (marks === undefined)) return err(fault('cli.usage', 'one of --at and --marks is given'))
  if (at !== undefined) {
    const atMs = Date.parse(at)
    return Number.isNaN(atMs) ? err(fault('cli.usage', `--at ${at} is no time`)) : ok({ atMs })
  }
  const given = readGiven(marks ?? '')
  if (!given.ok) return given
  try {
    return ok({ marks: JSON.parse(new TextDecoder().decode(given.value)) as unknown })
  } catch {
    return err(fault('cli.file-unreadable', `${marks}: not written by murram collector marks`))
  }
}

export async function collectorMarks(options: { readonly databaseUrl: string }): Promise<ExitCode> {
  const marks = await readMarksOf(options.databaseUrl)
  if (!marks.ok) return sayFault(marks.error, {})
  print.json(marks.value)
  return 0
}
