/** Releases, and what each device said of them. */
import { bigint, index, json, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import type { Manifest, ReleaseKeyCertificate } from '@murram/score'
import type { Signed } from '@murram/seal'

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
