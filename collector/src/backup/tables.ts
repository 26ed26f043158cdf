/** Backups that were verified: of our own making, or told by the operator of a managed server. */
import { bigint, integer, pgTable, text } from 'drizzle-orm/pg-core'

const whole = (name: string) => bigint(name, { mode: 'number' })

export const backups = pgTable('backups', {
  name: text('name').primaryKey(),
  epoch: integer('epoch').notNull(),
  kind: text('kind', { enum: ['own', 'told'] }).notNull(),
  /** Where it lies; `null` where it was told. */
  folder: text('folder'),
  takenAtMs: whole('taken_at_ms').notNull(),
  verifiedAtMs: whole('verified_at_ms').notNull(),
  sizeBytes: whole('size_bytes'),
  /** How many submissions stand below the marks that it raised. */
  safeSubmissions: whole('safe_submissions').notNull(),
})
