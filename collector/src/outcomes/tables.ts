/**
 * Verified outcomes, the batches they came in, and what people said of them since. Nothing is
 * deleted: an outcome that counts no longer says so, and by whom and why stands in its events.
 */
import { sql } from 'drizzle-orm'
import { bigint, bigserial, boolean, doublePrecision, index, integer, json, pgTable, text } from 'drizzle-orm/pg-core'
import { OUTCOME_SOURCES, OWN_STATES, SELECTIONS, WORDS } from './outcome-states.ts'

const ms = (name: string) => bigint(name, { mode: 'number' })

export const outcomes = pgTable(
  'outcomes',
  {
    /** Order of import: a run trains on what lies at or below the number it started with. */
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    /** Hash of what the sender wrote: the same row sent again is found here. */
    outcomeId: text('outcome_id').notNull().unique(),
    instanceId: text('instance_id').notNull(),
    formId: text('form_id').notNull(),
    value: text('value').notNull(),
    method: text('method').notNull(),
    verifier: text('verifier').notNull(),
    observedAtMs: ms('observed_at_ms').notNull(),
    importedAtMs: ms('imported_at_ms').notNull(),
    source: text('source', { enum: OUTCOME_SOURCES }).notNull().default('import'),
    /** The batch it came in; null where it came in none, or before batches were kept. */
    importId: text('import_id'),
    /** The follow-up submission that says so. */
    sourceInstanceId: text('source_instance_id'),
    /** False while that submission is not in force, or is about another interview. */
    live: boolean('live').notNull().default(true),
    /** What people said of this one; its batch may be withdrawn besides. */
    state: text('state', { enum: OWN_STATES }).notNull().default('verified'),
    /** Somebody chose it over what others saw on the same day. */
    settledAtMs: ms('settled_at_ms'),
    /** Why this household was looked at again, and with what probability it was chosen. */
    selection: text('selection', { enum: SELECTIONS }).notNull().default('unplanned'),
    probability: doublePrecision('probability'),
  },
  table => [
    index('outcomes_form_seq').on(table.formId, table.seq),
    index('outcomes_instance').on(table.instanceId),
    index('outcomes_import').on(table.importId),
    index('outcomes_source')
      .on(table.sourceInstanceId)
      .where(sql`${table.sourceInstanceId} is not null`),
  ],
)

/** What came in together, and stands or falls together. */
export const outcomeImports = pgTable('outcome_imports', {
  importId: text('import_id').primaryKey(),
  /** The file's, or what the sender called it. */
  name: text('name').notNull(),
  by: text('by').notNull(),
  state: text('state', { enum: ['standing', 'withdrawn'] }).notNull(),
  imported: integer('imported').notNull(),
  known: integer('known').notNull(),
  refused: integer('refused').notNull(),
  createdAtMs: ms('created_at_ms').notNull(),
})

/** What people said of an outcome, or of a whole batch. Append-only. */
export const outcomeEvents = pgTable(
  'outcome_events',
  {
    eventId: bigserial('event_id', { mode: 'number' }).primaryKey(),
    outcomeId: text('outcome_id'),
    importId: text('import_id'),
    kind: text('kind', { enum: WORDS }).notNull(),
    reason: text('reason').notNull(),
    by: text('by').notNull(),
    atMs: ms('at_ms').notNull(),
  },
  table => [index('outcome_events_outcome').on(table.outcomeId), index('outcome_events_import').on(table.importId)],
)

/** How far in the feed follow-ups were looked at, and by the outcome questions of which forms. */
export const followUpMarks = pgTable('outcome_marks', {
  projectId: text('project_id').primaryKey(),
  epoch: integer('epoch').notNull(),
  feedNumber: ms('feed_number').notNull(),
  /** Form → its outcome questions; another set of them, and everything is looked at again. */
  questions: json('questions').notNull(),
})
