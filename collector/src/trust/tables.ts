/** The root documents of the project, each under all its signatures; none is ever changed or removed. */
import { bigint, integer, json, pgTable } from 'drizzle-orm/pg-core'
import type { RootDocument, SignedBySeveral } from '@murram/score'

export const rootDocuments = pgTable('root_documents', {
  version: integer('version').primaryKey(),
  signed: json('signed').$type<SignedBySeveral<RootDocument>>().notNull(),
  publishedAtMs: bigint('published_at_ms', { mode: 'number' }).notNull(),
})
