/** The closing table: what was captured, what arrived, what it taught. */
import { join } from 'node:path'
import { storedInterviews } from '../database.ts'
import { compareMultisets, readLedgers } from '../ledger.ts'
import type { OfficerStatus } from '../officer-requests.ts'
import type { ModelFigures, Walk } from '../walk.ts'

export interface Closing {
  readonly captured: number
  readonly refusedAnswers: number
  readonly setAside: number
  readonly synced: number
  readonly conflicts: number
  readonly lost: number
  readonly duplicated: number
  readonly releases: number
  readonly agents: number
  readonly agentsOnNewest: number
  readonly bytesPerSubmission: number
  readonly cuts: number
  readonly gate: string
  readonly failedLines: readonly string[]
  readonly model: { readonly before: ModelFigures | null; readonly after: ModelFigures | null }
  readonly seconds: number
}

export async function close(walk: Walk, startedAt: number): Promise<Closing> {
  const { officers, found, screen, folder, address } = walk
  const database = await storedInterviews(address.databaseUrl)
  const verdict = compareMultisets(readLedgers(join(folder, 'ledgers')), database)
  const statuses = await Promise.all(officers.map(({ house }) => house.ask<OfficerStatus>('status')))
  const stats = officers.map(({ link }) => link.stats())
  const bytesUp = stats.reduce((sum, { bytesUp }) => sum + bytesUp, 0)
  const bytesDown = stats.reduce((sum, { bytesDown }) => sum + bytesDown, 0)
  const closing: Closing = {
    captured: found.captured,
    refusedAnswers: found.refused.length,
    setAside: found.setAside.length,
    synced: database.length,
    conflicts: found.conflicts,
    lost: verdict.lost.length,
    duplicated: verdict.duplicated.length,
    releases: found.releases,
    agents: officers.length,
    agentsOnNewest: statuses.filter(({ modelCounter }) => modelCounter === found.newestCounter).length,
    bytesPerSubmission: database.length === 0 ? 0 : Math.round(bytesUp / database.length),
    cuts: stats.reduce((sum, { cuts }) => sum + cuts, 0),
    gate: found.gate,
    failedLines: found.failedLines,
    model: { before: found.before, after: found.after },
    seconds: Math.round((Date.now() - startedAt) / 100) / 10,
  }
  screen.table([
    ['what', 'figure', 'how it is known'],
    ['interviews captured', String(closing.captured), 'finalised on laptops without a network'],
    ['answers refused', String(closing.refusedAnswers), commonReasons(walk)],
    ...(closing.setAside > 0 ? [['rows set aside', String(closing.setAside), found.setAside[0]?.message ?? '']] : []),
    ['at the centre', String(closing.synced), 'asked of PostgreSQL itself'],
    ['lost', String(closing.lost), 'digests in the witness’s ledger and not in PostgreSQL'],
    ['duplicated', String(closing.duplicated), 'digests in PostgreSQL more often than in the ledger'],
    ['conflicts', String(closing.conflicts), 'each kept with both answers'],
    [
      'on the wire',
      `${closing.bytesPerSubmission} B up`,
      `a submission, everything on the socket counted; ${(bytesDown / 1000).toFixed(0)} kB came down in all; ${closing.cuts} cuts`,
    ],
    ['releases', String(closing.releases), `one ring; the gate: ${closing.gate}`],
    ['on the newest model', `${closing.agentsOnNewest} of ${closing.agents}`, `release #${found.newestCounter}`],
    ['AUC', change(found.before?.auc, found.after?.auc), 'on households that no model was trained on'],
    ['log-loss', change(found.before?.logLoss, found.after?.logLoss), 'the same; lower is better'],
    ['time', `${closing.seconds} s`, ''],
  ])
  return closing
}

const change = (before: number | undefined, after: number | undefined): string =>
  before === undefined || after === undefined ? 'not measured' : `${before.toFixed(3)} → ${after.toFixed(3)}`

/** The three questions whose wrong answers were refused most often. */
function commonReasons({ found: { refused } }: Walk): string {
  const counts = new Map<string, number>()
  for (const { question } of refused) counts.set(question, (counts.get(question) ?? 0) + 1)
  const common = [...counts].sort(([, a], [, b]) => b - a).slice(0, 3)
  return common.length === 0
    ? ''
    : `most often ${common.map(([question, count]) => `${question} ${count}×`).join(', ')}`
}
