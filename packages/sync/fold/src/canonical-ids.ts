/**
 * Two households that are one. An alias says so; whoever reads, follows it. Undoing an alias is
 * leaving it out, so the two are as they were.
 *
 * A1 the canonical id of a canonical id is itself   A2 the order of the aliases does not matter
 * A3 an undone alias leaves no trace                A4 a circle is not closed: the later alias gives way
 */
import type { EntityId } from '@murram/ground'
import { compareText } from './entity-write.ts'
import type { Stamp } from './stamp.ts'

export interface Alias {
  readonly alias: EntityId
  readonly of: EntityId
  readonly stamp: Stamp
  readonly undone?: boolean
}

/** Where one id was aliased twice, the later stamp decides. */
export function canonicalIds(aliases: readonly Alias[]): (id: EntityId) => EntityId {
  const inOrder = aliases
    .filter(a => a.undone !== true)
    .sort((a, b) => compareText(a.stamp, b.stamp) || compareText(a.alias, b.alias) || compareText(a.of, b.of))
  const latest = new Map(inOrder.map(a => [a.alias, a]))
  const next = new Map<EntityId, EntityId>()
  const canonical = (id: EntityId): EntityId => {
    let at = id
    for (let of = next.get(at); of !== undefined; of = next.get(at)) at = of
    return at
  }
  for (const entry of inOrder) {
    if (latest.get(entry.alias) === entry && canonical(entry.of) !== entry.alias) next.set(entry.alias, entry.of)
  }
  return canonical
}
