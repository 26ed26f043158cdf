/**
 * Held submissions tried again: on a person's word, after a form was published, and when the
 * collector starts (an upgrade may know what the former build did not).
 *
 * FA1 each is a transaction of its own: one that fails again holds up no other
 * FA2 whatever asks, and however often, the outcome is the same
 */
import type { InstanceId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import { inTransaction, type ReadDb, type WriteDb } from '../db/handles.ts'
import type { FoldRoom, Reconsidered } from './reconsider.ts'

export interface FoldAgainDeps extends Pick<FoldRoom, 'reconsider'> {
  readonly read: ReadDb
  readonly write: WriteDb
  /** Something may have changed that devices or pages show. */
  readonly onChange: () => void
}

export interface FoldAgain {
  readonly one: (instanceId: InstanceId) => Promise<Reconsidered | undefined>
  /** All that is held, the oldest first. Asked again while it works, it goes through them once more. */
  readonly all: () => Promise<FoldedAgain>
}

export interface FoldedAgain {
  readonly tried: number
  readonly folded: number
  /** Those that stay as they were, with the reason they have now. */
  readonly notFolded: readonly Reconsidered[]
}

const CHUNK = 500

export function createFoldAgain({ read, write, reconsider, onChange }: FoldAgainDeps): FoldAgain {
  const one = async (instanceId: InstanceId) => {
    const done = await inTransaction(write, tx => reconsider(tx, instanceId))
    if (done?.state === 'applied') onChange()
    return done
  }
  const all = async (): Promise<FoldedAgain> => {
    let tried = 0
    const notFolded: Reconsidered[] = []
    for (let after = 0, more = true; more;) {
      const rows = await heldAfter(read, after)
      for (const { instanceId } of rows) {
        tried += 1
        const done = await inTransaction(write, tx => reconsider(tx, instanceId))
        if (done !== undefined && done.state !== 'applied') notFolded.push(done)
      }
      after = rows.at(-1)?.seq ?? after
      more = rows.length === CHUNK
    }
    const folded = tried - notFolded.length
    if (folded > 0) onChange()
    return { tried, folded, notFolded }
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    one,
    all: () => {
      const mine = last.then(all)
      last = mine.catch(() => {})
      return mine
    },
  }
}

/** What no fold could ever read, and what came second under an id, is for a person alone. */
async function heldAfter(
  db: ReadDb,
  after: number,
): Promise<readonly { readonly seq: number; readonly instanceId: InstanceId }[]> {
  const { rows } = await db.execute<{ seq: string; instanceId: InstanceId }>(sql`
    select seq, instance_id as "instanceId" from submissions
     where state = 'held' and seq > ${after} and reason ->> 'fault' not in ('sync.instance-exists', 'wire.malformed')
     order by seq limit ${CHUNK}`)
  return rows.map(({ seq, instanceId }) => ({ seq: Number(seq), instanceId }))
}
