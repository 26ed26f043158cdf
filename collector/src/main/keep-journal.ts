/**
 * The journal plugged into the house: replayed where a restore left something to do, then kept
 * up to date: before the answer to whatever a person changes, and every few looks, for what
 * other collectors and runs of training decided.
 */
import { join } from 'node:path'
import { fault, ok, type Fault, type Result } from '@murram/ground'
import type { Logger } from 'pino'
import { reasonOf, type ReadDb, type WriteDb } from '../db/handles.ts'
import { openJournal } from '../journal/journal.ts'
import { journalKinds, type KindDeps } from '../journal/kinds.ts'
import { catchUp, replayJournals } from '../journal/replay.ts'
import { addReplay, findRecovery, replaysOf } from '../recovering/recovery-repo.ts'

export interface KeepJournalDeps extends KindDeps {
  readonly read: ReadDb
  readonly write: WriteDb
  readonly dataDir: string
  /** `journal` in the data folder unless told; best on another disk than the database. */
  readonly folder?: string
  readonly epoch: number
  /** Something was kept: it is noted outside the database that it was there. */
  readonly noteOutside: () => Promise<void>
  readonly now: () => number
  readonly log: Logger
}

export interface KeptJournal {
  /** What has changed in the database is in the journal when this returns. */
  readonly remember: () => Promise<Result<void, Fault>>
  readonly look: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Looks come every 2 s; what they find was done elsewhere and stands in the journal there. */
const LOOKS = 10

export async function keepJournal(deps: KeepJournalDeps): Promise<Result<KeptJournal, Fault>> {
  const { read, write, dataDir, epoch, now, log } = deps
  const folder = deps.folder ?? join(dataDir, 'journal')
  const opened = openJournal({ folder, dataDir, now })
  if (!opened.ok) return opened
  const journal = opened.value
  const kinds = journalKinds(deps)

  if ((await findRecovery(read, epoch)) !== undefined) {
    const done = new Set((await replaysOf(write, epoch)).map(row => row.journal))
    await replayJournals(
      { write, journal, kinds: journalKinds(deps) }, // those of below begin to read at the start
      async name => done.has(name),
      async ({ name, counts, failures }) => {
        await addReplay(write, { epoch, journal: name, atMs: now(), counts, failures })
        log.warn({ journal: name, counts, failures: failures.length }, 'a journal was replayed after a restore')
      },
    )
  }

  let working: Promise<Result<void, Fault>> = Promise.resolve(ok(undefined))
  /** One after the other; whoever asks while one is under way gets one that began later. */
  const remember = () => {
    working = working.then(async () => {
      try {
        const added = await catchUp(journal, kinds)
        if (added > 0) await deps.noteOutside()
        return ok(undefined)
      } catch (cause) {
        log.error({ reason: reasonOf(cause) }, 'the journal was not written')
        return { ok: false, error: fault('journal.unwritable', reasonOf(cause)) } as const
      }
    })
    return working
  }
  const first = await remember()
  if (!first.ok) {
    journal.close()
    return first
  }
  let looks = 0
  return ok({
    remember,
    look: async () => {
      looks += 1
      if (looks % LOOKS === 0) await remember()
    },
    close: async () => {
      await remember()
      journal.close()
    },
  })
}
