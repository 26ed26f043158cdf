/** What devices counted, what was last concluded of each model, and what is said of it since when. */
import { bigint, customType, index, integer, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { FindingKind, Severity, WatchFigures } from '../http/watch-api-types.ts'

const ms = (name: string) => bigint(name, { mode: 'number' })
const bytes = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => 'bytea',
  toDriver: value => Buffer.from(value),
})

export const deviceSketches = pgTable(
  'device_sketches',
  {
    deviceId: text('device_id').notNull(),
    storeId: text('store_id').notNull(),
    releaseId: text('release_id').notNull(),
    region: text('region').notNull(),
    week: text('week').notNull(),
    rows: integer('rows').notNull(),
    packed: bytes('packed').notNull(),
    scores: json('scores').$type<readonly number[]>().notNull(),
    abstained: json('abstained').$type<Readonly<Record<string, number>>>().notNull(),
    unscored: integer('unscored').notNull(),
    atMs: ms('at_ms').notNull(),
  },
  table => [
    primaryKey({ columns: [table.deviceId, table.storeId, table.releaseId, table.region, table.week] }),
    index('device_sketches_release').on(table.releaseId, table.week),
  ],
)

export const watches = pgTable('watches', {
  modelName: text('model_name').primaryKey(),
  atMs: ms('at_ms').notNull(),
  figures: json('figures').$type<WatchFigures>().notNull(),
})

export const watchFindings = pgTable(
  'watch_findings',
  {
    modelName: text('model_name').notNull(),
    /** The kind, and the region where there is one: `calibration north`. */
    key: text('key').notNull(),
    kind: text('kind').$type<FindingKind>().notNull(),
    severity: text('severity').$type<Severity>().notNull(),
    what: text('what').notNull(),
    todo: text('todo').notNull(),
    evidence: json('evidence').$type<Readonly<Record<string, number | string>>>().notNull(),
    sinceMs: ms('since_ms').notNull(),
    seenMs: ms('seen_ms').notNull(),
    /** `null` while it holds. */
    endedMs: ms('ended_ms'),
    /** How grave it was when somebody was last told; `null`: nobody was. */
    told: text('told').$type<Severity>(),
  },
  table => [primaryKey({ columns: [table.modelName, table.key] })],
)
