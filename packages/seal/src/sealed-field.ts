/**
 * A field that only the project can read: the device writes it to the project's public box
 * key and cannot open it again (X25519, XSalsa20-Poly1305, by tweetnacl). Each text has an
 * ephemeral key of its own, so that equal answers do not look equal.
 *
 * Layout, base64url: 32 bytes ephemeral public key · 24 bytes nonce · box.
 */
import nacl from 'tweetnacl'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { fromBase64Url, toBase64Url } from './encoding.ts'

/** Raw 32-byte keys as base64url. */
export interface BoxKey {
  readonly publicKey: string
  readonly privateKey: string
}

export function createBoxKey(): BoxKey {
  const { publicKey, secretKey } = nacl.box.keyPair()
  return { publicKey: toBase64Url(publicKey), privateKey: toBase64Url(secretKey) }
}

/** The pair again, where only its secret half was kept. */
export function boxKeyOfPrivate(privateKey: string): BoxKey {
  const { publicKey } = nacl.box.keyPair.fromSecretKey(fromBase64Url(privateKey))
  return { publicKey: toBase64Url(publicKey), privateKey }
}

export function sealField(boxPublicKey: string, text: string): string {
  const ephemeral = nacl.box.keyPair()
  const nonce = nacl.randomBytes(nacl.box.nonceLength)
  const box = nacl.box(new TextEncoder().encode(text), nonce, fromBase64Url(boxPublicKey), ephemeral.secretKey)
  return toBase64Url(Buffer.concat([ephemeral.publicKey, nonce, box]))
}

/** How a text begins that is sealed to find out whether somebody can open it: nothing else is opened for a stranger. */
export const RECOVERY_PROBE = 'murram recovery probe 1 '

export function openField(key: BoxKey, sealed: string): Result<string, FaultOf<'store.wrong-key'>> {
  const bytes = fromBase64Url(sealed)
  const publicLength = nacl.box.publicKeyLength
  const nonceEnd = publicLength + nacl.box.nonceLength
  if (bytes.length < nonceEnd + nacl.box.overheadLength)
    return err(fault('store.wrong-key', 'a sealed field is too short'))
  const opened = nacl.box.open(
    bytes.subarray(nonceEnd),
    bytes.subarray(publicLength, nonceEnd),
    bytes.subarray(0, publicLength),
    fromBase64Url(key.privateKey),
  )
  return opened === null ? err(fault('store.wrong-key', 'a sealed field')) : ok(new TextDecoder().decode(opened))
}
