/**
 * The queue of runs, on pg-boss: what is queued survives a restart, and what crashed is tried
 * again. One run at a time, whatever the number of models and of collectors.
 */
import { sql } from 'drizzle-orm'
import { fromDrizzle, PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import { reasonOf, type WriteDb } from '../db/handles.ts'
import type { Recovering } from '../recovering/recovering-room.ts'

const QUEUE = 'retrain'
const RETRIES = 4

export interface RunQueue {
  /** Queued when, and only if, the transaction commits. */
  enqueue(tx: WriteDb, runId: string): Promise<void>
  close(): Promise<void>
}

export interface RunQueueDeps {
  readonly databaseUrl: string
  readonly log: Logger
  /** Nothing is taken from the queue until it is closed; what is queued stays. */
  readonly recovering: Recovering
  /** Throws to be tried again; `last` says that it will not be. */
  readonly perform: (runId: string, attempt: { readonly last: boolean; readonly signal: AbortSignal }) => Promise<void>
}

export async function startRunQueue({ databaseUrl, log, recovering, perform }: RunQueueDeps): Promise<RunQueue> {
  const boss = new PgBoss({
    connectionString: databaseUrl,
    max: 3,
    superviseIntervalSeconds: 10,
    monitorIntervalSeconds: 10,
  })
  const closing = new AbortController()
  boss.on('error', error => log.warn({ reason: reasonOf(error) }, 'the queue of runs had an error'))
  await boss.start()
  await boss.createQueue(QUEUE, {
    policy: 'singleton',
    retryLimit: RETRIES,
    retryDelay: 1,
    expireInSeconds: 6 * 3_600,
    // A collector that was killed is noticed by its silence, not after hours.
    heartbeatSeconds: 15,
  })
  const work = () =>
    boss.work<{ readonly runId: string }>(
      QUEUE,
      { pollingIntervalSeconds: 0.5, batchSize: 1, heartbeatRefreshSeconds: 5 },
      async ([job]) => {
        if (job === undefined) return
        const signal = AbortSignal.any([job.signal, closing.signal])
        await perform(job.data.runId, { last: job.retryCount >= RETRIES, signal })
      },
    )
  if (recovering.isOpen())
    recovering.onClosed(() => {
      if (!closing.signal.aborted)
        work().catch((cause: unknown) => log.error({ reason: reasonOf(cause) }, 'the queue of runs was not taken up'))
    })
  else await work()
  return {
    enqueue: async (tx, runId) => {
      await boss.send(QUEUE, { runId }, { db: fromDrizzle(tx, sql) })
    },
    close: async () => {
      closing.abort(new Error('the collector closes'))
      await boss.stop({ graceful: true, timeout: 5_000 })
    },
  }
}
