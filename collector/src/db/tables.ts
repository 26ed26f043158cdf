/**
 * The one row a project has: its epoch, and the number its feed has reached. Whoever appends
 * to the feed locks this row until commit, so numbers are dense and become visible in order.
 */
import { bigint, integer, json, pgTable, text } from 'drizzle-orm/pg-core'

export const projects = pgTable('projects', {
  projectId: text('project_id').primaryKey(),
  epoch: integer('epoch').notNull(),
  /** Random hex, new with every epoch: two restores of one backup are not the same life. */
  lineage: text('lineage').notNull(),
  feedNumber: bigint('feed_number', { mode: 'number' }).notNull(),
  /** The store of the collector's own device in this life of the database. */
  ownStoreId: text('own_store_id').notNull(),
  /** Signed by the project's root key: this epoch, and which one it follows. `null`: not signed yet. */
  succession: json('succession'),
  /** Dataset → the property whose answer is the scope of its entities; a dataset without one is for all. */
  scopeProperties: json('scope_properties').$type<Readonly<Record<string, string>>>().notNull().default({}),
  /** How often that was changed: the same division later is another one for whoever was away. */
  divisions: integer('divisions').notNull().default(0),
  /** A release counter that the journals know of: releases to come stand above it. */
  releaseFloor: bigint('release_floor', { mode: 'number' }).notNull().default(0),
})
