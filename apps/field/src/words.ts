/** Numbers and times as an officer reads them. */
import type { AssessmentJson } from '@murram/agent/api'

export function ago(atMs: number | null, nowMs = Date.now()): string {
  if (atMs === null) return 'never'
  const minutes = Math.max(0, Math.round((nowMs - atMs) / 60_000))
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} days ago`
}

/** An age, as one says it. */
export const days = (count: number): string =>
  count === 0 ? 'made today' : count === 1 ? '1 day old' : `${count} days old`

export const day = (atMs: number): string =>
  new Date(atMs).toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' })

export const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`

export const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`

export const fileSize = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`

/** A question without a label (a calculation) goes by its name. */
export const asWords = (name: string): string => name.replaceAll('_', ' ')

const ABSTAINS: Readonly<Record<NonNullable<AssessmentJson['abstains']>, string>> = {
  unmeasured: 'unsure: please decide yourself',
  missing: 'unsure, too much is not known: please decide yourself',
  undecided: 'unsure, another answer is possible too: please decide yourself',
}

export const certainty = ({ sure, abstains }: AssessmentJson): string =>
  sure ? 'sure' : ABSTAINS[abstains ?? 'unmeasured']

export const stateWords: Readonly<Record<string, string>> = {
  queued: 'waits for a link',
  awaiting: 'sent, files on their way',
  sent: 'sent',
  safe: 'sent and in a backup',
  held: 'held by the centre',
  refused: 'refused by the centre',
}
