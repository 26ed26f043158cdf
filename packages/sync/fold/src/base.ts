/**
 * What the author of a submission saw before they wrote: `base`, entity property → answer.
 *
 *   roof                                        of the entity that the form itself is about
 *   0f0e0d0c-0b0a-4908-8706-050403020100/roof   of another one, which a row or a group writes
 *
 * A slash stands in no property's name, so one flat record says both, and what a device of one
 * entity a form has always sent means what it meant.
 */
import type { EntityId } from '@murram/ground'

type Base = Readonly<Record<string, string>>

/** @param entityId `null`: the entity that the form itself is about. */
export function seenOf(base: Base, entityId: EntityId | null): Base {
  const entries = Object.entries(base)
  if (entityId === null) return Object.fromEntries(entries.filter(([name]) => !name.includes('/')))
  const start = `${entityId}/`
  return Object.fromEntries(
    entries.flatMap(([name, answer]) => (name.startsWith(start) ? [[name.slice(start.length), answer]] : [])),
  )
}

export const toBase = (entityId: EntityId, seen: Base): Base =>
  Object.fromEntries(Object.entries(seen).map(([name, answer]) => [`${entityId}/${name}`, answer]))
