/**
 * A bundle that was made elsewhere, by `murram model train` or `import`, as the next release of a
 * model: texts, several classes, and whatever else the collector does not train by itself. No gate
 * has judged it, so a person answers for it.
 *
 * Laws, in `import-bundle.test.ts`:
 *   IB1 without a name and a reason nothing is taken
 *   IB2 what is malformed, too large, of another content than its manifest says, does not fit its
 *       recipe or form, or does not reproduce its own test rows here, is nobody's to override
 *   IB3 it is signed anew by this project's release key, begins at ring 0 and stays there until a
 *       person opens the next ring; programs that ask get it when all rings have it
 *
 * Not here: whose key signed the folder. Whoever holds the admin token vouches for it.
 */
import { err, fault, ok, type Fault, type FormId, type Result } from '@murram/ground'
import { parseManifest, verifyFiles, type BundleFiles, type Manifest } from '@murram/score'
import { createScorerThread } from '@murram/score/onnx'
import { canonicalBytes, sha256 } from '@murram/seal'
import { putBlob } from '../blobs/blobs.ts'
import { inTransaction } from '../db/handles.ts'
import type { HouseDeps } from '../main/room.ts'
import type { ReleaseRow } from '../rollout/release-repo.ts'
import type { Candidate } from './candidate.ts'
import { canRead } from './model-inputs.ts'
import type { PromoteNeeds } from './promote-by-person.ts'
import type { RecipeWithCard } from './publish-baseline.ts'
import { classesOf, type Recipe } from './recipe.ts'
import { lockModel, modelOfForm, putApproval, putCandidate, putModel } from './registry-repo.ts'

export interface BundleToImport extends RecipeWithCard {
  /** The signed manifest, as it lies in `release.json`. */
  readonly signed: unknown
  readonly files: BundleFiles
  readonly by: string
  readonly reason: string
}

export type ImportBundle = (bundle: BundleToImport) => Promise<Result<ReleaseRow, Fault>>

export function createImportBundle(
  { read, write, forms, now, recovering }: HouseDeps,
  { releaseIn, announce, afterPublish }: PromoteNeeds & { readonly afterPublish: () => Promise<void> },
): ImportBundle {
  const judge = async ({ recipe, signed, files }: BundleToImport): Promise<Result<Manifest, Fault>> => {
    const parsed = parseManifest(signed)
    if (!parsed.ok) return parsed
    const manifest = parsed.value
    const misfit = misfitOf(manifest, recipe)
    if (misfit !== undefined) return err(fault('bundle.incompatible', misfit))
    const sizeBytes = manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0)
    if (sizeBytes > recipe.gate.maxBundleBytes)
      return err(
        fault(
          'bundle.too-large',
          `${sizeBytes} bytes; gate.maxBundleBytes of the recipe is ${recipe.gate.maxBundleBytes}`,
        ),
      )
    const whole = verifyFiles(manifest, files)
    if (!whole.ok) return whole
    const version = (await forms.versions(recipe.form as FormId)).at(-1)
    if (version === undefined) return err(fault('form.not-found', `${recipe.form}: publish the form first`))
    const form = await forms.find(recipe.form as FormId, version)
    if (!form.ok) return form
    if (!canRead(form.value, manifest.inputs))
      return err(fault('bundle.incompatible', `${recipe.form} ${version} does not ask all that the model reads`))
    return (await opens(manifest, files)) ?? ok(manifest)
  }

  return async bundle => {
    if (recovering.isOpen()) return err(fault('house.recovering'))
    const judged = await judge(bundle)
    if (!judged.ok) return judged
    const { recipe, card, by, reason, files } = bundle
    const other = await modelOfForm(read, recipe.form)
    if (other !== undefined && other.modelName !== recipe.name)
      return err(fault('recipe.invalid', `form: ${recipe.form} is read by the model ${other.modelName} already`))
    const candidate = candidateOf(judged.value)
    const { candidateId } = candidate
    const released = await inTransaction(write, async (tx): Promise<Result<ReleaseRow, Fault>> => {
      if ((await lockModel(tx, recipe.name))?.championId === candidateId)
        return err(fault('http.bad-request', `${candidateId} is the champion of ${recipe.name} already`))
      await putModel(tx, { recipe, card }, now())
      await lockModel(tx, recipe.name)
      for (const bytes of files.values()) await putBlob(tx, bytes, now())
      await putCandidate(tx, candidate, null, now())
      await putApproval(tx, candidateId, { by, reason, atMs: now(), overridden: ['no gate has judged it'] })
      const note = `${by}: ${reason}`
      return ok(await releaseIn(tx, { candidate, recipe, reason: 'promotion', note, who: by, fromRing: 0 }))
    })
    if (!released.ok) return released
    announce(released.value)
    await afterPublish()
    return released
  }
}

/** IB2. What of the bundle is not what the recipe says. */
function misfitOf({ modelName, formId, classes, positive }: Manifest, recipe: Recipe): string | undefined {
  const wanted = classesOf(recipe)
  if (modelName !== recipe.name) return `the bundle is of ${modelName}, the recipe of ${recipe.name}`
  if (formId !== recipe.form) return `the bundle reads the form ${formId}, the recipe ${recipe.form}`
  if (classes.join('\n') !== wanted.join('\n'))
    return `the bundle tells ${classes.join(', ') || 'an amount'}; the recipe ${wanted.join(', ')}`
  return positive === recipe.outcome.positive
    ? undefined
    : `the bundle is about “${positive}”, the recipe about “${recipe.outcome.positive}”`
}

/** IB2. In a thread of its own, which a graph may hang or end. @returns Why it cannot be used. */
async function opens(manifest: Manifest, files: BundleFiles): Promise<Result<never, Fault> | undefined> {
  await using thread = createScorerThread()
  const scorer = await thread.open({ manifest, files })
  if (!scorer.ok) return scorer
  await scorer.value[Symbol.asyncDispose]()
  return undefined
}

const candidateOf = (manifest: Manifest): Candidate => {
  const { modelName, formId, inputs, classes, positive, threshold, conformal, metrics, snapshot, files } = manifest
  const drift = manifest.drift === undefined ? {} : { drift: manifest.drift }
  const facts = { modelName, formId, inputs, classes, positive, threshold, conformal, files, ...drift }
  const named = files.map(({ name, sha256: digest }) => [name, digest])
  const says = [modelName, formId, inputs.map(({ name }) => name), [...classes], threshold, conformal?.cutoffs ?? null]
  const candidateId = sha256(canonicalBytes([...says, named])).slice(0, 32)
  return { ...facts, candidateId, kind: 'imported', metrics, snapshot, runId: null, handicap: null }
}
