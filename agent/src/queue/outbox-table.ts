/**
 * The outbox: what must reach the collector, in the order in which it was finalised.
 *
 *     (store_id, n) ── instance_id, digest, chain, payload, state, fault
 *
 * `n` is dense (1, 2, 3 …) within one life of a store, `chain` is the head of the hash chain
 * after this row, and `payload` stays until the collector has the row in a verified backup.
 *
 * Laws, in `outbox.test.ts`:
 *   O1 a row is written in the transaction of its submission, or neither is
 *   O2 n has no gaps, and each chain head covers all rows of its store before it
 *   O3 only an ack marks a row, and a mark taken back (a restored collector) queues it again
 *   O4 a copied store queues what was not acked under a new store id, from 1, in order
 *
 * Not here: what is sent when (sync). The SQL of this table is nowhere else.
 *
 * Why a table of its own and not a state of the documents: "sent" must be a fact of an ack,
 * and the queue must be readable without opening one answer.
 */
import type { Fault, InstanceId, Sha256, StoreId } from '@murram/ground'
import type { SqliteHandle } from '@murram/rxdb-sqlite'
import { chainHead } from '@murram/seal'
import type { SealedSubmission } from '../store/collections.ts'
import { renewStoreId, storeIdOf, type DeviceValues } from '../store/device-values.ts'

export type OutboxState = 'queued' | 'sent' | 'safe' | 'refused'

export interface OutboxRow {
  readonly n: number
  readonly instanceId: InstanceId
  readonly digest: Sha256
  readonly chain: string
  readonly state: OutboxState
}

export interface QueuedSubmission extends OutboxRow {
  readonly submission: SealedSubmission
}

export interface OutboxCounts {
  readonly waiting: number
  readonly sent: number
  readonly safe: number
  readonly oldestAtMs: number | null
  readonly sizeBytes: number
}

export interface OutboxTable {
  readonly storeId: () => StoreId
  readonly lastN: () => number
  /** Inside the submission's transaction. */
  readonly append: (submission: SealedSubmission, savedAtMs: number) => void
  /** Queued rows with n > after, oldest first. */
  readonly queued: (after: number, limit: number) => readonly QueuedSubmission[]
  readonly counts: () => OutboxCounts
  readonly placeOf: (instanceId: string) => OutboxRow | null
  /** O3. Rows up to `upto` that are queued become sent; those named in `refused` are set aside. */
  readonly markAcked: (
    upto: number,
    refused: readonly { readonly n: number; readonly fault: Fault }[],
  ) => readonly InstanceId[]
  readonly markSafe: (upto: number) => readonly InstanceId[]
  /** O3: whatever was acked above `durableUpto` is queued again. */
  readonly requeueAbove: (durableUpto: number) => readonly InstanceId[]
  /** O4 */
  readonly renewStore: () => readonly InstanceId[]
  /** A restored collector may lack what former lives of this store sent: queue it in this one. */
  readonly adoptFormerStores: () => readonly InstanceId[]
}

const TABLE = `CREATE TABLE IF NOT EXISTS outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  store_id TEXT NOT NULL,
  n INTEGER NOT NULL,
  instance_id TEXT NOT NULL UNIQUE,
  digest TEXT NOT NULL,
  chain TEXT NOT NULL,
  payload TEXT,
  size_bytes INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'safe', 'refused')),
  fault TEXT,
  saved_at_ms INTEGER NOT NULL,
  UNIQUE (store_id, n)
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_by_state ON outbox (store_id, state, n)`

interface Row {
  readonly seq: number
  readonly n: number
  readonly instance_id: string
  readonly digest: string
  readonly chain: string
  readonly payload: string | null
  readonly state: string
}

