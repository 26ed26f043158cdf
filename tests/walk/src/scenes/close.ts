/** The closing table: what was captured, what arrived, what it taught. */
import { join } from 'node:path'
import { storedInterviews } from '../database.ts'
import { compareMultisets, readLedgers } from '../ledger.ts'
import type { OfficerStatus, RefusedAnswer } from '../officer-requests.ts'
import type { ModelFigures, Walk } from '../walk.ts'

export interface RefusedReason {
  readonly question: string
  /** One of the values that were refused. */
  readonly value: string
  readonly reason: string
  readonly count: number
}

export interface Closing {
  readonly captured: number
  readonly refusedAnswers: number
  /** The most frequent ones, with what the form said. */
  readonly refusedReasons: readonly RefusedReason[]
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
    refusedReasons: commonReasons(found.refused),
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
    ['answers refused', String(closing.refusedAnswers), reasonsBelow(closing)],
    ...(closing.setAside > 0 ? [['rows set aside', String(closing.setAside), found.setAside[0]?.message ?? '']] : []),
    ['at the centre', String(closing.synced), 'asked of PostgreSQL itself'],
    ['lost', String(closing.lost), 'digests in the witness’s ledger and not in PostgreSQL'],
    ['duplicated', String(closing.duplicated), 'digests in PostgreSQL more often than in the ledger'],
    ['conflicts', String(closing.conflicts), 'each kept with both answers'],
    [
      'on the wire',
      `${closing.bytesPerSubmission} B up`,
      `a submission, everything on the socket counted; ${(bytesDown / 1000).toFixed(0)} kB came down in all; ${plural(closing.cuts, 'cut')}`,
    ],
    ['releases', String(closing.releases), gateInWords(closing)],
    ['on the newest model', `${closing.agentsOnNewest} of ${closing.agents}`, `release #${found.newestCounter}`],
    ['AUC', change(found.before?.auc, found.after?.auc), 'on households that no model was trained on'],
    ['log-loss', change(found.before?.logLoss, found.after?.logLoss), 'the same; lower is better'],
    ['time', `${closing.seconds} s`, ''],
  ])
  for (const { question, value, reason, count } of closing.refusedReasons) {
    screen.line(`              refused ${count}×: ${question} “${value}”: ${reason}`)
  }
  return closing
}

const reasonsBelow = ({ refusedReasons }: Closing): string =>
  refusedReasons.length === 0 ? 'every answer was possible' : 'asked again and corrected; the reasons are below'

const gateInWords = ({ gate, failedLines }: Closing): string => {
  if (gate === 'no run') return 'the prior alone: too few outcomes to start a run'
  return gate === 'promoted'
    ? 'the prior, and the candidate that passed the gate; one ring'
    : `the gate refused the candidate: ${failedLines.join('; ')}`
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

const change = (before: number | undefined, after: number | undefined): string =>
  before === undefined || after === undefined ? 'not measured' : `${before.toFixed(3)} → ${after.toFixed(3)}`

const SHOWN_REASONS = 5

/** By question and reason, the most frequent first. */
function commonReasons(refused: readonly RefusedAnswer[]): readonly RefusedReason[] {
  const byReason = new Map<string, RefusedReason>()
  for (const { question, value, message } of refused) {
    const key = `${question} ${message}`
    const { count } = byReason.get(key) ?? { count: 0 }
    byReason.set(key, { question, value, reason: message, count: count + 1 })
  }
  return [...byReason.values()].sort((a, b) => b.count - a.count).slice(0, SHOWN_REASONS)
}
