/**
 * Journals and database brought together at start. After a restore the database takes from
 * the journals what it lacks; at every start this collector's journal takes from the database
 * what it lacks (a crash between the two, or what another collector decided).
 *
 * RP1 what the database has is not done again: replaying twice changes nothing
 * RP2 what cannot be done is named in the report, and stops nothing else
 */
import { inTurn } from '../db/advisory-lock.ts'
import { reasonOf, type WriteDb } from '../db/handles.ts'
import type { Journal, JournalEntry, Kept, ReadJournal } from './journal.ts'

export interface JournalKind {
  readonly kind: string
  /** What the database has, by key, and how to get what the journal would keep of it. */
  readonly known: () => Promise<ReadonlyMap<string, () => Promise<unknown>>>
  /** Throws, or says, why it cannot be. */
  readonly replay: (body: unknown) => Promise<undefined | string>
}

export interface KindCount {
  /** Lacking in the database, and there again. */
  replayed: number
  known: number
  failed: number
}

export interface ReplayDone {
  readonly name: string
  readonly counts: Readonly<Record<string, KindCount>>
  readonly failures: readonly string[]
}

const MAX_FAILURES = 200

/** @param isDone Whether a journal was replayed in this epoch already. */
export async function replayJournals(
  deps: { readonly write: WriteDb; readonly journal: Pick<Journal, 'readAll'>; readonly kinds: readonly JournalKind[] },
  isDone: (name: string) => Promise<boolean>,
  report: (done: ReplayDone) => Promise<void>,
): Promise<void> {
  const { write, journal, kinds } = deps
  await inTurn(write, 'replay', async () => {
    for (const read of journal.readAll()) {
      if (await isDone(read.name)) continue
      await report(await replayOne(read, kinds))
    }
  })
}

async function replayOne(read: ReadJournal, kinds: readonly JournalKind[]): Promise<ReplayDone> {
  const counts: Record<string, KindCount> = {}
  const failures = read.damaged.map(line => `line ${line} cannot be read`)
  // Kind by kind, each in the order in which it was kept: forms before what was decided with them.
  for (const kind of kinds) {
    const mine = read.entries.filter(entry => entry.kind === kind.kind)
    if (mine.length === 0) continue
    const known = new Set((await kind.known()).keys())
    const count: KindCount = { replayed: 0, known: 0, failed: 0 }
    counts[kind.kind] = count
    for (const entry of mine) {
      const why = known.has(entry.key) ? null : await tryReplay(kind, entry)
      if (why === null) count.known += 1
      else if (why === undefined) {
        count.replayed += 1
        known.add(entry.key) // a line that was written twice, after a disk that was full
      } else {
        count.failed += 1
        failures.push(`${entry.kind} ${entry.key}: ${why}`)
      }
    }
  }
  const strange = new Set(read.entries.map(({ kind }) => kind).filter(name => kinds.every(({ kind }) => kind !== name)))
  for (const name of strange) failures.push(`${name}: this version of Murram knows no such thing`)
  return { name: read.name, counts, failures: failures.slice(0, MAX_FAILURES) }
}

/** RP2 */
const tryReplay = (kind: JournalKind, { body }: JournalEntry): Promise<string | undefined> =>
  kind.replay(body).catch((cause: unknown) => reasonOf(cause))

/** @returns How many lines were added. Throws what the disk says. */
export async function catchUp(journal: Journal, kinds: readonly JournalKind[]): Promise<number> {
  let added = 0
  for (const { kind, known } of kinds) {
    let waiting: Kept[] = []
    const write = () => {
      const kept = journal.keepAll(kind, waiting)
      if (!kept.ok) throw new Error(kept.error.detail)
      added += waiting.length
      waiting = []
    }
    for (const [key, body] of await known()) {
      if (journal.has(kind, key)) continue
      waiting.push({ key, body: await body() })
      if (waiting.length === AT_ONCE) write()
    }
    write()
  }
  return added
}

/** Lines in one write: each may hold a form with its pictures. */
const AT_ONCE = 100
