/**
 * What a device is told of its own submission after the ack: a row of the feed, for that device
 * alone, whenever what keeps it from being folded has changed.
 *
 * TS1 told once for each change, in the transaction that changed it: whoever folded it, and
 *     whether or not the device was there
 * TS2 what was folded directly is told by its ack alone, and has no row
 *
 * Not here: returns (`review/told-returns.ts`), which ask for something.
 */
import type { DeviceId, Fault } from '@murram/ground'
import type { SubmissionBody } from '@murram/wire'
import type { WriteDb } from '../db/handles.ts'
import type { Feed } from '../feed/feed.ts'
import type { StoredSubmission } from './stored-submissions.ts'

interface TellSubmissionDeps {
  readonly feed: Pick<Feed, 'append'>
  /** The collector's own device reads no feed. */
  readonly collectorId: DeviceId
}

type State = Pick<StoredSubmission, 'state' | 'reason'>

export async function tellSubmission(
  { feed, collectorId }: TellSubmissionDeps,
  tx: WriteDb,
  { submission: { instanceId, deviceId }, ...before }: StoredSubmission,
  now: State,
): Promise<void> {
  const held = heldBy(now)
  if (deviceId === collectorId || JSON.stringify(held) === JSON.stringify(heldBy(before))) return
  const body: SubmissionBody = { instanceId, held }
  await feed.append(tx, [{ kind: 'submission', key: instanceId, body, scope: [deviceId] }])
}

/** Details of what a database said may be long, and a row travels beside others. */
const MOST_DETAIL = 1_000

/** As an ack says it: `null` for what is folded, and for what was returned, which is told apart. */
function heldBy({ state, reason }: State): Fault | null {
  const isAside = state === 'held' || state === 'waiting' || state === 'quarantined'
  if (!isAside || reason === null) return null
  const { fault: code, detail } = reason
  return { fault: code, ...(detail === undefined ? {} : { detail: detail.slice(0, MOST_DETAIL) }) } as Fault
}
