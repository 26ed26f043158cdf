/**
 * The change feed, compact: one row a key, with the number of its latest change. A reader
 * that starts at nought therefore gets the present state and no history.
 */
import { bigint, json, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'

export const feed = pgTable(
  'feed',
  {
    kind: text('kind').notNull(),
    key: text('key').notNull(),
    number: bigint('number', { mode: 'number' }).notNull(),
    /** SQL null is a tombstone. */
    body: json('body'),
    /** Devices that may read it; null is every device. */
    scope: text('scope').array(),
    /** Names of the scopes that it belongs to; null belongs to all. */
    scopes: text('scopes').array(),
    /** Scopes that it belonged to before: their readers are told that it is gone. */
    leftScopes: text('left_scopes').array(),
  },
  table => [primaryKey({ columns: [table.kind, table.key] }), uniqueIndex('feed_number').on(table.number)],
)
