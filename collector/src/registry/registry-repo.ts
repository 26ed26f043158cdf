/** The SQL of models and candidates. */
import { desc, eq } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { Candidate } from './candidate.ts'
import type { Approval, GateReport } from './gate-report.ts'
import { RecipeSchema, type Recipe } from './recipe.ts'
import { candidates, models } from './tables.ts'

export interface ModelRow {
  readonly modelName: string
  readonly formId: string
  readonly recipe: Recipe
  readonly card: string
  readonly championId: string | null
}

const modelColumns = {
  modelName: models.modelName,
  formId: models.formId,
  recipe: models.recipe,
  card: models.card,
  championId: models.championId,
}

/** A recipe of an older program has the defaults of what it did not know. */
const whole = (row: ModelRow): ModelRow => ({ ...row, recipe: RecipeSchema.parse(row.recipe) })

/** A new model, or a model's new recipe; the champion stays as it is. */
export async function putModel(
  tx: WriteDb,
  { recipe, card }: { readonly recipe: Recipe; readonly card: string },
  nowMs: number,
): Promise<void> {
  await tx
    .insert(models)
    .values({ modelName: recipe.name, formId: recipe.form, recipe, card, createdAtMs: nowMs })
    .onConflictDoUpdate({ target: models.modelName, set: { formId: recipe.form, recipe, card } })
}

/** Whoever starts a run or changes the champion takes this row first, so they follow one another. */
export async function lockModel(tx: WriteDb, modelName: string): Promise<ModelRow | undefined> {
  const [row] = await tx.select(modelColumns).from(models).where(eq(models.modelName, modelName)).for('update')
  return row === undefined ? undefined : whole(row)
}

export async function findModel(db: ReadDb, modelName: string): Promise<ModelRow | undefined> {
  const [row] = await db.select(modelColumns).from(models).where(eq(models.modelName, modelName))
  return row === undefined ? undefined : whole(row)
}

export async function modelOfForm(db: ReadDb, formId: string): Promise<ModelRow | undefined> {
  const [row] = await db.select(modelColumns).from(models).where(eq(models.formId, formId))
  return row === undefined ? undefined : whole(row)
}

export const listModels = async (db: ReadDb): Promise<readonly ModelRow[]> =>
  (await db.select(modelColumns).from(models).orderBy(models.modelName)).map(whole)

export async function setChampion(tx: WriteDb, modelName: string, candidateId: string): Promise<void> {
  await tx.update(models).set({ championId: candidateId }).where(eq(models.modelName, modelName))
}

/** Stored once by its content; judged again, it keeps the latest report. */
export async function putCandidate(
  tx: WriteDb,
  candidate: Candidate,
  report: GateReport | null,
  nowMs: number,
): Promise<void> {
  const { candidateId, modelName } = candidate
  await tx
    .insert(candidates)
    .values({ candidateId, modelName, candidate, report, createdAtMs: nowMs })
    .onConflictDoUpdate({ target: candidates.candidateId, set: { report } })
}

/** Whoever promoted it past the gate stays beside its report. */
export async function putApproval(tx: WriteDb, candidateId: string, approval: Approval): Promise<void> {
  await tx.update(candidates).set({ approval }).where(eq(candidates.candidateId, candidateId))
}

export interface CandidateRow {
  readonly candidate: Candidate
  readonly report: GateReport | null
  readonly approval: Approval | null
  readonly createdAtMs: number
}

const candidateColumns = {
  candidate: candidates.candidate,
  report: candidates.report,
  approval: candidates.approval,
  createdAtMs: candidates.createdAtMs,
}

export async function findCandidate(db: ReadDb, candidateId: string): Promise<CandidateRow | undefined> {
  const [row] = await db.select(candidateColumns).from(candidates).where(eq(candidates.candidateId, candidateId))
  return row
}

/** Newest first. */
export const listCandidates = (db: ReadDb, modelName: string): Promise<readonly CandidateRow[]> =>
  db
    .select(candidateColumns)
    .from(candidates)
    .where(eq(candidates.modelName, modelName))
    .orderBy(desc(candidates.createdAtMs), candidates.candidateId)
