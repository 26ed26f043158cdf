/**
 * Ed25519 (RFC 8032) by `node:crypto`, for everything that is signed: batch heads, certificates,
 * releases, the device's answer to a challenge (docs/decisions/0037-challenge.md).
 *
 * Laws, in `signing-key.test.ts`:
 *   K1 what was signed verifies; one changed bit of key, message or signature does not
 *   K2 a signature for one purpose is none for another
 *   K3 no body whatsoever makes verifying throw
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  sign as nodeSign,
  verify as nodeVerify,
  type KeyObject,
} from 'node:crypto'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { canonicalBytes, fromBase64Url, sha256, toBase64Url } from './encoding.ts'

/** Raw 32-byte keys as base64url. `privateKey` is the seed of RFC 8032. */
export interface SigningKey {
  readonly publicKey: string
  readonly privateKey: string
}

/** `body` is what was signed; `keyId` names the public key that must verify it. */
export interface Signed<T> {
  readonly body: T
  readonly keyId: string
  readonly signature: string
}

export function createSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { d, x } = privateKey.export({ format: 'jwk' })
  if (d === undefined || x === undefined) throw new Error('an Ed25519 key without its members')
  return { publicKey: x, privateKey: d }
}

/** Another pair, the same whenever it is derived from this one for this use. */
export function deriveSigningKey(from: SigningKey, use: string): SigningKey {
  const seed = hkdfSync('sha256', fromBase64Url(from.privateKey), '', `murram signing key: ${use}`, 32)
  // The prefix of RFC 8410: an Ed25519 seed as PKCS #8.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(seed)])
  const { d, x } = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' })
  if (d === undefined || x === undefined) throw new Error('an Ed25519 key without its members')
  return { publicKey: x, privateKey: d }
}

/** 32 hex digits: half of the SHA-256 of the raw public key. A device's key id is its DeviceId. */
export const keyIdOf = (publicKey: string): string => sha256(fromBase64Url(publicKey)).slice(0, 32)

export const sign = (key: SigningKey, message: Uint8Array): string =>
  toBase64Url(new Uint8Array(nodeSign(null, message, privateObject(key))))

/** False for whatever does not verify, a key or signature of the wrong length included. */
export function verifySignature(publicKey: string, message: Uint8Array, signature: string): boolean {
  const signatureBytes = fromBase64Url(signature)
  if (signatureBytes.length !== 64 || fromBase64Url(publicKey).length !== 32) return false
  if (toBase64Url(signatureBytes) !== signature) return false // bits that no byte holds: one signature, one text
  try {
    return nodeVerify(null, message, publicObject(publicKey), signatureBytes)
  } catch {
    return false // a public key that is no point of the curve
  }
}

/**
 * @param purpose Separates domains: a certificate can never be passed off as a release.
 */
export function signDocument<T>(key: SigningKey, purpose: string, body: T): Signed<T> {
  return { body, keyId: keyIdOf(key.publicKey), signature: sign(key, signedBytes(purpose, body)) }
}

export function verifyDocument<T>(
  publicKey: string,
  purpose: string,
  signed: Signed<T>,
): Result<T, FaultOf<'sync.bad-signature'>> {
  if (signed.keyId !== keyIdOf(publicKey)) return err(fault('sync.bad-signature', `${purpose}: signed by another key`))
  const bytes = bytesOrNone(purpose, signed.body)
  return bytes !== null && verifySignature(publicKey, bytes, signed.signature)
    ? ok(signed.body)
    : err(fault('sync.bad-signature', purpose))
}

/** What cannot be written as bytes, as data that is nested without end, nobody signed. */
function bytesOrNone(purpose: string, body: unknown): Uint8Array | null {
  try {
    return signedBytes(purpose, body)
  } catch {
    return null
  }
}

const signedBytes = (purpose: string, body: unknown): Uint8Array => canonicalBytes(['murram', purpose, body])

const privateObject = (key: SigningKey): KeyObject =>
  createPrivateKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', d: key.privateKey, x: key.publicKey } })

const publicObject = (publicKey: string): KeyObject =>
  createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: publicKey } })
