/**
 * Files that submissions name, and what of them is on its way. Whole files are `blobs`; here is
 * only who awaits them, and the pieces of those that are not whole, so that any collector
 * process can take the next piece.
 */
import { sql } from 'drizzle-orm'
import { bigint, customType, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

const bytea = customType<{ data: Uint8Array; driverData: Buffer }>({ dataType: () => 'bytea' })
const ms = (name: string) => bigint(name, { mode: 'number' })

/** Written with the inbox row that names it, in the same transaction. */
export const submissionAttachments = pgTable(
  'submission_attachments',
  {
    storeId: text('store_id').notNull(),
    n: bigint('n', { mode: 'number' }).notNull(),
    name: text('name').notNull(),
    instanceId: text('instance_id').notNull(),
    deviceId: text('device_id').notNull(),
    sha256: text('sha256').notNull(),
    sizeBytes: integer('size_bytes').notNull(),
    mediaType: text('media_type').notNull(),
    /** `null` while it is awaited. */
    arrivedAtMs: ms('arrived_at_ms'),
  },
  table => [
    primaryKey({ columns: [table.storeId, table.n, table.name] }),
    index('submission_attachments_instance').on(table.instanceId),
    index('submission_attachments_file').on(table.sha256, table.deviceId),
    index('submission_attachments_awaited')
      .on(table.deviceId)
      .where(sql`${table.arrivedAtMs} is null`),
  ],
)

/** A file that a device has begun to send. By device: nobody can spoil what another one sends. */
export const uploads = pgTable(
  'uploads',
  {
    deviceId: text('device_id').notNull(),
    sha256: text('sha256').notNull(),
    sizeBytes: integer('size_bytes').notNull(),
    purpose: text('purpose', { enum: ['attachment', 'copy', 'carried'] }).notNull(),
    /** How far it is stored without a gap. */
    haveBytes: integer('have_bytes').notNull(),
    touchedAtMs: ms('touched_at_ms').notNull(),
  },
  table => [primaryKey({ columns: [table.deviceId, table.sha256] }), index('uploads_touched').on(table.touchedAtMs)],
)

export const uploadPieces = pgTable(
  'upload_pieces',
  {
    deviceId: text('device_id').notNull(),
    sha256: text('sha256').notNull(),
    offset: integer('offset').notNull(),
    bytes: bytea('bytes').notNull(),
  },
  table => [primaryKey({ columns: [table.deviceId, table.sha256, table.offset] })],
)
