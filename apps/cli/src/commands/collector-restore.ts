/**
 * murram collector restore: a verified backup in the place of the collector's database.
 *
 *   murram collector restore --data ./centre --from /mnt/backups            the newest one
 *   murram collector restore --data ./centre --from /mnt/backups/2026-11-21T02-00-00Z --replace
 *
 * The collector is down meanwhile. A database that is there is kept under another name. On a
 * new machine copy keys.json, admin-token and the journal into the data folder first; without
 * epoch.json devices may have met a higher epoch than the one that begins.
 *
 * murram collector recovering: what the restore has brought back and what not, until somebody
 * says that it is enough.
 *
 *   murram collector recovering --data ./centre
 *   murram collector recovering --data ./centre --close --note "every laptop has come"
 *
 * Exit: 0 done, nothing is open · 1 a recovery is open · 2 it could not be done.
 */
import { restoreBackup } from '@murram/collector'
import type { RecoveryReport } from '@murram/collector/api'
import { pino } from 'pino'
import { askAdmin, type Central } from '../ask-admin.ts'
import { counted } from '../counted.ts'
import { keysOfCentre } from '../keys-of-centre.ts'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'

export interface CollectorRestoreOptions {
  readonly data: string
  readonly from: string
  readonly replace?: boolean
  readonly json?: boolean
}

export async function collectorRestore(options: CollectorRestoreOptions): Promise<ExitCode> {
  const dataDir = pathOf(options.data)
  const keys = keysOfCentre(options.data)
  if (!keys.ok) return sayFault(keys.error, options)
  const done = await restoreBackup({
    dataDir,
    from: pathOf(options.from),
    replace: options.replace ?? false,
    keys: keys.value,
    now: Date.now,
    log: pino({ level: 'silent' }),
  })
  if (!done.ok) return sayFault(done.error, options)
  const { backup, epoch, former } = done.value
  if (options.json === true)
    print.json({ ok: true, backup: backup.name, epoch, former, submissions: backup.submissions })
  else {
    print.line(`${backup.folder} is in place: ${backup.submissions} submissions, epoch ${epoch} begins`)
    if (former !== null) print.line(`the former database lies in ${former}; delete it when you are sure`)
    print.line(
      `start the collector; devices send again what is missing: murram collector recovering --data ${options.data}`,
    )
  }
  return 0
}

export interface CollectorRecoveringOptions extends Central {
  readonly close?: boolean
  readonly note?: string
  readonly json?: boolean
}

export async function collectorRecovering(options: CollectorRecoveringOptions): Promise<ExitCode> {
  const note = options.note === undefined ? {} : { note: options.note }
  const reply =
    options.close === true
      ? await askAdmin<RecoveryReport>(options, '/recovering/close', {
          body: JSON.stringify(note),
          headers: { 'Content-Type': 'application/json' },
        })
      : await askAdmin<RecoveryReport>(options, '/recovering', { method: 'GET' })
  if (!reply.ok) return sayFault(reply.error, options)
  const report = reply.value
  if (options.json === true) print.json({ ok: true, ...report })
  else for (const line of linesOf(report)) print.line(line)
  return report.state === 'open' ? 1 : 0
}

type OpenReport = Exclude<RecoveryReport, { state: 'none' }>

const timeOf = (atMs: number | null): string => (atMs === null ? 'never' : new Date(atMs).toISOString())

function linesOf(report: RecoveryReport): readonly string[] {
  if (report.state === 'none') return [`epoch ${report.epoch}: nothing is to be recovered`]
  const { epoch, openedAtMs, closedAtMs, backup, devices, missing, lostOutcomes, journals } = report
  const from = backup === null ? 'a copy' : `the backup ${backup}`
  const head = `epoch ${epoch} began ${timeOf(openedAtMs)} from ${from}; ${closedAtMs === null ? 'RECOVERING' : `closed ${timeOf(closedAtMs)}`}`
  const resent = devices.reduce((sum, device) => sum + device.resent, 0)
  const seen = devices.filter(device => device.seen).length
  return [
    head,
    `devices: ${seen} of ${devices.length} have come since; ${resent} submissions came`,
    ...devices.map(
      ({ officer, deviceId, ...device }) =>
        `  ${device.seen ? 'came    ' : 'NOT SEEN'} ${officer ?? deviceId.slice(0, 8)}: ${device.resent} submissions, last seen ${timeOf(device.lastSeenAtMs)}`,
    ),
    missing.length === 0 ? 'known to be missing: nothing' : 'known to be missing:',
    ...missing.map(
      ({ officer, deviceId, storeId, fromN, toN }) =>
        `  ${officer ?? deviceId.slice(0, 8)}, store ${storeId.slice(0, 8)}: ${fromN === toN ? fromN : `${fromN} to ${toN}`}`,
    ),
    ...outcomeLines(lostOutcomes),
    ...journals.flatMap(({ journal, counts, failures }) => [
      `journal ${journal}: ${Object.entries(counts)
        .map(([kind, { replayed, known }]) => `${kind} ${replayed} brought back, ${known} were there`)
        .join('; ')}`,
      ...failures.map(failure => `  NOT brought back: ${failure}`),
    ]),
  ]
}

function outcomeLines(lost: OpenReport['lostOutcomes']): readonly string[] {
  if (lost === null)
    return ['outcomes: nothing was noted of them outside the database; send again whatever came after the copy']
  const { batches, reviews, words, looks } = lost
  const rest = [
    ...(reviews > 0 ? [counted(reviews, 'outcome of a reviewer', 'outcomes of reviewers')] : []),
    ...(words > 0 ? [counted(words, 'doubt, withdrawal or restoration', 'doubts, withdrawals or restorations')] : []),
    ...(looks > 0 ? [counted(looks, 'look at the households kept aside', 'looks at the households kept aside')] : []),
  ]
  if (batches.length + rest.length === 0) return ['outcomes: none is known to be missing']
  return [
    'outcomes that are known to be missing:',
    ...batches.map(
      ({ name, by, createdAtMs, outcomes }) =>
        `  ${counted(outcomes, 'outcome')} of ${name}, by ${by}, ${timeOf(createdAtMs)}: import it again`,
    ),
    ...rest.map(what => `  ${what}`),
  ]
}
