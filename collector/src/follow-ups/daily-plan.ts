/** Each day once, whichever collector of the project is up: pg-boss keeps the hour. */
import { PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import { reasonOf } from '../db/handles.ts'

const QUEUE = 'follow-ups'
/** Before anybody opens a laptop. */
const AT = '15 2 * * *'

export interface DailyPlan {
  readonly close: () => Promise<void>
}

export async function startDailyPlan({
  databaseUrl,
  log,
  plan,
}: {
  readonly databaseUrl: string
  readonly log: Logger
  readonly plan: () => Promise<void>
}): Promise<DailyPlan> {
  const boss = new PgBoss({ connectionString: databaseUrl, max: 2, supervise: false })
  boss.on('error', error => log.warn({ reason: reasonOf(error) }, 'the queue of follow-ups had an error'))
  await boss.start()
  await boss.createQueue(QUEUE, { policy: 'singleton', retryLimit: 2, retryDelay: 60 })
  await boss.schedule(QUEUE, AT, {})
  await boss.work(QUEUE, { pollingIntervalSeconds: 60, batchSize: 1 }, plan)
  return { close: () => boss.stop({ graceful: true, timeout: 5_000 }) }
}
