/**
 * How bytes become text and values become bytes, the same on every machine: base64url
 * without padding for keys and signatures, deterministic CBOR (RFC 8949 §4.2) for whatever
 * is signed or hashed, because two writers of one JSON value may order its members differently.
 */
import { createHash, hash } from 'node:crypto'
import { encode } from 'cborg'
import type { Sha256 } from '@murram/ground'
import { canonicalText } from './canonical-text.ts'

export const toBase64Url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
export const fromBase64Url = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'))

/**
 * @param value Plain data: strings, finite numbers, booleans, null, arrays, objects, bytes.
 *   A member that is `undefined` is left out, as JSON does.
 */
export function canonicalBytes(value: unknown): Uint8Array {
  const text = canonicalText(value)
  return text === null ? encode(value, { ignoreUndefinedProperties: true }) : Buffer.from(text, 'latin1')
}

/** Lower-case hex. */
export const sha256 = (data: Uint8Array | string): Sha256 => hash('sha256', data, 'hex') as Sha256

/** For what is too large to hold at once: feed it in pieces, then ask once. */
export function startSha256(): { update(data: Uint8Array): void; digest(): Sha256 } {
  const state = createHash('sha256')
  return {
    update: data => void state.update(data),
    digest: () => state.digest('hex') as Sha256,
  }
}
