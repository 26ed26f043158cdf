/**
 * Lists beside forms, in the encrypted store: a list may name the people of a village. Which one is in
 * use for which form version, and the bytes of those that are.
 *
 *     list_use (form_id, version, name) ─┬─► list_chunk (sha256, 64 kB each)
 *     list_pin (interview_id) ───────────┘
 *
 * LS1 a list in use is whole, and has the hash under which it is kept
 * LS2 a newer list takes the place of the one in use in the moment it is here, not before
 * LS3 what no form uses, and no interview that was begun with it, is gone
 *
 * Not here: fetching one (sync/provision.ts), and which forms can be opened (`form-shelf.ts`).
 */
import type { Sha256 } from '@murram/ground'
import type { SqliteHandle } from '@murram/rxdb-sqlite'
import { sha256 } from '@murram/seal'
import type { FormBody } from '@murram/wire'

export interface ListStore {
  readonly has: (hash: Sha256) => boolean
  readonly read: (hash: Sha256) => Uint8Array | null
  /** @returns Whether it has its hash, and is kept. */
  readonly put: (hash: Sha256, bytes: Uint8Array) => boolean
  /** By name, for this form version. */
  readonly inUse: (form: Pick<FormBody, 'formId' | 'version'>) => ReadonlyMap<string, Sha256>
  /** LS3. An interview was begun with these. */
  readonly pin: (interviewId: string, hashes: readonly Sha256[]) => void
  readonly unpin: (interviewId: string) => void
  /** Interviews that pin lists. */
  readonly pinned: () => readonly string[]
  /** LS2 LS3. What these forms name is used as far as it is here; what none of them uses goes. */
  readonly settle: (forms: readonly FormBody[]) => void
}

const CHUNK_BYTES = 64_000

export function openListStore({ connection: db }: Pick<SqliteHandle, 'connection'>): ListStore {
  db.exec(`
    CREATE TABLE IF NOT EXISTS list_use (
      form_id TEXT NOT NULL, version TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL,
      PRIMARY KEY (form_id, version, name)) STRICT;
    CREATE TABLE IF NOT EXISTS list_pin (
      interview_id TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (interview_id, sha256)) STRICT;
    CREATE TABLE IF NOT EXISTS list_chunk (
      sha256 TEXT NOT NULL, place INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (sha256, place)) STRICT`)
  const find = db.prepare<[string], { one: number }>('SELECT 1 AS one FROM list_chunk WHERE sha256 = ? LIMIT 1')
  const chunks = db.prepare<[string], { bytes: Uint8Array }>(
    'SELECT bytes FROM list_chunk WHERE sha256 = ? ORDER BY place',
  )
  const addChunk = db.prepare<[string, number, Uint8Array]>(
    'INSERT OR REPLACE INTO list_chunk (sha256, place, bytes) VALUES (?, ?, ?)',
  )
  const uses = db.prepare<[string, string], { name: string; sha256: Sha256 }>(
    'SELECT name, sha256 FROM list_use WHERE form_id = ? AND version = ?',
  )
  const allUses = db.prepare<[], { form_id: string; version: string; name: string }>(
    'SELECT form_id, version, name FROM list_use',
  )
  const addUse = db.prepare<[string, string, string, string]>(
    `INSERT INTO list_use (form_id, version, name, sha256) VALUES (?, ?, ?, ?)
     ON CONFLICT (form_id, version, name) DO UPDATE SET sha256 = excluded.sha256`,
  )
  const dropUse = db.prepare<[string, string, string]>(
    'DELETE FROM list_use WHERE form_id = ? AND version = ? AND name = ?',
  )
  const sweep = db.prepare<[]>(`
    DELETE FROM list_chunk
     WHERE sha256 NOT IN (SELECT sha256 FROM list_use) AND sha256 NOT IN (SELECT sha256 FROM list_pin)`)

  const addPin = db.prepare<[string, string]>('INSERT OR IGNORE INTO list_pin (interview_id, sha256) VALUES (?, ?)')
  const dropPins = db.prepare<[string]>('DELETE FROM list_pin WHERE interview_id = ?')
  const pinned = db.prepare<[], string>('SELECT DISTINCT interview_id FROM list_pin').pluck()

  const has = (hash: Sha256): boolean => find.get(hash) !== undefined
  const keep = db.transaction((hash: Sha256, bytes: Uint8Array) => {
    // An empty file is one chunk too, or it would not be here.
    for (let at = 0; at === 0 || at < bytes.length; at += CHUNK_BYTES)
      addChunk.run(hash, at / CHUNK_BYTES, bytes.subarray(at, at + CHUNK_BYTES))
  })
  const settle = db.transaction((forms: readonly FormBody[]) => {
    const named = new Set<string>()
    for (const { formId, version, lists = [] } of forms)
      for (const { name, sha256: hash } of lists) {
        named.add(`${formId}\n${version}\n${name}`)
        if (has(hash)) addUse.run(formId, version, name, hash)
      }
    for (const { form_id: formId, version, name } of allUses.all())
      if (!named.has(`${formId}\n${version}\n${name}`)) dropUse.run(formId, version, name)
    sweep.run()
  })
  return {
    has,
    read: hash => (has(hash) ? new Uint8Array(Buffer.concat(chunks.all(hash).map(({ bytes }) => bytes))) : null),
    put: (hash, bytes) => {
      if (sha256(bytes) !== hash) return false
      keep(hash, bytes)
      return true
    },
    inUse: ({ formId, version }) => new Map(uses.all(formId, version).map(row => [row.name, row.sha256])),
    pin: (interviewId, hashes) => {
      for (const hash of hashes) addPin.run(interviewId, hash)
    },
    unpin: interviewId => void dropPins.run(interviewId),
    pinned: () => pinned.all(),
    settle: forms => settle(forms),
  }
}
