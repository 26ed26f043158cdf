/**
 * What the registry and the forms say of a model, brought together: what is frozen of an
 * interview, and the champion that a candidate is held against.
 */
import { err, fault, ok, type Fault, type FormId, type Result } from '@murram/ground'
import type { Model } from '@murram/learn'
import { Model1Schema, type ModelInput } from '@murram/score'
import { getBlob } from '../blobs/blobs.ts'
import type { HouseDeps } from '../main/room.ts'
import type { Candidate } from '../registry/candidate.ts'
import { modelInputs } from '../registry/model-inputs.ts'
import { orderedClasses } from '../registry/recipe.ts'
import { findCandidate, type ModelRow } from '../registry/registry-repo.ts'
import { computedAnswers } from './computed-answers.ts'
import type { SnapshotOrder } from './snapshot.ts'
import { visitPages } from './visit-pages.ts'

export interface Champion {
  readonly candidate: Candidate
  readonly model: Model
}

export async function championOf(
  { read }: Pick<HouseDeps, 'read'>,
  { modelName, championId }: ModelRow,
): Promise<Result<Champion, Fault>> {
  const row = championId === null ? undefined : await findCandidate(read, championId)
  if (row === undefined) return err(fault('score.no-model', `${modelName} has no baseline`))
  const file = row.candidate.files.find(({ name }) => name === 'trees.json')
  const bytes = file === undefined ? undefined : await getBlob(read, file.sha256)
  if (bytes === undefined) throw new Error(`the model of candidate ${row.candidate.candidateId} is not among the blobs`)
  return ok({ candidate: row.candidate, model: Model1Schema.parse(JSON.parse(new TextDecoder().decode(bytes))) })
}

export async function snapshotOrderOf(
  { forms }: Pick<HouseDeps, 'forms'>,
  { recipe }: ModelRow,
  { candidate }: Champion,
): Promise<Result<SnapshotOrder, Fault>> {
  const asked: Record<string, readonly string[]> = {}
  let inputs: Result<readonly ModelInput[], Fault> = err(fault('form.not-found', recipe.form))
  for (const version of await forms.versions(recipe.form as FormId)) {
    const form = await forms.find(recipe.form as FormId, version)
    if (!form.ok) return form
    asked[version] = form.value.questions.filter(({ repeat }) => repeat === null).map(({ name }) => name)
    inputs = modelInputs(recipe, form.value) // the newest version decides
  }
  if (!inputs.ok) return inputs
  return ok({
    asked,
    modelName: recipe.name,
    formId: recipe.form,
    classes: orderedClasses(recipe),
    inputs: inputs.value,
    championInputs: candidate.inputs,
  })
}

/** Interviews with what stands for them, by outcomes beyond `afterSeq` and up to `uptoSeq`. */
export function pagesOf(
  { read, forms }: Pick<HouseDeps, 'read' | 'forms'>,
  { formId, recipe }: ModelRow,
  { inputs, championInputs }: SnapshotOrder,
  { afterSeq = 0, uptoSeq }: { readonly afterSeq?: number; readonly uptoSeq: number },
) {
  const computedIn = computedAnswers([...inputs, ...championInputs], async version => {
    const form = await forms.find(formId as FormId, version)
    return form.ok ? form.value : null
  })
  return visitPages(read, { formId, afterSeq, uptoSeq, horizon: recipe.outcome.horizon, computedIn })
}
