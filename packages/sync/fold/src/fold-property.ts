/**
 * What one property of an entity holds, given every write that set it.
 *
 * A write follows each earlier write whose answer it saw; writes that did not see each other
 * are rivals. The heads, which nobody followed, are what is still said:
 *
 *     iron ◄─ saw iron, set tile ◄─ saw tile, set slate     slate stands: the later place
 *       ▲
 *       └──── saw iron, set thatch                          thatch is in the ledger, once
 *
 * Three ways, per property: who sets what they saw has changed nothing and joins the write they
 * confirm; who sets what another has set agrees; two who set differently are in conflict, and
 * the one with the later place stands. Laws: `fold-entity.ts`.
 *
 * A deprecated write says nothing any more, but still carries the thread from what it saw to
 * those who saw it. A write that confirms an answer which was corrected meanwhile is no mere
 * confirmation: its author was there later, so it stands for itself.
 *
 * Why not a text CRDT: on a form an answer is replaced, never edited inside. Whatever comes to
 * fold otherwise (a select-multiple as a set) gets a function of this shape beside this one.
 */
import type { EntityId, InstanceId } from '@murram/ground'
import { sha256 } from '@murram/seal'
import type { ConflictEntry, StandingAnswer } from './folded-entity.ts'
import { writeKey, type EntityWrite, type PlacedWrite } from './entity-write.ts'

/** One answer together with all the writes that merely confirmed it. */
interface Said {
  readonly place: number
  readonly answer: string
  /** Names it in conflict ids, deprecated or not. */
  readonly founder: string
  /** The first live write that says it; `null` while all are deprecated. */
  voice: StandingAnswer | null
  readonly follows: Set<Said>
  /** Some live write knew it and said something else. */
  followed: boolean
  /** An edit replaced it where it stood. */
  corrected: boolean
}

interface OpenConflict {
  readonly conflictId: string
  readonly stands: Said
  readonly other: Said
}

export interface FoldedProperty {
  /** `null` where everything that was said has been deprecated. */
  readonly stands: StandingAnswer | null
  readonly conflicts: readonly ConflictEntry[]
}

/** @param placed All writes of the entity, in the order of `placeWrites`. */
export function foldProperty(entityId: EntityId, property: string, placed: readonly PlacedWrite[]): FoldedProperty {
  const saidSoFar: Said[] = []
  const saidBy = new Map<string, Said>()
  const settled = new Map<string, { readonly entry: ConflictEntry; readonly said: Said }>()
  const idOf = (stands: Said, other: Said): string => conflictIdOf(entityId, property, stands, other)

  const settle = (write: EntityWrite, answer: string): Said => {
    const said = say(write, answer, saidSoFar.length, true)
    const open = conflictsAmong(headsOf(saidSoFar), idOf)
    const chosen = choicesOf(write, property, open, headsOf(saidSoFar), idOf).filter(conflict =>
      isOneOf(conflict, answer),
    )
    for (const { conflictId, stands, other } of chosen) {
      const passedOver = other.answer === answer ? stands : other
      settled.set(conflictId, {
        said,
        entry: toEntry(entityId, property, conflictId, said, passedOver, write.instanceId),
      })
      follow(said, stands)
      follow(said, other)
    }
    const again = write.settles?.conflictId === undefined ? undefined : settled.get(write.settles.conflictId)
    if (chosen.length === 0 && again !== undefined && isOneOf(again.entry, answer)) {
      const { entry, said: before } = again
      const other = entry.other.answer === answer ? entry.stands : entry.other
      const stands = said.voice ?? entry.stands
      settled.set(entry.conflictId, { said, entry: { ...entry, stands, other, settledBy: write.instanceId } })
      follow(said, before)
    }
    for (const seen of [ownText(write.saw, property), answer])
      for (const earlier of whoSaid(seen, saidSoFar)) follow(said, earlier)
    return said
  }

  for (const { write, corrects, live } of placed) {
    const answer = ownText(write.set, property)
    if (answer === undefined) continue
    if (write.kind === 'settlement') {
      if (!live || write.settles?.property !== property) continue
      const said = settle(write, answer)
      saidBy.set(writeKey(write), said)
      saidSoFar.push(said)
      continue
    }
    const parent = nearestSaid(corrects, saidBy)
    const known = knownTo(
      write,
      corrects,
      property,
      parent === undefined ? saidSoFar : saidSoFar.filter(s => s.place < parent.place),
    )
    const confirmed = parent ?? known.at(-1)
    const joins =
      confirmed !== undefined && confirmed.answer === answer && (parent !== undefined || !confirmed.corrected)
    const said = joins ? confirmed : say(write, answer, saidSoFar.length, live)
    if (!joins) saidSoFar.push(said)
    else if (live) said.voice ??= toStanding(write, answer)
    if (parent !== undefined && !joins) parent.corrected = true
    saidBy.set(writeKey(write), said)
    for (const earlier of parent === undefined ? known : [...known, parent]) {
      if (earlier === said) continue
      if (live) follow(said, earlier)
      else said.follows.add(earlier)
    }
    if (joins && live) for (const earlier of said.follows) markFollowed(earlier)
  }

  const heads = headsOf(saidSoFar)
  const open = conflictsAmong(heads, idOf)
  return {
    stands: heads.at(-1)?.voice ?? null,
    conflicts: [
      ...open.map(({ conflictId, stands, other }) => toEntry(entityId, property, conflictId, stands, other, null)),
      ...[...settled.values()].map(({ entry }) => entry),
    ],
  }
}

