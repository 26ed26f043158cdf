/**
 * What must outlive the database: a line for each thing that people at the centre decided, in
 * a file outside of it and of its backups, on the disk before anybody is told that it was done.
 *
 *     1 <16 hex of SHA-256> {"kind":…,"key":…,"atMs":…,"body":…}
 *
 * Each collector writes one file of its own; those of several may lie in one folder.
 *
 * Laws, in `journal.test.ts`:
 *   J1 what was kept is read back, after a kill at any byte of the line that was being written
 *   J2 a key is kept once
 *   J3 a line that was changed is named and passed over; those around it are read
 *
 * Not here: what a line does to the database (`replay.ts`).
 */
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { ftruncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { z } from 'zod'

const Entry = z.object({ kind: z.string(), key: z.string(), atMs: z.number(), body: z.unknown() })
export type JournalEntry = Readonly<z.infer<typeof Entry>>

export interface ReadJournal {
  readonly name: string
  readonly entries: readonly JournalEntry[]
  /** Numbers of lines that cannot be read, from 1. */
  readonly damaged: readonly number[]
}

type Unwritable = FaultOf<'journal.unwritable'>

export interface Kept {
  readonly key: string
  readonly body: unknown
}

export interface Journal {
  readonly folder: string
  /** Returns when it is on the disk. J2: a key that was kept is not kept again. */
  readonly keep: (kind: string, key: string, body: unknown) => Result<void, Unwritable>
  /** Many of a kind, in one write: on the disk when it returns. */
  readonly keepAll: (kind: string, those: readonly Kept[]) => Result<void, Unwritable>
  readonly has: (kind: string, key: string) => boolean
  /** This collector's and every other one in the folder. */
  readonly readAll: () => readonly ReadJournal[]
  readonly close: () => void
}

export interface JournalOptions {
  readonly folder: string
  /** Holds the name of this collector's file, so that it stays the same. */
  readonly dataDir: string
  readonly now: () => number
}

const FORMAT = '1'
const ENDING = '.journal'

export function openJournal({ folder, dataDir, now }: JournalOptions): Result<Journal, Unwritable> {
  try {
    makeFolder(folder)
    const name = nameOf(dataDir)
    const file = join(folder, name)
    const handle = openSync(file, 'a+', 0o600)
    const whole = readFileSync(file)
    const lastEnd = whole.lastIndexOf(10) + 1
    if (lastEnd < whole.length) ftruncateSync(handle, lastEnd) // J1: a line that nobody was told of
    const kept = new Set(readJournal(file, name).entries.map(({ kind, key }) => `${kind}\n${key}`))
    syncFolder(folder)
    const keepAll: Journal['keepAll'] = (kind, those) => {
      const fresh = new Map(those.map(one => [`${kind}\n${one.key}`, one] as const).filter(([name]) => !kept.has(name)))
      if (fresh.size === 0) return ok(undefined)
      try {
        const atMs = now()
        writeLines(handle, [...fresh.values()].map(({ key, body }) => lineOf({ kind, key, atMs, body })).join(''))
        for (const name of fresh.keys()) kept.add(name)
        return ok(undefined)
      } catch (cause) {
        return unwritable(folder, cause)
      }
    }
    return ok({
      folder,
      has: (kind, key) => kept.has(`${kind}\n${key}`),
      keep: (kind, key, body) => keepAll(kind, [{ key, body }]),
      keepAll,
      readAll: () =>
        readdirSync(folder)
          .filter(other => other.endsWith(ENDING))
          .sort()
          .map(other => readJournal(join(folder, other), other)),
      close: () => closeSync(handle),
    })
  } catch (cause) {
    return unwritable(folder, cause)
  }
}

/** A line that goes only halfway is taken back: the next one must not be joined to it. */
function writeLines(handle: number, lines: string): void {
  const bytes = Buffer.from(lines)
  let written = 0
  try {
    while (written < bytes.length) written += writeSync(handle, bytes, written)
    fsyncSync(handle)
  } catch (cause) {
    if (written > 0 && written < bytes.length) writeSync(handle, '\n')
    throw cause
  }
}

export const lineOf = (entry: JournalEntry): string => {
  const json = JSON.stringify(entry)
  return `${FORMAT} ${checksumOf(json)} ${json}\n`
}

const checksumOf = (json: string): string => createHash('sha256').update(json).digest('hex').slice(0, 16)

export function readJournal(file: string, name: string): ReadJournal {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  const damaged: number[] = []
  const entries = lines.flatMap((line, i): readonly JournalEntry[] => {
    const entry = readLine(line)
    if (entry === undefined) damaged.push(i + 1)
    return entry === undefined ? [] : [entry]
  })
  return { name, entries, damaged }
}

function readLine(line: string): JournalEntry | undefined {
  const [, format, checksum, json] = /^(\d+) ([0-9a-f]{16}) (.*)$/s.exec(line) ?? []
  if (format !== FORMAT || json === undefined || checksumOf(json) !== checksum) return undefined
  try {
    return Entry.parse(JSON.parse(json))
  } catch {
    return undefined
  }
}

/** New with each data folder, and kept there. */
function nameOf(dataDir: string): string {
  const file = join(dataDir, 'journal-name')
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(6).toString('hex')}${ENDING}`, { flush: true })
  return readFileSync(file, 'utf8').trim()
}

function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

const unwritable = (folder: string, cause: unknown): Result<never, Unwritable> =>
  err(fault('journal.unwritable', `${folder}: ${cause instanceof Error ? cause.message : String(cause)}`))
