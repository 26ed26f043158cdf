/** The snapshots that may be offered: their files are among the blobs. */
import { bigint, boolean, integer, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

export const viewSnapshots = pgTable(
  'view_snapshots',
  {
    view: text('view').notNull(),
    epoch: integer('epoch').notNull(),
    number: bigint('number', { mode: 'number' }).notNull(),
    manifestSha256: text('manifest_sha256').notNull(),
    manifestBytes: integer('manifest_bytes').notNull(),
    /** SHA-256 of the manifest and of its blocks. */
    files: json('files').$type<readonly string[]>().notNull(),
    rows: integer('rows').notNull(),
    sizeBytes: bigint('size_bytes', { mode: 'number' }).notNull(),
    builtAtMs: bigint('built_at_ms', { mode: 'number' }).notNull(),
  },
  table => [primaryKey({ columns: [table.view, table.epoch, table.number] })],
)

/**
 * How far the feed had come at some moments, about once a day; and up to where tombstones were
 * dropped. Whoever has read less than that may hold what was removed.
 */
export const feedMarks = pgTable('feed_marks', {
  number: bigint('number', { mode: 'number' }).primaryKey(),
  atMs: bigint('at_ms', { mode: 'number' }).notNull(),
  isFloor: boolean('is_floor').notNull().default(false),
})
