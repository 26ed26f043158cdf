/**
 * The inbox, append-only: (store, n) is stored once and its body never changes. Bodies are
 * `json`, not `jsonb`: PostgreSQL keeps the text as it came, which halves the cost of an insert.
 */
import { sql } from 'drizzle-orm'
import { bigint, bigserial, boolean, index, json, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { INBOX_STATES } from './inbox-states.ts'

const ms = (name: string) => bigint(name, { mode: 'number' })

export const submissions = pgTable(
  'submissions',
  {
    storeId: text('store_id').notNull(),
    n: bigint('n', { mode: 'number' }).notNull(),
    seq: bigserial('seq', { mode: 'number' }).notNull(),
    instanceId: text('instance_id').notNull(),
    deviceId: text('device_id').notNull(),
    formId: text('form_id').notNull(),
    version: text('version').notNull(),
    digest: text('digest').notNull(),
    stamp: text('stamp').notNull(),
    deprecatedId: text('deprecated_id'),
    body: json('body').notNull(),
    /** See `inbox-states.ts`. */
    state: text('state', { enum: INBOX_STATES }).notNull(),
    /** Why it is held: a fault. */
    reason: json('reason'),
    receivedAtMs: ms('received_at_ms').notNull(),
    /** Set aside when it came: whoever listens to arrivals has not heard of it (`late-arrivals.ts`). */
    unannounced: boolean('unannounced').notNull().default(false),
  },
  table => [
    primaryKey({ columns: [table.storeId, table.n] }),
    uniqueIndex('submissions_seq').on(table.seq),
    index('submissions_instance').on(table.instanceId),
    index('submissions_deprecated')
      .on(table.deprecatedId)
      .where(sql`${table.deprecatedId} is not null`),
    // What is set aside is looked through as a whole; what is applied is most of the table.
    index('submissions_aside')
      .on(table.state, table.seq)
      .where(sql`${table.state} <> 'applied'`),
    index('submissions_unannounced')
      .on(table.seq)
      .where(sql`${table.unannounced}`),
  ],
)

/** What is known of one store: how far it is complete here, and the signed head of its chain. */
export const stores = pgTable('stores', {
  storeId: text('store_id').primaryKey(),
  deviceId: text('device_id').notNull(),
  /** Every n up to this one is stored. */
  durableUpto: bigint('durable_upto', { mode: 'number' }).notNull(),
  /** Every n up to this one is inside a verified backup. Only a backup step raises it. */
  safeUpto: bigint('safe_upto', { mode: 'number' }).notNull(),
  head: json('head'),
})
