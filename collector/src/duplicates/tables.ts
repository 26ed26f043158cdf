import { bigint, doublePrecision, index, integer, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

const ms = (name: string) => bigint(name, { mode: 'number' })

/** Which properties of a dataset tell two entities apart; without a row nothing is compared. */
export const duplicateRules = pgTable('duplicate_rules', {
  dataset: text('dataset').primaryKey(),
  rules: json('rules').notNull(),
  updatedAtMs: ms('updated_at_ms').notNull(),
})

/** Under which keys an entity is looked up: only those that share one are compared. */
export const duplicateKeys = pgTable(
  'duplicate_keys',
  {
    entityId: text('entity_id').notNull(),
    key: text('key').notNull(),
  },
  table => [primaryKey({ columns: [table.entityId, table.key] }), index('duplicate_keys_key').on(table.key)],
)

/** Two entities that may be one; `low` sorts before `high`, so a pair stands once. */
export const duplicatePairs = pgTable(
  'duplicate_pairs',
  {
    low: text('low').notNull(),
    high: text('high').notNull(),
    dataset: text('dataset').notNull(),
    /** 0 to 1. */
    score: doublePrecision('score').notNull(),
    reasons: json('reasons').notNull(),
    /** What a person decides is a submission (`distinctions`); here stands what was dismissed before there were such. */
    state: text('state', { enum: ['open', 'dismissed'] }).notNull(),
    foundAtMs: ms('found_at_ms').notNull(),
    decidedAtMs: ms('decided_at_ms'),
  },
  table => [
    primaryKey({ columns: [table.low, table.high] }),
    index('duplicate_pairs_high').on(table.high),
    index('duplicate_pairs_open').on(table.state, table.score),
  ],
)

/** How far in the feed this room has looked. */
export const duplicateMarks = pgTable('duplicate_marks', {
  projectId: text('project_id').primaryKey(),
  epoch: integer('epoch').notNull(),
  feedNumber: ms('feed_number').notNull(),
})
