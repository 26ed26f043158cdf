/** Models by name, each with its champion, every candidate that was ever made, and the looks at the holdout. */
import { bigint, boolean, doublePrecision, index, integer, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { Candidate } from './candidate.ts'
import type { Approval, GateReport } from './gate-report.ts'
import type { Recipe } from './recipe.ts'

export const models = pgTable('models', {
  modelName: text('model_name').primaryKey(),
  formId: text('form_id').notNull().unique(),
  recipe: json('recipe').$type<Recipe>().notNull(),
  /** The recipe's card, a text for people; each bundle carries it. */
  card: text('card').notNull(),
  championId: text('champion_id'),
  createdAtMs: bigint('created_at_ms', { mode: 'number' }).notNull(),
})

export const candidates = pgTable('candidates', {
  candidateId: text('candidate_id').primaryKey(),
  modelName: text('model_name').notNull(),
  candidate: json('candidate').$type<Candidate>().notNull(),
  /** `null` for a baseline, which no gate judges. */
  report: json('report').$type<GateReport>(),
  /** Who promoted it past the gate, and why. */
  approval: json('approval').$type<Approval>(),
  createdAtMs: bigint('created_at_ms', { mode: 'number' }).notNull(),
})

/** The ledger of error: one row for each run that staked something, written before it looked (error-budget.ts). */
export const holdoutLooks = pgTable(
  'holdout_looks',
  {
    runId: text('run_id').primaryKey(),
    modelName: text('model_name').notNull(),
    stake: doublePrecision('stake').notNull(),
    /** Households that were judged on, and those among them that nobody had looked at. */
    holdout: integer('holdout').notNull(),
    fresh: integer('fresh').notNull(),
    /** A look that promotes gets its stake back. */
    isPromoted: boolean('is_promoted').notNull(),
    atMs: bigint('at_ms', { mode: 'number' }).notNull(),
  },
  table => [index('holdout_looks_model').on(table.modelName, table.atMs)],
)

/** In how many looks each interview of the holdout took part. */
export const lookedAt = pgTable(
  'looked_at',
  {
    modelName: text('model_name').notNull(),
    instanceId: text('instance_id').notNull(),
    looks: integer('looks').notNull(),
  },
  table => [primaryKey({ columns: [table.modelName, table.instanceId] })],
)
