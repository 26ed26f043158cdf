import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

const ms = (name: string) => bigint(name, { mode: 'number' })

/** What one submission says of one entity, once an entity; the fold reads nothing else. */
export const entityWrites = pgTable(
  'entity_writes',
  {
    instanceId: text('instance_id').notNull(),
    entityId: text('entity_id').notNull(),
    dataset: text('dataset').notNull(),
    /** Place in order: min(stamp, arrival), or that of what it deprecates. */
    effective: text('effective').notNull(),
    stamp: text('stamp').notNull(),
    deviceId: text('device_id').notNull(),
    set: json('set').notNull(),
    saw: json('saw').notNull(),
    label: text('label'),
    kind: text('kind', { enum: ['create', 'update', 'settlement'] }).notNull(),
    deprecatedId: text('deprecated_id'),
    settles: json('settles'),
    /** 0 is what the form itself is about; rows and groups follow. */
    place: integer('place').notNull().default(0),
    /** False while its submission is not live: returned by a reviewer, or set aside. */
    live: boolean('live').notNull().default(true),
  },
  table => [
    primaryKey({ columns: [table.instanceId, table.entityId] }),
    index('entity_writes_entity').on(table.entityId),
    index('entity_writes_deprecated')
      .on(table.deprecatedId)
      .where(sql`${table.deprecatedId} is not null`),
  ],
)

export const entities = pgTable(
  'entities',
  {
    entityId: text('entity_id').primaryKey(),
    dataset: text('dataset').notNull(),
    label: text('label'),
    /** Property → the answer that stands. */
    properties: json('properties').$type<Readonly<Record<string, string>>>().notNull(),
    /** Who wrote them, once a submission: see `entity-authors.ts`. */
    authors: json('authors').notNull().default([]),
    /** Properties with an open conflict. */
    conflicted: json('conflicted').$type<readonly string[]>().notNull(),
    canonicalId: text('canonical_id').notNull(),
    /** Instances that count, and those that a correction has replaced. */
    live: json('live').$type<readonly string[]>().notNull(),
    superseded: json('superseded').$type<readonly string[]>().notNull(),
    updatedAtMs: ms('updated_at_ms').notNull(),
  },
  table => [index('entities_canonical').on(table.canonicalId)],
)

export const conflicts = pgTable(
  'conflicts',
  {
    conflictId: text('conflict_id').primaryKey(),
    entityId: text('entity_id').notNull(),
    property: text('property').notNull(),
    stands: json('stands').notNull(),
    other: json('other').notNull(),
    settledBy: text('settled_by'),
    openedAtMs: ms('opened_at_ms').notNull(),
  },
  table => [index('conflicts_entity').on(table.entityId)],
)

/** Two entities declared one; the latest stamp of an alias decides, `undone` takes it back. */
export const aliases = pgTable(
  'aliases',
  {
    instanceId: text('instance_id').primaryKey(),
    alias: text('alias').notNull(),
    of: text('of').notNull(),
    stamp: text('stamp').notNull(),
    undone: boolean('undone').notNull(),
    /** False while the submission that says so is not live. */
    live: boolean('live').notNull().default(true),
  },
  table => [index('aliases_alias').on(table.alias)],
)

/** Two entities that only look like one; the latest stamp of a pair decides, `undone` takes it back. */
export const distinctions = pgTable(
  'distinctions',
  {
    instanceId: text('instance_id').primaryKey(),
    /** Sorts before `high`. */
    low: text('low').notNull(),
    high: text('high').notNull(),
    stamp: text('stamp').notNull(),
    undone: boolean('undone').notNull(),
    /** False while the submission that says so is not live. */
    live: boolean('live').notNull().default(true),
  },
  table => [index('distinctions_pair').on(table.low, table.high)],
)
