/** Releases, orders on how far they go out, and what each device said of them. */
import { bigint, index, integer, json, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import type { Manifest, ReleaseKeyCertificate, RolloutOrder } from '@murram/score'
import type { Signed } from '@murram/seal'
import type { Accepted } from './advance-policy.ts'

/** A candidate that is scored in shadow: a manifest that no device may put into force. */
export interface Challenger {
  readonly candidateId: string
  readonly signed: Signed<Manifest>
  readonly chain: Signed<ReleaseKeyCertificate>
}

const counter = (name: string) => bigint(name, { mode: 'number' })

export const releases = pgTable(
  'releases',
  {
    releaseId: text('release_id').primaryKey(),
    modelName: text('model_name').notNull(),
    counter: counter('counter').notNull(),
    candidateId: text('candidate_id').notNull(),
    reason: text('reason', { enum: ['baseline', 'promotion', 'rollback'] }).notNull(),
    /** What a person wrote who ordered it; `null` where the gate did. */
    note: text('note'),
    signed: json('signed').$type<Signed<Manifest>>().notNull(),
    chain: json('chain').$type<Signed<ReleaseKeyCertificate>>().notNull(),
    createdAtMs: counter('created_at_ms').notNull(),
  },
  table => [uniqueIndex('releases_counter').on(table.modelName, table.counter)],
)

export const deviceModels = pgTable(
  'device_models',
  {
    deviceId: text('device_id').notNull(),
    releaseId: text('release_id').notNull(),
    counter: counter('counter').notNull(),
    state: text('state', { enum: ['installed', 'refused', 'rolled-back'] }).notNull(),
    fault: json('fault'),
    atMs: counter('at_ms').notNull(),
  },
  table => [
    primaryKey({ columns: [table.deviceId, table.releaseId] }),
    index('device_models_release').on(table.releaseId),
  ],
)

/**
 * Every order on how far a release goes out, as it was signed; of a model the one with the highest
 * number is in force.
 */
export const rolloutOrders = pgTable(
  'rollout_orders',
  {
    modelName: text('model_name').notNull(),
    /** Rises with every order, and over restores: at least the second in which it was given. */
    orderNumber: counter('order_number').notNull(),
    releaseId: text('release_id').notNull(),
    openRing: integer('open_ring').notNull(),
    state: text('state', { enum: ['advancing', 'halted', 'complete'] }).notNull(),
    /** Who gave it: a person by name, or `evidence`. */
    who: text('who').notNull(),
    /** In words. */
    reason: text('reason').notNull(),
    /** What a person has seen and let pass. */
    accepted: json('accepted').$type<Accepted>().notNull(),
    /** Submissions from here on are looked at for what the release showed. */
    fromSeq: counter('from_seq').notNull(),
    signed: json('signed').$type<Signed<RolloutOrder>>().notNull(),
    chain: json('chain').$type<Signed<ReleaseKeyCertificate>>().notNull(),
    challenger: json('challenger').$type<Challenger>(),
    atMs: counter('at_ms').notNull(),
  },
  table => [
    primaryKey({ columns: [table.modelName, table.orderNumber] }),
    index('rollout_orders_release').on(table.releaseId),
  ],
)

/** Devices of ring 0, of every model. */
export const rolloutStaff = pgTable('rollout_staff', {
  deviceId: text('device_id').primaryKey(),
  who: text('who').notNull(),
  atMs: counter('at_ms').notNull(),
})
