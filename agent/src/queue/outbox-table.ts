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
 *   O3 only an ack that names a row marks it, and a mark taken back (a restored collector) queues it again
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
import type { AckResult } from '@murram/wire'
import type { SealedSubmission, SubmissionState } from '../store/collections.ts'
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
  /** `null` once the collector had it in a backup: the document still has it. */
  readonly submission: SealedSubmission | null
}

/** A mark to be written, together with what the submission's document shows of it. */
export interface StateChange {
  readonly n: number
  readonly instanceId: InstanceId
  readonly state: SubmissionState
  readonly fault: Fault | null
  /** The feed says so, and no ack: what it shows changes, what is kept of it does not. */
  readonly told?: true
}

export interface OutboxCounts {
  readonly waiting: number
  readonly sent: number
  readonly safe: number
  /** Answered with a reason why not; kept here, and tried again later. */
  readonly refused: number
  readonly oldestAtMs: number | null
  readonly sizeBytes: number
}

export interface OutboxTable {
  readonly storeId: () => StoreId
  readonly lastN: () => number
  /** n up to which everything was answered by name. */
  readonly answeredUpto: () => number
  /** Inside the submission's transaction. */
  readonly append: (submission: SealedSubmission, savedAtMs: number) => void
  /** Rows of this store from `firstN` to `lastN`, at most `limit`, in order and without gaps. */
  readonly rows: (firstN: number, lastN: number, limit: number) => readonly QueuedSubmission[]
  /** Chain head after n; `''` before the first. */
  readonly chainAt: (n: number) => string
  readonly counts: () => OutboxCounts
  readonly placeOf: (instanceId: string) => OutboxRow | null
  readonly nByInstanceId: () => ReadonlyMap<string, number>
  /** O3. What an ack says of what it names; nothing is written until `apply`. */
  readonly acked: (results: readonly AckResult[]) => readonly StateChange[]
  readonly safe: (upto: number) => readonly StateChange[]
  /** O3: whatever was acked above `durableUpto` is to be queued again. */
  readonly lost: (durableUpto: number) => readonly StateChange[]
  /** Whatever was answered with a reason why not is to be queued again: the reason may be gone. */
  readonly refused: () => readonly StateChange[]
  /** Those that were acked are to be queued again, in this store. */
  readonly again: (instanceIds: readonly InstanceId[]) => readonly StateChange[]
  /** Inside a transaction. */
  readonly apply: (changes: readonly StateChange[]) => void
  /** O4 */
  readonly renewStore: () => void
  /** A restored collector may lack what former lives of this store sent: queue it in this one. */
  readonly adoptFormerStores: () => readonly StateChange[]
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
CREATE INDEX IF NOT EXISTS outbox_by_state ON outbox (store_id, state, n);
CREATE TABLE IF NOT EXISTS outbox_payload (seq INTEGER PRIMARY KEY, payload TEXT NOT NULL) STRICT`

/** Apart, so that a mark does not write the answers again; rows of an older build have them in `outbox`. */
const WITH_PAYLOAD = `SELECT o.seq, o.n, o.instance_id, o.digest, o.chain, o.state, coalesce(p.payload, o.payload) AS payload
  FROM outbox o LEFT JOIN outbox_payload p ON p.seq = o.seq`

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
  const insert = connection.prepare<[string, number, string, string, string, number, number]>(
    `INSERT INTO outbox (store_id, n, instance_id, digest, chain, size_bytes, state, saved_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, 'queued', ?)`,
  )
  const insertPayload = connection.prepare<[number | bigint, string]>(
    'INSERT INTO outbox_payload (seq, payload) VALUES (?, ?)',
  )
  const selectRange = connection.prepare<[string, number, number, number], Row>(
    `${WITH_PAYLOAD} WHERE o.store_id = ? AND o.n BETWEEN ? AND ? ORDER BY o.n LIMIT ?`,
  )
  const selectAt = connection.prepare<[string, number], Row>(
    'SELECT seq, n, instance_id, digest, chain, state, NULL AS payload FROM outbox WHERE store_id = ? AND n = ?',
  )
  const selectStates = connection
    .prepare<[string, number, number], [number, string, string]>(
      'SELECT n, instance_id, state FROM outbox WHERE store_id = ? AND n BETWEEN ? AND ?',
    )
    .raw()
  const selectByState = connection.prepare<[string, string, number], Row>(
    'SELECT * FROM outbox WHERE store_id = ? AND state = ? AND n <= ? ORDER BY n',
  )
  const selectSentAbove = connection.prepare<[string, number], Row>(
    `SELECT * FROM outbox WHERE store_id = ? AND state IN ('sent', 'safe') AND n > ? ORDER BY n`,
  )
  const selectFirstQueued = connection.prepare<[string], { n: number }>(
    `SELECT n FROM outbox WHERE store_id = ? AND state = 'queued' ORDER BY n LIMIT 1`,
  )
  const selectByInstance = connection.prepare<[string], Row>('SELECT * FROM outbox WHERE instance_id = ?')
  const selectPlaces = connection.prepare<[], { instance_id: string; n: number }>('SELECT instance_id, n FROM outbox')
  const count = connection.prepare<[], { state: string; rows: number; bytes: number; oldest: number | null }>(
    'SELECT state, count(*) AS rows, sum(size_bytes) AS bytes, min(saved_at_ms) AS oldest FROM outbox GROUP BY state',
  )
  const mark = connection.prepare<[string, string | null, string, string, number, number]>(
    `UPDATE outbox SET state = ?, fault = ?, payload = CASE WHEN ? = 'safe' THEN NULL ELSE payload END
     WHERE store_id = ? AND n BETWEEN ? AND ?`,
  )
  const markFault = connection.prepare<[string | null, string]>('UPDATE outbox SET fault = ? WHERE instance_id = ?')
  const selectAcked = connection.prepare<[string], Row & { readonly store_id: string }>(
    `SELECT * FROM outbox WHERE instance_id = ? AND state IN ('sent', 'safe')`,
  )
  const dropPayload = connection.prepare<[string, number]>(
    'DELETE FROM outbox_payload WHERE seq = (SELECT seq FROM outbox WHERE store_id = ? AND n = ?)',
  )
  const selectUnsent = connection.prepare<[string], Row>(
    `SELECT * FROM outbox WHERE store_id = ? AND state IN ('queued', 'refused') ORDER BY seq`,
  )
  const selectFormer = connection.prepare<[string], Row>(
    `SELECT * FROM outbox WHERE store_id <> ? AND state IN ('sent', 'safe') ORDER BY seq`,
  )
  const move = connection.prepare<[string, number, string, number]>(
    `UPDATE outbox SET store_id = ?, n = ?, chain = ?, state = 'queued', fault = NULL WHERE seq = ?`,
  )

  const nextPlace = (digest: string): { readonly n: number; readonly chain: string } => {
    const before = last.get(storeId) ?? { n: 0, chain: '' }
    return { n: before.n + 1, chain: chainHead(before.chain, digest) }
  }
  const moveToThisStore = (rows: readonly Row[]): readonly StateChange[] =>
    rows.map(row => {
      const { n, chain } = nextPlace(row.digest)
      move.run(storeId, n, chain, row.seq)
      return { n, instanceId: row.instance_id as InstanceId, state: 'queued', fault: null }
    })
  /** Of an ack, which names one after the other: read at once where it does. */
  const statesOf = (ns: readonly number[]): ReadonlyMap<number, Pick<Row, 'n' | 'instance_id' | 'state'>> => {
    const runs = runsOf(ns, (n, before) => n === before + 1)
    const found = runs.flatMap(run => selectStates.all(storeId, run[0] as number, run.at(-1) as number))
    return new Map(found.map(([n, instance_id, state]) => [n, { n, instance_id, state }]))
  }
  const changeTo =
    (state: SubmissionState) =>
    (row: Pick<Row, 'n' | 'instance_id'>): StateChange => ({
      n: row.n,
      instanceId: row.instance_id as InstanceId,
      state,
      fault: null,
    })
  const inOne = <T>(act: () => T): T => connection.transaction(act).immediate()

  return {
    storeId: () => storeId,
    lastN: () => last.get(storeId)?.n ?? 0,
    answeredUpto: () => (selectFirstQueued.get(storeId)?.n ?? (last.get(storeId)?.n ?? 0) + 1) - 1,
    append: (submission, savedAtMs) => {
      const { n, chain } = nextPlace(submission.digest)
      const payload = JSON.stringify(submission)
      const size = Buffer.byteLength(payload)
      const row = insert.run(storeId, n, submission.instanceId, submission.digest, chain, size, savedAtMs)
      insertPayload.run(row.lastInsertRowid, payload)
    },
    rows: (firstN, lastN, limit) => {
      const found = selectRange.all(storeId, firstN, lastN, limit)
      const gap = found.findIndex((row, i) => row.n !== firstN + i)
      return found.slice(0, gap === -1 ? undefined : gap).map(row => ({
        ...toOutboxRow(row),
        submission: JSON.parse(row.payload ?? 'null') as SealedSubmission | null,
      }))
    },
    chainAt: n => selectAt.get(storeId, n)?.chain ?? '',
    counts: () => {
      const byState = new Map(count.all().map(row => [row.state, row]))
      const queued = byState.get('queued')
      return {
        waiting: queued?.rows ?? 0,
        sent: byState.get('sent')?.rows ?? 0,
        safe: byState.get('safe')?.rows ?? 0,
        refused: byState.get('refused')?.rows ?? 0,
        oldestAtMs: queued?.oldest ?? null,
        sizeBytes: queued?.bytes ?? 0,
      }
    },
    placeOf: instanceId => {
      const row = selectByInstance.get(instanceId)
      return row === undefined ? null : toOutboxRow(row)
    },
    nByInstanceId: () => new Map(selectPlaces.all().map(row => [row.instance_id, row.n])),
    acked: results => {
      const rows = statesOf(results.map(({ n }) => n))
      return results.flatMap(({ n, instanceId, result, fault }) => {
        const row = rows.get(n)
        if (row?.instance_id !== instanceId || row.state === 'safe' || result === 'forked') return []
        return result === 'refused' || result === 'held'
          ? [{ ...changeTo(result)(row), fault: fault ?? null }]
          : [changeTo('sent')(row)]
      })
    },
    safe: upto => selectByState.all(storeId, 'sent', upto).map(changeTo('safe')),
    lost: durableUpto => selectSentAbove.all(storeId, durableUpto).map(changeTo('queued')),
    refused: () => selectByState.all(storeId, 'refused', Number.MAX_SAFE_INTEGER).map(changeTo('queued')),
    again: instanceIds =>
      inOne(() =>
        instanceIds.flatMap(instanceId => {
          const row = selectAcked.get(instanceId)
          if (row === undefined) return []
          return row.store_id === storeId ? [changeTo('queued')(row)] : moveToThisStore([row])
        }),
      ),
    apply: changes => {
      for (const run of runsOf(changes, isMarkedAlike)) {
        const [{ n, instanceId, state, fault, told }, last] = [run[0] as StateChange, run.at(-1) as StateChange]
        const reason = fault === null ? null : JSON.stringify(fault)
        if (told === true) {
          markFault.run(reason, instanceId)
          continue
        }
        const outboxState: OutboxState = state === 'held' ? 'sent' : state
        mark.run(outboxState, reason, outboxState, storeId, n, last.n)
        if (outboxState === 'safe') for (const one of run) dropPayload.run(storeId, one.n)
      }
    },
    renewStore: () => {
      const before = storeId
      try {
        inOne(() => {
          const unsent = selectUnsent.all(before)
          storeId = renewStoreId(values)
          moveToThisStore(unsent)
        })
      } catch (error) {
        // A full disk took it back: what is saved now must not go under an id that is nowhere written.
        storeId = before
        throw error
      }
    },
    adoptFormerStores: () => inOne(() => moveToThisStore(selectFormer.all(storeId))),
  }
}

/** Thousands are marked at once, nearly all of them alike and one behind the other. */
const isMarkedAlike = (change: StateChange, before: StateChange): boolean =>
  change.n === before.n + 1 &&
  change.state === before.state &&
  [change.fault, before.fault].every(fault => fault === null) &&
  [change.told, before.told].every(told => told !== true)

/** In their order, cut wherever one does not go on from the one before it. */
function runsOf<T>(all: readonly T[], goesOn: (one: T, before: T) => boolean): readonly (readonly T[])[] {
  const runs: T[][] = []
  for (const [i, one] of all.entries()) {
    if (i > 0 && goesOn(one, all[i - 1] as T)) runs.at(-1)?.push(one)
    else runs.push([one])
  }
  return runs
}

const toOutboxRow = (row: Row): OutboxRow => ({
  n: row.n,
  instanceId: row.instance_id as InstanceId,
  digest: row.digest as Sha256,
  chain: row.chain,
  state: row.state as OutboxState,
})
