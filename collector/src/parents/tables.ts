import { bigint, boolean, index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

/** What is not here yet, and which stored submissions wait for it. */
export const awaited = pgTable(
  'awaited',
  {
    instanceId: text('instance_id').notNull(),
    /** The instance that it corrects, or an entity that it updates or settles. */
    awaits: text('awaits').notNull(),
    sinceMs: bigint('since_ms', { mode: 'number' }).notNull(),
    /** Waited for long enough: it was folded without. */
    givenUp: boolean('given_up').notNull().default(false),
  },
  table => [primaryKey({ columns: [table.instanceId, table.awaits] }), index('awaited_awaits').on(table.awaits)],
)
