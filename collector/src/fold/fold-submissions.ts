/**
 * What stored submissions do to entities. Everything here is derived: the same submissions
 * give the same entities, whatever the order in which they arrived.
 *
 * Laws, in `fold-submissions.test.ts`, `several-entities.test.ts` and `undo.test.ts`:
 *   E1 a submission that names no entity touches none
 *   E2 a correction takes its parent's place, also where it names another entity or none; the
 *      rows that it dropped are gone, and those that it added stand where its parent stands
 *   E3 entities joined by an alias are folded as one; undoing the alias parts them again
 *   E4 what changed, and nothing else, gets a row in the feed
 *   E5 what no device could read back is not folded: one such row would end every device's feed
 *   E6 order and repetition do not matter
 *   E7 what was decided and undone leaves no trace in any entity
 *
 * What cannot be folded now is set aside with its reason (`set-aside.ts`) and looked at again
 * (`reconsider.ts`). Not here: how answers stand against each other (`@murram/fold`).
 */
import type { EntityId, InstanceId } from '@murram/ground'
import { canonicalIds, type EntityWrite, type Submission } from '@murram/fold'
import type { WriteDb } from '../db/handles.ts'
import type { Feed } from '../feed/feed.ts'
import { addAwaited } from '../parents/parents-repo.ts'
import { tellReturns } from '../review/told-returns.ts'
import { addReview } from '../review/review-repo.ts'
import {
  ALIAS_FORM,
  DISTINCT_FORM,
  readAlias,
  readDistinct,
  readReview,
  REVIEW_FORM,
  type AliasPart,
} from './built-in-forms.ts'
import * as repo from './fold-repo.ts'
import { refold, type Refolded } from './refold.ts'
import type { Said } from './said.ts'
import { findSetAside, type SetAside, type SetAsideDeps } from './set-aside.ts'
import { setAsideInInbox } from './stored-submissions.ts'
import { toWrites, unknownRefs, type ToWritesDeps } from './to-writes.ts'

export interface FoldDeps extends ToWritesDeps, SetAsideDeps {
  readonly projectId: string
  readonly feed: Pick<Feed, 'append'>
}

export interface FoldOutcome {
  /** Instances whose answer is part of an open conflict. */
  readonly inConflict: ReadonlySet<string>
  /** Stored and not folded, each with its reason. */
  readonly aside: ReadonlyMap<InstanceId, SetAside>
  /** What was written and what is one with it: it may have been waited for. */
  readonly entityIds: readonly EntityId[]
}

/** @param submissions Stored in this transaction or before, in state `applied`. */
export type Fold = (tx: WriteDb, submissions: readonly Submission[], arrivalMs: number) => Promise<FoldOutcome>

/** @param reconsider Of what a review is about, once the review is written. */
export const createFold =
  (deps: FoldDeps, reconsider: (tx: WriteDb, instanceId: InstanceId) => Promise<unknown>): Fold =>
  async (tx, submissions, arrivalMs) => {
    const all: Said[] = []
    for (const submission of submissions) all.push(await read(deps, submission, arrivalMs))
    await repo.lockFold(tx, deps.projectId)
    const aside = await findSetAside(deps, tx, all)
    if (aside.size > 0) {
      await setAsideInInbox(tx, aside)
      await addAwaited(tx, aside, arrivalMs)
    }
    const said = all.filter(({ submission }) => !aside.has(submission.instanceId))
    const corrected = said.flatMap(({ submission: { deprecatedId } }) => (deprecatedId === null ? [] : [deprecatedId]))
    const writes = await inTheirPlaces(tx, said, corrected)
    const aliases = said.flatMap(({ alias, submission }) => (alias === null ? [] : [{ alias, submission }]))
    const joined = await joinedNow(
      tx,
      aliases.map(({ alias }) => alias),
    )
    for (const { alias, submission } of aliases)
      await repo.appendAlias(tx, submission.instanceId, { ...alias, stamp: submission.stamp })
    const first = await repo.firstWrites(tx, writes)
    await repo.appendWrites(tx, writes)
    // E6. Whoever corrected what is here only now stands where the whole chain begins.
    const isPlain = ({ writes: own }: Said) => own.length > 0 && own.every(({ entityId }) => first.has(entityId))
    const moved = all.every(isPlain) ? [] : await repo.placeCorrections(tx, idsOf(all))
    const touched = new Set([
      ...moved,
      ...writes.map(({ entityId }) => entityId),
      ...(await repo.entitiesOf(tx, corrected)),
      ...joined,
    ])
    const { inConflict, members } = touched.size === 0 ? NOTHING : await refold(deps, tx, touched, arrivalMs, first)

    await tellReturns(deps, tx, corrected)
    for (const { distinct, submission } of said)
      if (distinct !== null) await repo.appendDistinct(tx, submission, distinct)
    for (const { review, submission } of said) {
      if (review === null) continue
      await addReview(tx, submission, review)
      await reconsider(tx, review.about)
    }
    return { inConflict, aside, entityIds: [...members] }
  }

const idsOf = (all: readonly Said[]): readonly InstanceId[] => all.map(({ submission }) => submission.instanceId)

const NOTHING: Refolded = { inConflict: new Set(), members: new Set() }

async function read(deps: FoldDeps, submission: Submission, arrivalMs: number): Promise<Said> {
  const nothing = { submission, writes: [], alias: null, distinct: null, review: null, unknown: [] }
  if (submission.formId === ALIAS_FORM) return { ...nothing, alias: readAlias(submission) }
  if (submission.formId === DISTINCT_FORM) return { ...nothing, distinct: readDistinct(submission) }
  if (submission.formId === REVIEW_FORM) return { ...nothing, review: readReview(submission) }
  const writes = await toWrites(deps, submission, arrivalMs)
  return { ...nothing, writes, unknown: await unknownRefs(deps, submission) }
}

/** An edit stands where the first of its chain stands, also in an entity that only the edit names. */
async function inTheirPlaces(
  tx: WriteDb,
  said: readonly Said[],
  corrected: readonly InstanceId[],
): Promise<readonly EntityWrite[]> {
  const places = await repo.placesOf(tx, corrected)
  return said.flatMap(({ submission: { deprecatedId }, writes }) => {
    const effective = deprecatedId === null ? undefined : places.get(deprecatedId)
    return effective === undefined ? writes : writes.map(write => ({ ...write, effective }))
  })
}

/**
 * Whom aliases touch: those they name, and all who are one with these now. An entity that is
 * joined elsewhere, or on which a circle is opened, leaves a group that must be told.
 */
export async function joinedNow(tx: WriteDb, parts: readonly AliasPart[]): Promise<readonly EntityId[]> {
  if (parts.length === 0) return []
  const before = (await repo.readAliases(tx)).filter(({ undone }) => !undone)
  const canonicalOf = canonicalIds(before)
  const named = parts.flatMap(({ alias, of }) => [alias, of])
  const groups = new Set(named.map(canonicalOf))
  return [...named, ...groups, ...before.flatMap(({ alias }) => (groups.has(canonicalOf(alias)) ? [alias] : []))]
}