const say = (write: EntityWrite, answer: string, place: number, live: boolean): Said => ({
  place,
  answer,
  founder: writeKey(write),
  voice: live ? toStanding(write, answer) : null,
  follows: new Set(),
  followed: false,
  corrected: false,
})

const toStanding = ({ instanceId, deviceId, effective }: EntityWrite, answer: string): StandingAnswer => ({
  answer,
  instanceId,
  deviceId,
  stamp: effective,
})

function follow(said: Said, earlier: Said): void {
  said.follows.add(earlier)
  markFollowed(earlier)
}

function markFollowed(said: Said): void {
  if (said.followed) return
  said.followed = true
  for (const earlier of said.follows) markFollowed(earlier)
}

const headsOf = (all: readonly Said[]): readonly Said[] => all.filter(said => said.voice !== null && !said.followed)

/** What an edit corrects, where that set the property: its nearest ancestor that did. */
function nearestSaid(corrects: readonly EntityWrite[], saidBy: ReadonlyMap<string, Said>): Said | undefined {
  for (const ancestor of corrects.toReversed()) {
    const said = saidBy.get(writeKey(ancestor))
    if (said !== undefined) return said
  }
  return undefined
}

/** What the author knew. An edit stands in its root's place, so it knows what its root knew. */
function knownTo(
  write: EntityWrite,
  corrects: readonly EntityWrite[],
  property: string,
  earlier: readonly Said[],
): readonly Said[] {
  const saw = [...corrects, write].map(w => ownText(w.saw, property)).find(text => text !== undefined)
  return whoSaid(saw, earlier)
}

/** Whoever saw an answer has seen all who say it; those who no longer say it, only where nobody else does. */
function whoSaid(answer: string | undefined, earlier: readonly Said[]): readonly Said[] {
  const all = earlier.filter(said => said.answer === answer)
  const live = all.filter(said => said.voice !== null)
  return live.length > 0 ? live : all
}

/** One conflict for each other answer: those who say the same are not in conflict. */
function conflictsAmong(heads: readonly Said[], idOf: (stands: Said, other: Said) => string): readonly OpenConflict[] {
  const stands = heads.at(-1)
  if (stands === undefined) return []
  const byAnswer = new Map<string, Said>()
  for (const head of heads)
    if (head.answer !== stands.answer && !byAnswer.has(head.answer)) byAnswer.set(head.answer, head)
  return [...byAnswer.values()].map(other => ({ conflictId: idOf(stands, other), stands, other }))
}

/** Whoever sets a third answer has settled nothing: theirs is a write like any other. */
const isOneOf = (conflict: { stands: { answer: string }; other: { answer: string } }, answer: string): boolean =>
  conflict.stands.answer === answer || conflict.other.answer === answer

/** The conflicts that a settlement is about, as they were at its place. */
function choicesOf(
  write: EntityWrite,
  property: string,
  open: readonly OpenConflict[],
  heads: readonly Said[],
  idOf: (stands: Said, other: Said) => string,
): readonly OpenConflict[] {
  const named = write.settles?.conflictId
  const saw = ownText(write.saw, property)
  if (named === undefined) return open.filter(({ stands }) => saw === undefined || stands.answer === saw)
  // An older write may have come in between, so the two need not be the ones that stand now.
  const pairs = heads.flatMap(stands => heads.map(other => ({ conflictId: named, stands, other })))
  const chosen = pairs.find(
    ({ stands, other }) =>
      stands.answer !== other.answer &&
      (saw === undefined || stands.answer === saw || other.answer === saw) &&
      isOneOf({ stands, other }, ownText(write.set, property) ?? '') &&
      idOf(stands, other) === named,
  )
  return chosen === undefined ? [] : [chosen]
}

/**
 * Named by what is contested and by the first write in which the standing side departed from it,
 * so that the name outlives whatever is said later on the standing side.
 */
function conflictIdOf(entityId: EntityId, property: string, stands: Said, other: Said): string {
  const knownToOther = threadOf(other)
  const departure = [...threadOf(stands)].filter(said => !knownToOther.has(said)).sort((a, b) => a.place - b.place)[0]
  const pair = [other.founder, (departure ?? stands).founder].sort()
  return sha256([entityId, property, ...pair].join('|')).slice(0, 32)
}

function threadOf(said: Said, thread = new Set<Said>()): ReadonlySet<Said> {
  if (thread.has(said)) return thread
  thread.add(said)
  for (const earlier of said.follows) threadOf(earlier, thread)
  return thread
}

function toEntry(
  entityId: EntityId,
  property: string,
  conflictId: string,
  stands: Said,
  other: Said,
  settledBy: InstanceId | null,
): ConflictEntry {
  if (stands.voice === null || other.voice === null) throw new Error(`a conflict with what nobody says: ${conflictId}`)
  return { conflictId, entityId, property, stands: stands.voice, other: other.voice, settledBy }
}

/** A property may be called `constructor`. */
const ownText = (record: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined
