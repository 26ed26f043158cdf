/**
 * From a candidate that may be released to an order that devices obey: a manifest signed by
 * the release key, beside the certificate by which the root vouches for that key, in the feed.
 *
 * Laws, in `rollout.test.ts`:
 *   L1 counters rise through the whole project, one release after another
 *   L2 the champion, the release, its first order and the rows of the feed are one transaction
 *   L3 a rollback is a new release with the old bytes: the counter never goes down
 *
 *   L4 a baseline goes to all at once, for nothing better is there; a rollback to all rings that have
 *      what is taken back, at once; anything else begins in its first ring
 *
 * Not here: whether it may be released (registry/judge-candidate.ts), and how it goes on
 * (advance-policy.ts).
 */
import type { FormId } from '@murram/ground'
import { CHALLENGER_PURPOSE, RELEASE_PURPOSE, type Manifest } from '@murram/score'
import { signDocument } from '@murram/seal'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { HouseDeps } from '../main/room.ts'
import type { Candidate } from '../registry/candidate.ts'
import { canRead } from '../registry/model-inputs.ts'
import type { Recipe } from '../registry/recipe.ts'
import { setChampion } from '../registry/registry-repo.ts'
import { nextOpening, type Opening } from './advance-policy.ts'
import { giveOrder } from './give-order.ts'
import { activeDevices, listStaff, newestComplete, orderInForce, ordersOf } from './order-repo.ts'
import { believableUpto, nextCounter } from './release-counter.ts'
import { appendRelease, highestReported, lastCounter, releasesOf, type ReleaseRow } from './release-repo.ts'
import type { Challenger } from './tables.ts'

/** How long a release may still be installed. Scoring never expires. */
const VALID_MS = 90 * 86_400_000

export type ReleaseDeps = Pick<HouseDeps, 'keys' | 'feed' | 'forms' | 'live' | 'now'>

export interface ReleaseOrder {
  readonly candidate: Candidate
  readonly recipe: Recipe
  readonly reason: ReleaseRow['reason']
  /** What the person wrote who ordered it. */
  readonly note: string | null
  /** The person; `the gate` unless told. */
  readonly who?: string
  /** Begins in this ring, with devices or without; by the recipe unless told. */
  readonly fromRing?: number
}

/** The caller holds the model's row (`lockModel`) and calls `announce` after commit. */
export async function releaseCandidate(deps: ReleaseDeps, tx: WriteDb, order: ReleaseOrder): Promise<ReleaseRow> {
  const { candidate, recipe, reason, note } = order
  const { modelName, candidateId } = candidate
  const opening = await firstOpening(tx, order) // before it is the newest
  const manifest = await makeManifest(deps, tx, { candidate, recipe, reason, ring: opening.openRing })
  const row: ReleaseRow = {
    releaseId: manifest.releaseId,
    modelName,
    counter: manifest.counter,
    candidateId,
    reason,
    note,
    signed: signDocument(deps.keys.release, RELEASE_PURPOSE, manifest),
    chain: deps.keys.releaseCertificate,
    createdAtMs: manifest.createdAtMs,
  }
  await appendRelease(tx, row)
  await setChampion(tx, modelName, candidateId)
  const { shares } = recipe.rollout
  const who = order.who ?? 'the gate'
  await giveOrder(deps, tx, {
    release: row,
    shares,
    ...opening,
    who,
    reason: note ?? `a new release (${reason})`,
    // What was compared with the one before is compared with this one no more.
    challenger: null,
  })
  return row
}

/** L4 */
async function firstOpening(tx: WriteDb, { candidate, recipe, reason, fromRing }: ReleaseOrder): Promise<Opening> {
  const { modelName, candidateId } = candidate
  const { rings, rollout } = recipe
  const { shares } = rollout
  const all: Opening = { openRing: shares.length, state: 'complete' }
  if (reason === 'baseline') return all
  if (fromRing !== undefined) return { openRing: fromRing, state: 'advancing' }
  const before = await orderInForce(tx, modelName)
  if (reason === 'rollback' && before !== undefined) {
    const isOutEverywhere = before.openRing >= shares.length
    // Everybody else has these very bytes already, under an older number.
    const isWithTheOthers = (await newestComplete(tx, modelName))?.candidateId === candidateId
    return isOutEverywhere || isWithTheOthers ? all : { openRing: before.openRing, state: 'advancing' }
  }
  const fleet = { modelName, staff: await listStaff(tx), deviceIds: await activeDevices(tx) }
  return nextOpening({ rings, shares }, fleet, -1)
}

interface ManifestOrder {
  readonly candidate: Candidate
  readonly recipe: Recipe
  readonly reason: Manifest['reason']
  readonly ring: number
}

/** With the next counter; under the lock of releases until the transaction ends. */
async function makeManifest(
  deps: ReleaseDeps,
  tx: WriteDb,
  { candidate, recipe, reason, ring }: ManifestOrder,
): Promise<Manifest> {
  const nowMs = deps.now()
  const [previous] = await releasesOf(tx, candidate.modelName)
  const counter = nextCounter({
    previous: await lastCounter(tx),
    reported: await highestReported(tx, believableUpto(nowMs)),
    reason,
    nowMs,
  })
  return {
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
    ring,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + VALID_MS,
    files: [...candidate.files],
    ...(candidate.drift === undefined ? {} : { drift: candidate.drift }),
    // Without a plan there is nothing to count by region.
    ...(candidate.drift === undefined || recipe.region === undefined ? {} : { region: recipe.region }),
  }
}

/** For devices to score beside what is in force: signed for that alone, so nobody can put it into force. */
export async function makeChallenger(
  deps: ReleaseDeps,
  tx: WriteDb,
  { candidate, recipe }: Pick<ManifestOrder, 'candidate' | 'recipe'>,
): Promise<Challenger> {
  const manifest = await makeManifest(deps, tx, { candidate, recipe, reason: 'promotion', ring: 0 })
  return {
    candidateId: candidate.candidateId,
    signed: signDocument(deps.keys.release, CHALLENGER_PURPOSE, manifest),
    chain: deps.keys.releaseCertificate,
  }
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

/**
 * The release that a rollback goes back to unless a person names another: the newest with other bytes
 * that was out in as many rings. One that never left the staff goes to nobody else by it.
 */
export async function releaseBefore(db: ReadDb, modelName: string): Promise<ReleaseRow | undefined> {
  const [latest, ...earlier] = await releasesOf(db, modelName)
  const orders = Map.groupBy(await ordersOf(db, modelName), ({ releaseId }) => releaseId)
  // Without orders it went out before there were any: to all.
  const reached = ({ releaseId }: ReleaseRow): number =>
    Math.max(...(orders.get(releaseId)?.map(({ openRing }) => openRing) ?? [Number.POSITIVE_INFINITY]))
  const others = earlier.filter(({ candidateId }) => candidateId !== latest?.candidateId)
  return latest === undefined ? undefined : others.find(one => reached(one) >= reached(latest))
}
