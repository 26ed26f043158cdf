/**
 * Chances of interviews, kept for ever, and the visits that came of them. An interview goes by
 * its first revision: what was corrected is not drawn again.
 */
import { sql } from 'drizzle-orm'
import { bigint, boolean, doublePrecision, index, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'

const ms = (name: string) => bigint(name, { mode: 'number' })

/** Of every interview that was looked at, chosen or not. */
export const followUpChances = pgTable(
  'follow_up_chances',
  {
    instanceId: text('instance_id').primaryKey(),
    modelName: text('model_name').notNull(),
    /** `null`: it was not chosen. */
    selection: text('selection', { enum: ['audit', 'decision'] }),
    /** Of having been chosen, by either way. */
    probability: doublePrecision('probability').notNull(),
    /** The part of it that is the same for all. */
    auditShare: doublePrecision('audit_share').notNull(),
    /** Why it matters to know, where it does: it could have been chosen for that. */
    cause: text('cause', { enum: ['unsure', 'near', 'overridden'] }),
    officer: text('officer'),
    /** Its outcome was here before it was looked at. */
    knownBefore: boolean('known_before').notNull(),
    drawnAtMs: ms('drawn_at_ms').notNull(),
  },
  table => [index('follow_up_chances_officer').on(table.modelName, table.officer, table.drawnAtMs)],
)

export const FOLLOW_UP_STATES = ['proposed', 'sent', 'done', 'cancelled', 'expired'] as const

export const followUps = pgTable(
  'follow_ups',
  {
    followUpId: text('follow_up_id').primaryKey(),
    instanceId: text('instance_id').notNull(),
    entityId: text('entity_id').notNull(),
    modelName: text('model_name').notNull(),
    formId: text('form_id').notNull(),
    selection: text('selection', { enum: ['audit', 'decision'] }).notNull(),
    probability: doublePrecision('probability').notNull(),
    /** Who made the interview, and is to go again; `null`: nobody that has a laptop. */
    officer: text('officer'),
    plannedAtMs: ms('planned_at_ms').notNull(),
    dueFromMs: ms('due_from_ms'),
    dueToMs: ms('due_to_ms'),
    state: text('state', { enum: FOLLOW_UP_STATES }).notNull(),
    sentAtMs: ms('sent_at_ms'),
    endedAtMs: ms('ended_at_ms'),
    /** Of one that is done: an outcome came, or only the visit. */
    doneBy: text('done_by', { enum: ['outcome', 'visit'] }),
    /** Of one that was cancelled: why, in words. */
    reason: text('reason'),
  },
  table => [
    uniqueIndex('follow_ups_instance').on(table.instanceId),
    index('follow_ups_open')
      .on(table.modelName, table.state)
      .where(sql`${table.state} in ('proposed', 'sent')`),
    index('follow_ups_entity').on(table.entityId),
  ],
)
