/**
 * The queue of runs, on pg-boss: what is queued survives a restart, and what crashed is tried
 * again. One run at a time, whatever the number of models and of collectors.
 *
 * Beside it the clock: the schedules of recipes, and a look every few minutes at what waits for a
 * moment. And the order to log a run at an MLflow server, tried again until it is taken.
 */
import { sql } from 'drizzle-orm'
import { fromDrizzle, PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import { reasonOf, type WriteDb } from '../db/handles.ts'
import type { Recovering } from '../recovering/recovering-room.ts'

const RUNS = 'retrain'
const RETRIES = 4
const RETRY_SECONDS = 1
const LOOKS = 'retrain-look'
const LOOK_AT = '*/5 * * * *'
const SCHEDULES = 'retrain-schedule'
const LOGS = 'mlflow'
/** With a pause that doubles from a minute up to six hours: for some days. */
const LOG_RETRIES = 16

export interface RunQueue {
  /** Queued when, and only if, the transaction commits. */
  enqueue(tx: WriteDb, runId: string): Promise<void>
  enqueueLog(tx: WriteDb, runId: string): Promise<void>
  /** These and no others, by cron expression in UTC. */
  keepSchedules(models: readonly { readonly modelName: string; readonly schedule: string | undefined }[]): Promise<void>
  close(): Promise<void>
}

export interface RunQueueDeps {
  readonly databaseUrl: string
  readonly log: Logger
  /** Nothing is taken from the queue until it is closed; what is queued stays. */
  readonly recovering: Recovering
  /** Throws to be tried again; `last` says that it will not be. */
  readonly perform: (runId: string, attempt: { readonly last: boolean; readonly signal: AbortSignal }) => Promise<void>
  /** Every few minutes: is a run due that only waited? */
  readonly look: () => Promise<void>
  /** Between two attempts at a run; a second unless told. */
  readonly retrySeconds?: number | undefined
  readonly scheduled: (modelName: string) => Promise<void>
  /** Throws to be tried again; absent where no server is set. */
  readonly logRun?: (
    runId: string,
    attempt: { readonly last: boolean; readonly tries: number; readonly signal: AbortSignal },
  ) => Promise<void>
}

export async function startRunQueue(deps: RunQueueDeps): Promise<RunQueue> {
  const { databaseUrl, log, recovering, perform, look, scheduled, logRun, retrySeconds = RETRY_SECONDS } = deps
  const boss = new PgBoss({
    connectionString: databaseUrl,
    max: 3,
    superviseIntervalSeconds: 10,
    monitorIntervalSeconds: 10,
  })
  const closing = new AbortController()
  boss.on('error', error => log.warn({ reason: reasonOf(error) }, 'the queue of runs had an error'))
  await boss.start()
  await boss.createQueue(RUNS, {
    policy: 'singleton',
    retryLimit: RETRIES,
    retryDelay: retrySeconds,
    expireInSeconds: 6 * 3_600,
    // A collector that was killed is noticed by its silence, not after hours.
    heartbeatSeconds: 15,
  })
  for (const clock of [LOOKS, SCHEDULES]) await boss.createQueue(clock, { retryLimit: 0, expireInSeconds: 600 })
  await boss.createQueue(LOGS, {
    retryLimit: LOG_RETRIES,
    retryDelay: 60,
    retryBackoff: true,
    retryDelayMax: 6 * 3_600,
    expireInSeconds: 600,
  })
  await boss.schedule(LOOKS, LOOK_AT)
  const work = async () => {
    await boss.work<{ readonly runId: string }>(
      RUNS,
      { pollingIntervalSeconds: 0.5, batchSize: 1, heartbeatRefreshSeconds: 5 },
      async ([job]) => {
        if (job === undefined) return
        const signal = AbortSignal.any([job.signal, closing.signal])
        await perform(job.data.runId, { last: job.retryCount >= RETRIES, signal })
      },
    )
    const rarely = { pollingIntervalSeconds: 10, batchSize: 1 }
    await boss.work(LOOKS, rarely, look)
    await boss.work<{ readonly modelName: string }>(SCHEDULES, rarely, async ([job]) => {
      if (job !== undefined) await scheduled(job.data.modelName)
    })
    if (logRun === undefined) return
    await boss.work<{ readonly runId: string }>(LOGS, { pollingIntervalSeconds: 1, batchSize: 1 }, async ([job]) => {
      if (job === undefined) return
      const signal = AbortSignal.any([job.signal, closing.signal])
      await logRun(job.data.runId, { last: job.retryCount >= LOG_RETRIES, tries: job.retryCount + 1, signal })
    })
  }
  if (recovering.isOpen())
    recovering.onClosed(() => {
      if (!closing.signal.aborted)
        work().catch((cause: unknown) => log.error({ reason: reasonOf(cause) }, 'the queue of runs was not taken up'))
    })
  else await work()
  const send = async (queue: string, tx: WriteDb, runId: string) => {
    await boss.send(queue, { runId }, { db: fromDrizzle(tx, sql) })
  }
  return {
    enqueue: (tx, runId) => send(RUNS, tx, runId),
    enqueueLog: (tx, runId) => send(LOGS, tx, runId),
    keepSchedules: async models => {
      const kept = new Map((await boss.getSchedules(SCHEDULES)).map(({ key, cron }) => [key, cron]))
      for (const { modelName, schedule } of models) {
        // What came due while no collector ran is made up for once.
        if (schedule !== undefined && kept.get(modelName) !== schedule)
          await boss.schedule(SCHEDULES, schedule, { modelName }, { tz: 'UTC', key: modelName, missed: 'once' })
        if (schedule !== undefined) kept.delete(modelName)
      }
      for (const key of kept.keys()) await boss.unschedule(SCHEDULES, key)
    },
    close: async () => {
      closing.abort(new Error('the collector closes'))
      await boss.stop({ graceful: true, timeout: 5_000 })
    },
  }
}
