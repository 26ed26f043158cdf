/**
 * What is stored and must not be folded now, and why. Nothing here refuses: each of them stays,
 * acked, and is looked at again (`reconsider.ts`).
 *
 *   answers to nodes that its form version does not have    held      fold.deferred
 *   it corrects or updates what is not here yet             waiting   fold.waiting
 *   it corrects what somebody else wrote                    held      fold.not-author
 *   it settles a conflict in which it has no part (yet)     held      fold.not-author
 *   it joins entities, tells them apart, or reviews         held      fold.not-author: the centre's work
 *
 * Somebody else: another device, unless one officer's name stands on both certificates (a new
 * laptop). What a reviewer approved is folded all the same; what was waited for long enough is
 * not waited for any more. A settlement that came before its device's own write is folded after it.
 */
import { fault, type DeviceId, type EntityId, type Fault, type InstanceId } from '@murram/ground'
import type { ReadDb } from '../db/handles.ts'
import { givenUpOn } from '../parents/parents-repo.ts'
import { approvedAmong } from '../review/review-repo.ts'
import * as authors from './authors-repo.ts'
import type { Said } from './said.ts'

export interface SetAsideDeps {
  /** The collector's own device: what people at the centre decide. */
  readonly collectorId: DeviceId
}

export interface SetAside {
  readonly state: 'held' | 'waiting'
  readonly reason: Fault
  /** What it waits for: instances and entities. */
  readonly awaits: readonly string[]
}

type Aside = Map<InstanceId, SetAside>

const held = (reason: Fault, awaits: readonly string[] = []): SetAside => ({ state: 'held', reason, awaits })

export async function findSetAside(
  deps: SetAsideDeps,
  db: ReadDb,
  all: readonly Said[],
): Promise<ReadonlyMap<InstanceId, SetAside>> {
  const aside: Aside = new Map()
  for (const { submission, unknown } of all)
    if (unknown.length > 0)
      aside.set(submission.instanceId, held(fault('fold.deferred', unknown.slice(0, 5).join(', '))))
  for (const [instanceId, one] of await findStrange(deps, db, all))
    if (!aside.has(instanceId)) aside.set(instanceId, one)
  if (aside.size > 0) for (const instanceId of await approvedAmong(db, [...aside.keys()])) aside.delete(instanceId)
  // What is set aside makes nothing, and what waits for it waits as well.
  for (;;) {
    const waiting = await findWaiting(
      db,
      all.filter(({ submission }) => !aside.has(submission.instanceId)),
    )
    if (waiting.size === 0) return aside
    for (const [instanceId, one] of waiting) aside.set(instanceId, one)
  }
}

async function findWaiting(db: ReadDb, all: readonly Said[]): Promise<Aside> {
  const parents = all.flatMap(({ submission: { deprecatedId }, review }) => [
    ...(deprecatedId === null ? [] : [deprecatedId]),
    ...(review === null ? [] : [review.about]),
  ])
  const made = new Set(all.flatMap(({ writes }) => writes.flatMap(w => (w.kind === 'create' ? [w.entityId] : []))))
  const updated = all.flatMap(({ writes }) =>
    writes.flatMap(w => (w.kind === 'update' && !made.has(w.entityId) ? [w.entityId] : [])),
  )
  const [here, known] = [await authors.storedAmong(db, parents), await authors.knownAmong(db, updated)]
  const isHere = new Set<string>([...here, ...known, ...made])

  const waiting: Aside = new Map()
  for (const { submission, writes, review } of all) {
    const { instanceId, deprecatedId } = submission
    const needs: readonly (InstanceId | EntityId | null)[] = [
      deprecatedId,
      review?.about ?? null,
      ...writes.flatMap(w => (w.kind === 'update' ? [w.entityId] : [])),
    ]
    const awaits = needs.filter(id => id !== null && !isHere.has(id)) as string[]
    if (awaits.length > 0) waiting.set(instanceId, { state: 'waiting', awaits, reason: waitingFor(awaits) })
  }
  if (waiting.size === 0) return waiting
  for (const { instanceId, awaits } of await givenUpOn(db, [...waiting.keys()])) {
    const still = (waiting.get(instanceId)?.awaits ?? []).filter(id => id !== awaits)
    if (still.length === 0) waiting.delete(instanceId)
    else waiting.set(instanceId, { state: 'waiting', awaits: still, reason: waitingFor(still) })
  }
  return waiting
}

const waitingFor = (awaits: readonly string[]): Fault => fault('fold.waiting', [...new Set(awaits)].join(', '))

async function findStrange({ collectorId }: SetAsideDeps, db: ReadDb, all: readonly Said[]): Promise<Aside> {
  const strange: Aside = new Map()
  const fromDevices = all.filter(({ submission }) => submission.deviceId !== collectorId)
  const corrections = fromDevices.flatMap(({ submission: { instanceId, deviceId, deprecatedId } }) =>
    deprecatedId === null ? [] : [{ instanceId, deviceId, deprecatedId }],
  )
  for (const { instanceId, author } of await authors.correctedByOthers(db, corrections))
    strange.set(instanceId, held(fault('fold.not-author', `${author} wrote what it corrects`)))
  const isSettled = fromDevices.some(({ writes }) => writes.some(({ kind }) => kind === 'settlement'))
  const wroteHere = new Set(
    (isSettled ? fromDevices : []).flatMap(({ submission: { deviceId }, writes }) =>
      writes.flatMap(({ entityId, set, kind }) =>
        kind === 'settlement' ? [] : Object.keys(set).map(property => `${deviceId} ${entityId} ${property}`),
      ),
    ),
  )
  for (const { submission, writes, alias, distinct, review } of fromDevices) {
    const { instanceId, deviceId } = submission
    if (alias !== null || distinct !== null || review !== null)
      strange.set(
        instanceId,
        held(fault('fold.not-author', 'only the central team joins households, tells them apart and reviews')),
      )
    for (const { entityId, kind, settles } of writes) {
      if (kind !== 'settlement' || settles === undefined) continue
      if (wroteHere.has(`${deviceId} ${entityId} ${settles.property}`)) continue
      if (await authors.wroteProperty(db, { deviceId, entityId, property: settles.property })) continue
      // Its own write may be on its way: what is said of the household next lets it be looked at again.
      strange.set(instanceId, held(fault('fold.not-author', `it never wrote ${settles.property}`), [entityId]))
    }
  }
  return strange
}
