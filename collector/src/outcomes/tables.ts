/** Verified outcomes. Append-only: a correction is a later row about the same interview. */
import { bigint, bigserial, index, pgTable, text } from 'drizzle-orm/pg-core'

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
    observedAtMs: bigint('observed_at_ms', { mode: 'number' }).notNull(),
    importedAtMs: bigint('imported_at_ms', { mode: 'number' }).notNull(),
  },
  table => [index('outcomes_form_seq').on(table.formId, table.seq), index('outcomes_instance').on(table.instanceId)],
)
