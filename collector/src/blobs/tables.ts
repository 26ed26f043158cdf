import { bigint, customType, integer, pgTable, text } from 'drizzle-orm/pg-core'

const bytea = customType<{ data: Uint8Array; driverData: Buffer }>({ dataType: () => 'bytea' })

export const blobs = pgTable('blobs', {
  sha256: text('sha256').primaryKey(),
  bytes: bytea('bytes').notNull(),
  sizeBytes: integer('size_bytes').notNull(),
  storedAtMs: bigint('stored_at_ms', { mode: 'number' }).notNull(),
  /** `file`: any device may read it. What a device sent (`attachment`, `copy`, `carried`) none may. */
  purpose: text('purpose', { enum: ['file', 'attachment', 'copy', 'carried'] })
    .notNull()
    .default('file'),
})
