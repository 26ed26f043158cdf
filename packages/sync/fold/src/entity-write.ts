/**
 * What one live submission says about one entity, and the order in which such writes stand.
 *
 * A write stands at its effective stamp. An edit stands where the submission it deprecates
 * stands, and its own stamp decides only among rival edits of the same parent: otherwise a late
 * correction of January's visit would overwrite March's.
 *
 * Not here: how an answer becomes a property (the form's `saveTo`), and which submissions are
 * live (the collector passes no others; leaving one out is how anything is undone).
 */
import type { DeviceId, EntityId, InstanceId } from '@murram/ground'
import type { Stamp } from './stamp.ts'

export interface EntityWrite {
  readonly entityId: EntityId
  readonly dataset: string
  readonly instanceId: InstanceId
  /**
   * The id under which it was written, where that is not `entityId`: of two entities that are
   * one by an alias, a submission may have written both.
   */
  readonly part?: EntityId
  /** Place in order, min(stamp, arrival). */
  readonly effective: Stamp
  /** As the device's own clock gave it. */
  readonly stamp: Stamp
  readonly deviceId: DeviceId
  /** Property → answer; `''` is a blank answer, absent is not written. */
  readonly set: Readonly<Record<string, string>>
  /** Property → what the author saw before; absent is "there was nothing". */
  readonly saw: Readonly<Record<string, string>>
  readonly label: string | null
  readonly kind: 'create' | 'update' | 'settlement'
  readonly deprecatedId: InstanceId | null
  /** A correction took it away that may say nothing of this entity, and so is no write of it. */
  readonly replaced?: boolean
  /**
   * A settlement chooses `set[property]` where `saw[property]` stood. Name the conflict:
   * without it, all that was open on the property at that place counts as seen.
   */
  readonly settles?: { readonly property: string; readonly conflictId?: string }
}

export interface PlacedWrite {
  readonly write: EntityWrite
  /** The submissions it corrects, the first one first; empty for what is no edit. */
  readonly corrects: readonly EntityWrite[]
  /** False where another write deprecates it. */
  readonly live: boolean
}

/** The writes in their order, each once: the same whatever the order and number of arrivals. */
export function placeWrites(writes: readonly EntityWrite[]): readonly PlacedWrite[] {
  const byKey = new Map<string, EntityWrite>()
  for (const write of [...writes].sort(byContent)) byKey.set(writeKey(write), write)
  const byInstance = Map.groupBy(byKey.values(), ({ instanceId }) => instanceId)
  const deprecated = new Set<InstanceId>()
  const placed = [...byKey.values()].map(write => {
    const corrects = correctedBy(write, byInstance)
    const parent = corrects.at(-1)
    if (parent !== undefined) deprecated.add(parent.instanceId)
    return { write, corrects }
  })
  const isLive = ({ instanceId, replaced }: EntityWrite) => replaced !== true && !deprecated.has(instanceId)
  return placed.map(p => ({ ...p, live: isLive(p.write) })).sort(byPlace)
}

/** One for each entity that one submission wrote. */
export const writeKey = ({ instanceId, part }: EntityWrite): string =>
  part === undefined ? instanceId : `${instanceId}#${part}`

/** A circle of corrections cannot come from a device of ours; its members then stand for themselves. */
function correctedBy(
  write: EntityWrite,
  byInstance: ReadonlyMap<InstanceId, readonly EntityWrite[]>,
): readonly EntityWrite[] {
  const chain: EntityWrite[] = []
  const seen = new Set([write.instanceId])
  for (let at = write; at.deprecatedId !== null;) {
    const parents = byInstance.get(at.deprecatedId)
    const parent = parents?.find(({ part }) => part === write.part) ?? parents?.[0]
    if (parent === undefined) break
    if (parent.instanceId === write.instanceId) return []
    if (seen.has(parent.instanceId)) break
    seen.add(parent.instanceId)
    chain.unshift(parent)
    at = parent
  }
  return chain
}

/** Along the chain of corrections: the root at its effective stamp, below it by own stamps. */
function byPlace(a: PlacedWrite, b: PlacedWrite): number {
  const [pathOfA, pathOfB] = [
    [...a.corrects, a.write],
    [...b.corrects, b.write],
  ]
  const [rootOfA, rootOfB] = [pathOfA[0] ?? a.write, pathOfB[0] ?? b.write]
  const byRoot = compareText(rootOfA.effective, rootOfB.effective)
  if (byRoot !== 0) return byRoot
  for (let i = 0; i < Math.min(pathOfA.length, pathOfB.length); i += 1) {
    const [stepOfA, stepOfB] = [pathOfA[i] ?? a.write, pathOfB[i] ?? b.write]
    const byStep = compareText(stepOfA.stamp, stepOfB.stamp) || compareText(stepOfA.instanceId, stepOfB.instanceId)
    if (byStep !== 0) return byStep
  }
  return pathOfA.length - pathOfB.length || compareText(a.write.part ?? '', b.write.part ?? '')
}

const byContent = (a: EntityWrite, b: EntityWrite): number =>
  compareText(writeKey(a), writeKey(b)) ||
  compareText(a.stamp, b.stamp) ||
  compareText(JSON.stringify(a), JSON.stringify(b))

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
