/** Models by name, each with its champion, and every candidate that was ever made. */
import { bigint, json, pgTable, text } from 'drizzle-orm/pg-core'
import type { Candidate } from './candidate.ts'
import type { GateReport } from './judge-candidate.ts'
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
  createdAtMs: bigint('created_at_ms', { mode: 'number' }).notNull(),
})
