/** The collectors that are running on this database, as each of them said last. */
import { bigint, pgTable, text } from 'drizzle-orm/pg-core'

const ms = (name: string) => bigint(name, { mode: 'number' })

export const collectors = pgTable('collectors', {
  /** Of the process, not of the machine: new with every start. */
  processId: text('process_id').primaryKey(),
  host: text('host').notNull(),
  /** By the database's clock, as `seenAtMs`: the machines' clocks may differ. */
  startedAtMs: ms('started_at_ms').notNull(),
  seenAtMs: ms('seen_at_ms').notNull(),
  /** Devices with a session there. */
  connected: text('connected').array().notNull(),
})
