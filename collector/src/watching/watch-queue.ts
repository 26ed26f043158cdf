/**
 * The hour of watching, and alerts on their way, on pg-boss: one collector of several looks, and
 * an alert that nobody takes is tried again for some hours and blocks nothing.
 */
import { sql } from 'drizzle-orm'
import { fromDrizzle, PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import { reasonOf, type WriteDb } from '../db/handles.ts'

const LOOK = 'watch'
const ALERT = 'watch-alert'
const HOURLY = '7 * * * *'

export interface WatchQueue<Alert extends object> {
  /** Sent when, and only if, the transaction commits. */
  readonly alert: (tx: WriteDb, alert: Alert) => Promise<void>
  readonly close: () => Promise<void>
}

export interface WatchQueueDeps<Alert> {
  readonly databaseUrl: string
  readonly log: Logger
  readonly look: () => Promise<void>
  /** Throws to be tried again. */
  readonly deliver: (alert: Alert) => Promise<void>
  /** How soon it is tried again; rises from there. */
  readonly retrySeconds?: number
}

export async function startWatchQueue<Alert extends object>({
  databaseUrl,
  log,
  look,
  deliver,
  retrySeconds = 30,
}: WatchQueueDeps<Alert>): Promise<WatchQueue<Alert>> {
  const boss = new PgBoss({ connectionString: databaseUrl, max: 2, cronMonitorIntervalSeconds: 30 })
  boss.on('error', error => log.warn({ reason: reasonOf(error) }, 'the queue of watching had an error'))
  await boss.start()
  await boss.createQueue(LOOK, { policy: 'singleton', retryLimit: 1, expireInSeconds: 600 })
  await boss.createQueue(ALERT, { retryLimit: 12, retryDelay: retrySeconds, retryBackoff: true, expireInSeconds: 60 })
  await boss.schedule(LOOK, HOURLY)
  await boss.work(LOOK, { pollingIntervalSeconds: 20 }, look)
  await boss.work<Alert>(ALERT, { pollingIntervalSeconds: 2, batchSize: 1 }, async ([job]) => {
    if (job !== undefined) await deliver(job.data)
  })
  return {
    alert: async (tx, alert) => {
      await boss.send(ALERT, alert, { db: fromDrizzle(tx, sql) })
    },
    close: () => boss.stop({ graceful: true, timeout: 5_000 }),
  }
}
