/**
 * What several collectors on one database may not do at the same time. The locks are
 * PostgreSQL's own, held by a transaction: a collector that dies lets go of them.
 *
 * The transaction that holds a lock writes nothing; `work` takes its own connections.
 */
import { sql } from 'drizzle-orm'
import { inTransaction, type WriteDb } from './handles.ts'

export type LockName = 'epoch' | 'own-device' | 'backup' | 'replay' | 'follow-ups' | 'root'

/** Waits until no other collector does work of this name. */
export const inTurn = <T>(write: WriteDb, name: LockName, work: () => Promise<T>): Promise<T> =>
  inTransaction(write, async tx => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('murram'), hashtext(${name}))`)
    return work()
  })

/** For sweeps and timers, which each collector has and one should act on: `elsewhere`: another one is at it. */
export const runAlone = <T>(write: WriteDb, name: string, work: () => Promise<T>): Promise<T | 'elsewhere'> =>
  inTransaction(write, async tx => {
    const { rows } = await tx.execute<{ mine: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtext('murram'), hashtext(${name})) as mine`,
    )
    return rows[0]?.mine === true ? work() : 'elsewhere'
  })
