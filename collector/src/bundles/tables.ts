/** What came in as files, so that a second import is known as one, and the way back knows where to begin. */
import { bigint, index, json, pgTable, text } from 'drizzle-orm/pg-core'

const big = (name: string) => bigint(name, { mode: 'number' })

export const workBundles = pgTable(
  'work_bundles',
  {
    bundleId: text('bundle_id').primaryKey(),
    deviceId: text('device_id').notNull(),
    storeId: text('store_id').notNull(),
    /** The device's clock. */
    createdAtMs: big('created_at_ms').notNull(),
    importedAtMs: big('imported_at_ms').notNull(),
    /** How far the device had read the feed when it wrote this. */
    checkpoint: json('checkpoint').notNull(),
    /** What was told of it (`Imported`). */
    told: json('told').notNull(),
  },
  table => [index('work_bundles_device').on(table.deviceId, table.createdAtMs)],
)

/** Sealed copies of laptops, kept for them: only the officer or the organisation's recovery key opens one. */
export const deviceCopies = pgTable(
  'device_copies',
  {
    sha256: text('sha256').primaryKey(),
    deviceId: text('device_id').notNull(),
    officer: text('officer').notNull(),
    createdAtMs: big('created_at_ms').notNull(),
    receivedAtMs: big('received_at_ms').notNull(),
    sizeBytes: big('size_bytes').notNull(),
  },
  table => [index('device_copies_device').on(table.deviceId, table.createdAtMs)],
)
