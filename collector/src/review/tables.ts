import { boolean, index, json, pgTable, text } from 'drizzle-orm/pg-core'

/** What reviewers said of submissions; of those in force, the latest stamp decides. */
export const reviews = pgTable(
  'reviews',
  {
    /** Of the review itself: it is a submission. */
    instanceId: text('instance_id').primaryKey(),
    about: text('about').notNull(),
    verdict: text('verdict', { enum: ['approve', 'return', 'restore'] }).notNull(),
    comments: json('comments').notNull(),
    stamp: text('stamp').notNull(),
    /** False while the review itself is returned: it was taken back. */
    live: boolean('live').notNull().default(true),
  },
  table => [index('reviews_about').on(table.about)],
)
