/**
 * What is known of each restore: when it was accepted, what every store had at that moment,
 * what was noted of outcomes, and what the journals brought back.
 */
import { bigint, integer, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { NotedOutcomes } from './noted-outcomes.ts'

const whole = (name: string) => bigint(name, { mode: 'number' })

export const recoveries = pgTable('recoveries', {
  /** The one that the restore began. */
  epoch: integer('epoch').primaryKey(),
  openedAtMs: whole('opened_at_ms').notNull(),
  closedAtMs: whole('closed_at_ms'),
  /** What the person wrote who closed it. */
  closedNote: text('closed_note'),
  /** The backup that was put back, where a backup of ours was. */
  backup: text('backup'),
  /** The last place in the inbox at that moment: what stands above it came since. */
  uptoSeq: whole('upto_seq').notNull(),
  /** What had been noted of outcomes outside the database; `null`: nothing was. */
  notedOutcomes: json('noted_outcomes').$type<NotedOutcomes>(),
})

export const recoveryStores = pgTable(
  'recovery_stores',
  {
    epoch: integer('epoch').notNull(),
    storeId: text('store_id').notNull(),
    deviceId: text('device_id').notNull(),
    /** What the restored database held of it. */
    restoredUpto: whole('restored_upto').notNull(),
    /** The highest number that anybody knows: noted outside the database, or said by the device. */
    knownUpto: whole('known_upto').notNull(),
  },
  table => [primaryKey({ columns: [table.epoch, table.storeId] })],
)

export const replays = pgTable(
  'replays',
  {
    epoch: integer('epoch').notNull(),
    /** The journal's file, without its folder. */
    journal: text('journal').notNull(),
    atMs: whole('at_ms').notNull(),
    /** By kind: how many were missing and are there again, were there already, could not be. */
    counts: json('counts').notNull(),
    /** What could not be: lines that cannot be read, effects that were refused. */
    failures: json('failures').notNull(),
  },
  table => [primaryKey({ columns: [table.epoch, table.journal] })],
)
