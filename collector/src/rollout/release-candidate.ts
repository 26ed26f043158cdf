/**
 * From a candidate that may be released to an order that devices obey: a manifest signed by
 * the release key, beside the certificate by which the root vouches for that key, in the feed.
 *
 * Laws, in `rollout.test.ts`:
 *   L1 counters rise through the whole project, one release after another
 *   L2 the champion, the release and the feed row are one transaction
 *   L3 a rollback is a new release with the old bytes: the counter never goes down
 *
 * Not here: whether it may be released (registry/judge-candidate.ts).
 */
import type { FormId } from '@murram/ground'
import { RELEASE_PURPOSE, type Manifest } from '@murram/score'
import { signDocument } from '@murram/seal'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { HouseDeps } from '../main/room.ts'
import type { Candidate } from '../registry/candidate.ts'
import { canRead } from '../registry/model-inputs.ts'
import type { Recipe } from '../registry/recipe.ts'
import { setChampion } from '../registry/registry-repo.ts'
import { believableUpto, nextCounter } from './release-counter.ts'
import { appendRelease, highestReported, lastCounter, releasesOf, type ReleaseRow } from './release-repo.ts'

/** How long a release may still be installed. Scoring never expires. */
const VALID_MS = 90 * 86_400_000

export type ReleaseDeps = Pick<HouseDeps, 'keys' | 'feed' | 'forms' | 'live' | 'now'>

export interface ReleaseOrder {
  readonly candidate: Candidate
  readonly recipe: Recipe
  readonly reason: ReleaseRow['reason']
  /** What the person wrote who ordered it. */
  readonly note: string | null
  /** Where it begins, in place of the recipe's first ring: 0 where a person answers for it. */
  readonly openRing?: 0
}

/** The caller holds the model's row (`lockModel`) and calls `announce` after commit. */
export async function releaseCandidate(deps: ReleaseDeps, tx: WriteDb, order: ReleaseOrder): Promise<ReleaseRow> {
  const { candidate, recipe, reason, note } = order
  const nowMs = deps.now()
  const [previous] = await releasesOf(tx, candidate.modelName)
  const counter = nextCounter({
    previous: await lastCounter(tx),
    reported: await highestReported(tx, believableUpto(nowMs)),
    reason,
    nowMs,
  })
  const manifest: Manifest = {
    format: 1,
    projectId: deps.keys.projectId,
    modelName: candidate.modelName,
    releaseId: `${candidate.modelName}-${counter}`,
    counter,
    reason,
    demo: deps.keys.demo,
    formId: candidate.formId,
    formVersions: [...(await readableVersions(deps, candidate))],
    inputs: [...candidate.inputs],
    classes: [...candidate.classes],
    positive: candidate.positive,
    threshold: candidate.threshold,
    conformal: candidate.conformal,
    metrics: { ...candidate.metrics },
    parent: previous?.releaseId ?? null,
    snapshot: candidate.snapshot,
    ring: order.openRing ?? recipe.rings[0] ?? 1,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + VALID_MS,
    files: [...candidate.files],
    ...(candidate.drift === undefined ? {} : { drift: candidate.drift }),
    // Without a plan there is nothing to count by region.
    ...(candidate.drift === undefined || recipe.region === undefined ? {} : { region: recipe.region }),
  }
  const row: ReleaseRow = {
    releaseId: manifest.releaseId,
    modelName: candidate.modelName,
    counter,
    candidateId: candidate.candidateId,
    reason,
    note,
    signed: signDocument(deps.keys.release, RELEASE_PURPOSE, manifest),
    chain: deps.keys.releaseCertificate,
    createdAtMs: nowMs,
  }
  await appendRelease(tx, row)
  await setChampion(tx, candidate.modelName, candidate.candidateId)
  await deps.feed.append(tx, [
    { kind: 'release', key: candidate.modelName, body: { signed: row.signed, chain: row.chain } },
  ])
  return row
}

export function announce({ feed, live }: ReleaseDeps, { releaseId, modelName, counter }: ReleaseRow): void {
  feed.ring()
  live.publish({ kind: 'release', releaseId, modelName, counter })
}

/** Published versions of the form that ask everything the model reads. */
async function readableVersions({ forms }: ReleaseDeps, { formId, inputs }: Candidate): Promise<readonly string[]> {
  const readable: string[] = []
  for (const version of await forms.versions(formId as FormId)) {
    const form = await forms.find(formId as FormId, version)
    if (form.ok && canRead(form.value, inputs)) readable.push(version)
  }
  return readable
}

/** The release that a rollback goes back to unless a person names another. */
export async function releaseBefore(db: ReadDb, modelName: string): Promise<ReleaseRow | undefined> {
  const [latest, ...earlier] = await releasesOf(db, modelName)
  return earlier.find(({ candidateId }) => candidateId !== latest?.candidateId)
}
