/**
 * What was found between two files: a patch among the blobs, or `null` where none is worth it.
 * Both are worth remembering, for a hundred devices ask the same.
 */
import { bigint, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

export const patches = pgTable(
  'patches',
  {
    wanted: text('wanted').notNull(),
    base: text('base').notNull(),
    patchSha256: text('patch_sha256'),
    sizeBytes: integer('size_bytes'),
    madeAtMs: bigint('made_at_ms', { mode: 'number' }).notNull(),
  },
  table => [primaryKey({ columns: [table.wanted, table.base] })],
)
