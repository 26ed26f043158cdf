/**
 * A SQLite connection whose every page is encrypted and authenticated (AEGIS-256, the fastest
 * of the ciphers where the processor has AES), set so that what it acknowledges is on the
 * disk and nothing of it ever is in the clear:
 *
 *   WAL, synchronous FULL    an acknowledged write survives a power cut
 *   temp_store memory        the default sorts into plain temporary files
 *   no mmap                  mapped pages would bypass the cipher
 *   secure_delete            what is deleted is overwritten
 *
 * Never `serialize()` (returns plain bytes) and never `backup()`: copy-encrypted.ts.
 */
import Database from 'better-sqlite3'

const KEY_BYTES = 32

/** Suits rows of 1 to 2 kB; settled at creation. */
export const PAGE_BYTES = 8192

export function ensureKeyLength(key: Uint8Array): void {
  if (key.length !== KEY_BYTES) throw new Error(`a store key has ${KEY_BYTES} bytes, not ${key.length}`)
}

/** As SQLite wants a key that needs no derivation. */
export const rawKey = (key: Uint8Array): string => `'raw:${Buffer.from(key).toString('hex')}'`

export interface ConnectOptions {
  readonly mustExist: boolean
  /** Reads a file that is shorter than it says of itself. For a salvage only. */
  readonly evenCutOff?: boolean
}

/** A wrong key or a changed first page throws SQLITE_NOTADB here, not later. */
export function connectEncrypted(path: string, key: Uint8Array, options: ConnectOptions): Database.Database {
  ensureKeyLength(key)
  const db = new Database(path, { fileMustExist: options.mustExist, timeout: 0 })
  try {
    // Cipher and key come before whatever touches the file.
    db.pragma("cipher = 'aegis'")
    db.pragma(`key = ${rawKey(key)}`)
    if (options.evenCutOff === true) db.unsafeMode().pragma('writable_schema = ON')
    db.pragma('temp_store = MEMORY')
    db.pragma('mmap_size = 0')
    db.pragma(`page_size = ${PAGE_BYTES}`)
    db.pragma('locking_mode = EXCLUSIVE')
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma('secure_delete = ON')
    if (process.platform === 'darwin') db.pragma('checkpoint_fullfsync = ON')
    db.prepare('SELECT COUNT(*) FROM sqlite_schema').get()
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

const PLAIN_HEADER = 'SQLite format 3\0'

/** The guard against a store that was, by whatever mistake, written without its cipher. */
export const isPlainHeader = (firstBytes: Uint8Array): boolean =>
  Buffer.from(firstBytes.subarray(0, 16)).toString('latin1') === PLAIN_HEADER
