/**
 * What a release was made of, so that whoever may see its rows can make it again elsewhere
 * and compare: the frozen rows, the recipe, the salt of the holdout.
 *
 * The model's files are compared, not the card: that tells of figures against a champion of
 * that day. A recipe that was changed since then makes another model, and it is said.
 */
import { ok, type Fault, type Result } from '@murram/ground'
import { sha256 } from '@murram/seal'
import { getBlob } from '../blobs/blobs.ts'
import type { ReadDb } from '../db/handles.ts'
import { packCandidate, type Candidate } from '../registry/candidate.ts'
import { priorOf } from '../registry/prior.ts'
import type { Recipe } from '../registry/recipe.ts'
import { findCandidate, findModel } from '../registry/registry-repo.ts'
import { findRelease } from '../rollout/release-repo.ts'
import { seedOf } from './seeded-random.ts'
import { decodeSnapshot, thawRows } from './snapshot.ts'
import { splitHoldout, trainRung, type Handicap } from './train-on-snapshot.ts'

export interface Making {
  readonly releaseId: string
  readonly candidate: Candidate
  /** As it stands now. */
  readonly recipe: Recipe
  readonly holdoutSalt: string
  /** The frozen rows as JSON text; `null` for a prior that nothing was fitted for. */
  readonly snapshot: string | null
}

export async function findMaking(db: ReadDb, releaseId: string, holdoutSalt: string): Promise<Making | undefined> {
  const release = await findRelease(db, releaseId)
  const row = release === undefined ? undefined : await findCandidate(db, release.candidateId)
  const model = row === undefined ? undefined : await findModel(db, row.candidate.modelName)
  if (row === undefined || model === undefined) return undefined
  const { candidate } = row
  const bytes = candidate.snapshot === null ? undefined : await getBlob(db, candidate.snapshot)
  if (candidate.snapshot !== null && bytes === undefined) return undefined
  const snapshot = bytes === undefined ? null : new TextDecoder().decode(bytes)
  return { releaseId, candidate, recipe: model.recipe, holdoutSalt, snapshot }
}

export interface MadeAgain {
  /** Files of the model whose bytes are others now. */
  readonly differing: readonly string[]
}

const OF_THE_MODEL = new Set(['model.onnx', 'trees.json', 'vectors.json'])

export function makeAgain({ candidate, recipe, holdoutSalt, snapshot }: Making): Result<MadeAgain, Fault> {
  const model =
    snapshot === null ? ok(priorOf(recipe, candidate.inputs)) : trainAgain(snapshot, candidate, recipe, holdoutSalt)
  if (!model.ok) return model
  const { candidate: again } = packCandidate({ ...candidate, model: model.value, card: '' })
  const before = new Map(candidate.files.map(file => [file.name, file.sha256]))
  const differing = again.files.filter(({ name, sha256: hash }) => OF_THE_MODEL.has(name) && before.get(name) !== hash)
  return ok({ differing: differing.map(({ name }) => name) })
}

function trainAgain(snapshot: string, { handicap }: Candidate, recipe: Recipe, holdoutSalt: string) {
  const bytes = new TextEncoder().encode(snapshot)
  const frozen = decodeSnapshot(bytes)
  const inputs = frozen.inputs.slice(0, frozen.readable)
  const rows = thawRows(frozen)
  const trained = trainRung(splitHoldout(rows, recipe.holdout.ratio, holdoutSalt).training, {
    ladder: recipe.ladder,
    prior: priorOf(recipe, inputs),
    inputs: inputs.map(({ name }) => name),
    verified: rows.table.rows,
    seed: seedOf(sha256(bytes)),
    handicap: handicap as Handicap | null,
  })
  return trained.ok ? ok(trained.value.model) : trained
}
