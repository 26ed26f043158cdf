/**
 * The witness: what the officers' screens called saved, written down outside of agents and
 * collector, each line on the disk before the next interview begins.
 *
 * At the end PostgreSQL must yield exactly this multiset of digests. Counts are not compared
 * with counts: one interview lost and one doubled would cancel out.
 *
 * The digest is made here, by its own few lines, not by the code that it is to watch over.
 */
import { createHash } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export interface LedgerEntry {
  readonly instanceId: string
  /** SHA-256 over the sorted [ref, answer] pairs, hex. */
  readonly digest: string
}

export const digestOfAnswers = (answers: Readonly<Record<string, string>>): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(answers).sort(([a], [b]) => (a < b ? -1 : 1))))
    .digest('hex')

/** One writer a file; `write` returns when the line is on the disk. */
export function openLedger(file: string): { write(entry: LedgerEntry): void; close(): void } {
  const handle = openSync(file, 'a', 0o600)
  return {
    write: ({ instanceId, digest }) => {
      writeSync(handle, `${instanceId} ${digest}\n`)
      fsyncSync(handle)
    },
    close: () => closeSync(handle),
  }
}

/** All ledgers of a folder. A torn last line (the witness was killed) is no entry. */
export function readLedgers(folder: string): readonly LedgerEntry[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter(name => name.endsWith('.ledger'))
    .flatMap(name => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1))
    .map(line => {
      const [instanceId = '', digest = ''] = line.split(' ')
      return { instanceId, digest }
    })
}

export interface Verdict {
  /** In the ledger and not in the database. */
  readonly lost: readonly LedgerEntry[]
  /** In the database more often than in the ledger. */
  readonly duplicated: readonly LedgerEntry[]
}

/** Compares two multisets of digests. */
export function compareMultisets(ledger: readonly LedgerEntry[], database: readonly LedgerEntry[]): Verdict {
  const left = new Map<string, LedgerEntry[]>()
  for (const entry of ledger) left.set(entry.digest, [...(left.get(entry.digest) ?? []), entry])
  const duplicated: LedgerEntry[] = []
  for (const entry of database) {
    const waiting = left.get(entry.digest)
    if (waiting === undefined || waiting.length === 0) duplicated.push(entry)
    else waiting.pop()
  }
  return { lost: [...left.values()].flat(), duplicated }
}