export function openOutboxTable({ connection }: SqliteHandle, values: DeviceValues): OutboxTable {
  connection.exec(TABLE)
  let storeId = storeIdOf(values)

  const last = connection.prepare<[string], { n: number; chain: string }>(
    'SELECT n, chain FROM outbox WHERE store_id = ? ORDER BY n DESC LIMIT 1',
  )
  const insert = connection.prepare<[string, number, string, string, string, string, number, number]>(
    `INSERT INTO outbox (store_id, n, instance_id, digest, chain, payload, size_bytes, state, saved_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?)`,
  )
  const selectQueued = connection.prepare<[string, number, number], Row>(
    `SELECT * FROM outbox WHERE store_id = ? AND state = 'queued' AND n > ? ORDER BY n LIMIT ?`,
  )
  const selectByInstance = connection.prepare<[string], Row>('SELECT * FROM outbox WHERE instance_id = ?')
  const count = connection.prepare<[], { state: string; rows: number; bytes: number; oldest: number | null }>(
    `SELECT state, count(*) AS rows, sum(size_bytes) AS bytes, min(saved_at_ms) AS oldest FROM outbox GROUP BY state`,
  )
  const markRefused = connection.prepare<[string, string, number], Row>(
    `UPDATE outbox SET state = 'refused', fault = ? WHERE store_id = ? AND n = ? AND state = 'queued'`,
  )
  const markSent = connection.prepare<[string, number], Row>(
    `UPDATE outbox SET state = 'sent' WHERE store_id = ? AND state = 'queued' AND n <= ? RETURNING *`,
  )
  const markSafeRows = connection.prepare<[string, number], Row>(
    `UPDATE outbox SET state = 'safe', payload = NULL WHERE store_id = ? AND state = 'sent' AND n <= ? RETURNING *`,
  )
  const requeue = connection.prepare<[string, number], Row>(
    `UPDATE outbox SET state = 'queued' WHERE store_id = ? AND state = 'sent' AND n > ? RETURNING *`,
  )
  const selectForMove = connection.prepare<[string], Row>(
    `SELECT * FROM outbox WHERE payload IS NOT NULL AND store_id = ? AND state = 'queued' ORDER BY seq`,
  )
  const selectFormer = connection.prepare<[string], Row>(
    `SELECT * FROM outbox WHERE payload IS NOT NULL AND store_id <> ? AND state = 'sent' ORDER BY seq`,
  )
  const move = connection.prepare<[string, number, string, number]>(
    `UPDATE outbox SET store_id = ?, n = ?, chain = ?, state = 'queued' WHERE seq = ?`,
  )

  const nextPlace = (digest: string): { readonly n: number; readonly chain: string } => {
    const before = last.get(storeId) ?? { n: 0, chain: '' }
    return { n: before.n + 1, chain: chainHead(before.chain, digest) }
  }
  const moveToThisStore = (rows: readonly Row[]): readonly InstanceId[] =>
    rows.map(row => {
      const { n, chain } = nextPlace(row.digest)
      move.run(storeId, n, chain, row.seq)
      return row.instance_id as InstanceId
    })
  const inOne = <T>(act: () => T): T => connection.transaction(act).immediate()
  const ids = (rows: readonly Row[]): readonly InstanceId[] => rows.map(row => row.instance_id as InstanceId)

  return {
    storeId: () => storeId,
    lastN: () => last.get(storeId)?.n ?? 0,
    append: (submission, savedAtMs) => {
      const { n, chain } = nextPlace(submission.digest)
      const payload = JSON.stringify(submission)
      const size = Buffer.byteLength(payload)
      insert.run(storeId, n, submission.instanceId, submission.digest, chain, payload, size, savedAtMs)
    },
    queued: (after, limit) =>
      selectQueued.all(storeId, after, limit).map(row => ({
        ...toOutboxRow(row),
        submission: JSON.parse(row.payload ?? 'null') as SealedSubmission,
      })),
    counts: () => {
      const byState = new Map(count.all().map(row => [row.state, row]))
      const queued = byState.get('queued')
      return {
        waiting: queued?.rows ?? 0,
        sent: byState.get('sent')?.rows ?? 0,
        safe: byState.get('safe')?.rows ?? 0,
        oldestAtMs: queued?.oldest ?? null,
        sizeBytes: queued?.bytes ?? 0,
      }
    },
    placeOf: instanceId => {
      const row = selectByInstance.get(instanceId)
      return row === undefined ? null : toOutboxRow(row)
    },
    markAcked: (upto, refused) =>
      inOne(() => {
        for (const { n, fault } of refused) markRefused.run(JSON.stringify(fault), storeId, n)
        return ids(markSent.all(storeId, upto))
      }),
    markSafe: upto => ids(markSafeRows.all(storeId, upto)),
    requeueAbove: durableUpto => ids(requeue.all(storeId, durableUpto)),
    renewStore: () =>
      inOne(() => {
        const unsent = selectForMove.all(storeId)
        storeId = renewStoreId(values)
        return moveToThisStore(unsent)
      }),
    adoptFormerStores: () => inOne(() => moveToThisStore(selectFormer.all(storeId))),
  }
}

const toOutboxRow = (row: Row): OutboxRow => ({
  n: row.n,
  instanceId: row.instance_id as InstanceId,
  digest: row.digest as Sha256,
  chain: row.chain,
  state: row.state as OutboxState,
})
