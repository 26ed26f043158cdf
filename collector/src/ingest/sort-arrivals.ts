/**
 * What each submission of a batch is, given what is stored already: a decision without I/O.
 *
 *   same store and n, same digest       duplicate (or still held)
 *   same store and n, other digest      forked: the store was copied
 *   other n, same instance and digest   again: a copied store queued its work anew; kept, not counted,
 *                                       and answered as the one that counts
 *   other n, same instance, other one   held: which of the two is meant, a person must say
 *   text that no database can hold      held, as bytes
 *   none of these                       fresh; or quarantined, from a device that has left
 */
import { fault, type Fault } from '@murram/ground'
import type { Submission } from '@murram/fold'
import type { AckResult } from '@murram/wire'
import type { InboxRow, KnownRow } from './inbox-repo.ts'
import { toBody } from './storable.ts'

const QUARANTINED = { state: 'quarantined', reason: fault('device.quarantined') } as const

export interface SortedArrivals {
  /** Answered without being stored. */
  readonly answered: readonly AckResult[]
  /** To be stored, in the order of n. */
  readonly rows: readonly InboxRow[]
}

/** @param quarantined Whatever would be applied is stored for a person to look at first. */
export function sortArrivals(
  submissions: readonly Submission[],
  known: readonly KnownRow[],
  quarantined = false,
): SortedArrivals {
  const byN = new Map(known.filter(row => row.storeId === submissions[0]?.storeId).map(row => [row.n, row]))
  const counted = new Map(known.filter(({ state }) => state !== 'again').map(row => [nameOf(row), row]))
  const digests = new Map(known.filter(row => row.state !== 'again').map(row => [row.instanceId, row.digest]))
  const answered: AckResult[] = []
  const rows: InboxRow[] = []
  for (const submission of submissions) {
    const { n, instanceId, digest } = submission
    const before = byN.get(n)
    if (before !== undefined) {
      answered.push({ n, instanceId, ...repeated(before, digest, counted.get(nameOf(submission))) })
      continue
    }
    const sameInstance = digests.get(instanceId)
    digests.set(instanceId, sameInstance ?? digest)
    const body = toBody(submission)
    if (!body.isReadable)
      rows.push({ submission, state: 'held', reason: fault('wire.malformed', NOT_TEXT), body: body.text })
    else {
      const fresh = stateOf(sameInstance, digest, counted.get(nameOf(submission)))
      const isAside = quarantined && fresh.state === 'applied'
      rows.push({ submission, ...(isAside ? QUARANTINED : fresh), body: body.text })
    }
  }
  return { answered, rows }
}

const NOT_TEXT = 'an answer holds characters that no form can hold'

const nameOf = ({ instanceId, digest }: { readonly instanceId: string; readonly digest: string }): string =>
  `${instanceId} ${digest}`

const repeated = (
  before: KnownRow,
  digest: string,
  counted: KnownRow | undefined,
): Pick<AckResult, 'result' | 'fault'> => {
  if (before.digest !== digest) return { result: 'forked', fault: fault('sync.forked-store') }
  return answerOf(before.state === 'again' ? counted : before)
}

/** What is said of a row that stands here, to whoever asks for it again. */
export function answerOf(row: Standing | undefined): Pick<AckResult, 'result' | 'fault'> {
  if (row?.state === 'void') return { result: 'refused', ...(row.reason === null ? {} : { fault: row.reason }) }
  const reason = asideFor(row)
  return reason === null ? { result: 'duplicate' } : { result: 'held', fault: reason }
}

type Standing = Pick<KnownRow, 'state' | 'reason'>

const asideFor = (row: Standing | undefined): Fault | null =>
  row?.state === 'held' || row?.state === 'waiting' || row?.state === 'quarantined' ? row.reason : null

const stateOf = (
  sameInstance: string | undefined,
  digest: string,
  counted: KnownRow | undefined,
): { readonly state: InboxRow['state']; readonly reason: Fault | null } => {
  if (sameInstance === undefined) return { state: 'applied', reason: null }
  return sameInstance === digest
    ? { state: 'again', reason: asideFor(counted) }
    : { state: 'held', reason: fault('sync.instance-exists') }
}
