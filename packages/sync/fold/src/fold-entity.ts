/**
 * An entity is the fold of the submissions that name it: a pure function, the same on every
 * machine, so that returning, restoring, joining and undoing are folds of another list.
 *
 * Laws, each a property in `fold-entity.test.ts`:
 *   F1 the order of arrival does not matter
 *   F2 a write seen twice changes nothing
 *   F3 nothing is invented: each answer that stands or is kept was set by the write it names
 *   F4 taking a write out undoes exactly it: what it did not touch stays as it was
 *   F5 every answer that was set, did not stand and was not seen by a successor is in the
 *      ledger, once; what one side alone changed is no conflict
 *   F6 a correction takes the place of what it corrects
 *   F7 a settlement stands, marks its conflict and no other, and leaving it out opens it again
 *
 * Not here: which submissions are live, and which entities are one (`canonical-ids.ts`).
 */
import { compareText, placeWrites, type EntityWrite } from './entity-write.ts'
import { foldProperty } from './fold-property.ts'
import type { ConflictEntry, FoldedEntity, StandingAnswer } from './folded-entity.ts'

/**
 * @param writes Live writes of one entity, in any order, with its canonical id; what was
 *   returned or erased is not passed. Never empty: what nobody says exists is no entity.
 */
export function foldEntity(writes: readonly EntityWrite[]): FoldedEntity {
  const [only] = writes
  // Most entities are new: nobody else has said anything that could stand against it.
  if (only !== undefined && writes.length === 1 && only.kind !== 'settlement' && only.replaced !== true)
    return soleWrite(only)
  const placed = placeWrites(writes)
  const [first] = placed
  if (first === undefined) throw new Error('a fold of no writes: an entity that nobody names does not exist')
  const { entityId, dataset } = first.write

  const names = new Set(placed.flatMap(({ write }) => Object.keys(write.set)))
  const properties: [string, StandingAnswer][] = []
  const conflicts: ConflictEntry[] = []
  for (const property of [...names].sort()) {
    const folded = foldProperty(entityId, property, placed)
    if (folded.stands !== null) properties.push([property, folded.stands])
    conflicts.push(...[...folded.conflicts].sort((a, b) => compareText(a.conflictId, b.conflictId)))
  }
  return {
    entityId,
    dataset,
    label: placed.findLast(({ write, live }) => live && write.label !== null)?.write.label ?? null,
    properties: Object.fromEntries(properties),
    conflicts,
    live: [...new Set(placed.filter(p => p.live).map(p => p.write.instanceId))],
    superseded: [...new Set(placed.filter(p => !p.live).map(p => p.write.instanceId))],
  }
}

const soleWrite = (write: EntityWrite): FoldedEntity => {
  const { entityId, dataset, label, instanceId, deviceId, effective, set } = write
  const names = Object.keys(set).sort()
  return {
    entityId,
    dataset,
    label,
    properties: Object.fromEntries(
      names.map(name => [name, { answer: set[name] ?? '', instanceId, deviceId, stamp: effective }]),
    ),
    conflicts: [],
    live: [instanceId],
    superseded: [],
  }
}
