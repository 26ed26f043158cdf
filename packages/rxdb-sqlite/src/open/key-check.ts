/**
 * The small file beside a store that knows whether a key is the right one: `store.sqlite.key-check`.
 *
 * SQLite answers a wrong key and a changed first page alike (SQLITE_NOTADB). The file holds
 * HMAC-SHA256(key, salt) of the key, which tells nothing about the key and tells the two apart:
 *
 *     check verifies, SQLite cannot read  →  damaged
 *     check does not verify               →  wrong key, and the store was not even opened
 *
 * `begun` is written before the store is made and becomes `made` once it is on the disk: a
 * store that is missing or empty after `made` was lost, and is not quietly made anew.
 * While a re-key is under way there are two checks.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

export interface KeyCheck {
  readonly state: 'begun' | 'made'
  readonly checks: readonly { readonly salt: string; readonly mac: string }[]
}

export const keyCheckPath = (storePath: string): string => `${storePath}.key-check`

const PURPOSE = 'rxdb-sqlite key check 1'

const macOf = (key: Uint8Array, salt: Uint8Array): Buffer =>
  createHmac('sha256', key).update(PURPOSE).update(salt).digest()

export function checkOf(key: Uint8Array): KeyCheck['checks'][number] {
  const salt = randomBytes(16)
  return { salt: salt.toString('hex'), mac: macOf(key, salt).toString('hex') }
}

export const verifiesKey = ({ checks }: KeyCheck, key: Uint8Array): boolean =>
  checks.some(({ salt, mac }) => {
    const known = Buffer.from(mac, 'hex')
    const own = macOf(key, Buffer.from(salt, 'hex'))
    return known.length === own.length && timingSafeEqual(known, own)
  })

/** @returns `missing`, or `unreadable` where the file was changed: then SQLite alone decides. */
export function readKeyCheck(storePath: string): KeyCheck | 'missing' | 'unreadable' {
  let text: string
  try {
    text = readFileSync(keyCheckPath(storePath), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'missing'
    throw error
  }
  try {
    const { sum, ...value } = JSON.parse(text) as { readonly sum?: unknown }
    return isKeyCheck(value) && sum === sumOf(value) ? value : 'unreadable'
  } catch {
    return 'unreadable'
  }
}

/** A changed byte in here must not look like a wrong key. */
const sumOf = ({ state, checks }: KeyCheck): string =>
  createHash('sha256')
    .update(JSON.stringify([PURPOSE, state, checks.map(({ salt, mac }) => [salt, mac])]))
    .digest('hex')

function isKeyCheck(value: unknown): value is KeyCheck {
  const { state, checks } = (value ?? {}) as Partial<KeyCheck>
  return (
    (state === 'begun' || state === 'made') &&
    Array.isArray(checks) &&
    checks.length > 0 &&
    checks.every(
      (check: unknown) =>
        typeof (check as { salt?: unknown })?.salt === 'string' && typeof (check as { mac?: unknown }).mac === 'string',
    )
  )
}

/** All of it or nothing, and on the disk when this returns. */
export function writeKeyCheck(storePath: string, check: KeyCheck): void {
  const path = keyCheckPath(storePath)
  const file = openSync(`${path}.new`, 'w', 0o600)
  try {
    writeSync(file, `${JSON.stringify({ format: 1, ...check, sum: sumOf(check) })}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(`${path}.new`, path)
  syncDirectory(dirname(path))
}

/** A new name in a directory lasts only once the directory is on the disk. Windows has no such call. */
export function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

export function syncFile(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
