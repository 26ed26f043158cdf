/**
 * How a model begins: a recipe, and its honest prior as the first release.
 *
 * Laws, in `rollout/rollout.test.ts`:
 *   B1 publishing the same recipe again changes nothing
 *   B2 a baseline never takes the place of a model that was trained and promoted
 */
import { err, fault, ok, type Fault, type FormId, type Result } from '@murram/ground'
import type { Form } from '@murram/xform'
import { putBlob } from '../blobs/blobs.ts'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import type { HouseDeps } from '../main/room.ts'
import type { ReleaseRow } from '../rollout/release-repo.ts'
import { packCandidate, type Candidate, type PackedCandidate } from './candidate.ts'
import { modelInputs, unreadFeatures } from './model-inputs.ts'
import { priorOf } from './prior.ts'
import { onlyByHand, orderedClasses, type Recipe } from './recipe.ts'
import { findCandidate, lockModel, modelOfForm, putCandidate, putModel } from './registry-repo.ts'
import { writeCard } from './write-card.ts'

export interface RecipeWithCard {
  readonly recipe: Recipe
  /** Markdown for people: intended use, data, limits. */
  readonly card: string
}

export interface Published {
  readonly modelName: string
  readonly candidateId: string
  readonly inputs: number
  /** Questions that the form marks as features and that no model can read as they are. */
  readonly unread: readonly string[]
  /** `null` where what is in force stays. */
  readonly releaseId: string | null
}

export type PublishBaseline = (model: RecipeWithCard) => Promise<Result<Published, Fault>>

/** What a registry needs of the room of releases. */
export interface RegistryNeeds {
  readonly releaseIn: (
    tx: WriteDb,
    order: { readonly candidate: Candidate; readonly recipe: Recipe; readonly reason: 'baseline'; readonly note: null },
  ) => Promise<ReleaseRow>
  readonly announce: (row: ReleaseRow) => void
  /** The recipe is stored. */
  readonly afterPublish: () => Promise<void>
}

export function createPublishBaseline(
  house: HouseDeps,
  { releaseIn, announce, afterPublish }: RegistryNeeds,
): PublishBaseline {
  const { read, write, forms, now } = house

  const newestForm = async (formId: FormId): Promise<Result<Form, Fault>> => {
    const version = (await forms.versions(formId)).at(-1)
    return version === undefined ? err(fault('form.not-found', formId)) : forms.find(formId, version)
  }

  return async ({ recipe, card }) => {
    const byHand = onlyByHand(recipe)
    if (byHand !== null) return err(fault('recipe.invalid', byHand))
    const form = await newestForm(recipe.form as FormId)
    if (!form.ok) return form
    const other = await modelOfForm(read, recipe.form)
    if (other !== undefined && other.modelName !== recipe.name) {
      return err(fault('recipe.invalid', `form: ${recipe.form} is read by the model ${other.modelName} already`))
    }
    const baseline = packBaseline({ recipe, card }, form.value)
    if (!baseline.ok) return baseline
    const { candidate, files } = baseline.value
    const released = await inTransaction(write, async tx => {
      await putModel(tx, { recipe, card }, now())
      const model = await lockModel(tx, recipe.name)
      const champion = model?.championId == null ? undefined : await findCandidate(tx, model.championId)
      for (const bytes of files.values()) await putBlob(tx, bytes, now())
      await putCandidate(tx, candidate, null, now())
      const stays =
        champion !== undefined &&
        (champion.candidate.kind !== 'prior' || champion.candidate.candidateId === candidate.candidateId)
      return stays ? null : releaseIn(tx, { candidate, recipe, reason: 'baseline', note: null })
    })
    if (released !== null) announce(released)
    await afterPublish()
    const { candidateId, inputs } = candidate
    return ok({
      modelName: recipe.name,
      candidateId,
      inputs: inputs.length,
      unread: recipe.features === 'all' ? unreadFeatures(form.value, inputs, recipe.exclude) : [],
      releaseId: released?.releaseId ?? null,
    })
  }
}

/** The honest prior as a bundle; it was held against no outcome, so it states no figure. */
function packBaseline({ recipe, card }: RecipeWithCard, form: Form): Result<PackedCandidate, Fault> {
  const inputs = modelInputs(recipe, form)
  if (!inputs.ok) return inputs
  return ok(
    packCandidate({
      model: priorOf(recipe, inputs.value),
      modelName: recipe.name,
      kind: 'prior',
      formId: recipe.form,
      inputs: inputs.value,
      classes: orderedClasses(recipe),
      positive: recipe.outcome.positive,
      threshold: recipe.threshold,
      conformal: null,
      metrics: {},
      snapshot: null,
      runId: null,
      handicap: null,
      card: writeCard(card, {
        recipe,
        kind: 'prior',
        inputs: inputs.value.length,
        snapshot: null,
        trainedRows: 0,
        metrics: {},
        handicap: null,
      }),
    }),
  )
}
