/**
 * A device's signing key as a box key, so that a file can be sealed to a device that was
 * enrolled with one key only: the map from Ed25519 to X25519 of RFC 7748 §4.1.
 *
 *     public   u = (1 + y) / (1 - y)  mod 2^255 - 19
 *     private  the first half of SHA-512(seed), as Ed25519 itself uses it
 *
 * Law, in `device-box.test.ts`: X1 both halves of a pair arrive at one pair again
 *
 * Why one key for both: the certificate of a device names one key, and laptops that are in the
 * field would have to enrol again for a second. Signing and opening use different domains.
 */
import { createHash } from 'node:crypto'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { fromBase64Url, toBase64Url } from './encoding.ts'
import type { BoxKey } from './sealed-field.ts'
import type { SigningKey } from './signing-key.ts'

const P = 2n ** 255n - 19n

/** Fails for bytes that are no useful point: nobody could be meant by them. */
export function boxPublicKeyOf(signingPublicKey: string): Result<string, FaultOf<'sync.bad-signature'>> {
  const bytes = Buffer.from(fromBase64Url(signingPublicKey))
  if (bytes.length !== 32) return err(fault('sync.bad-signature', 'a key of another length'))
  bytes[31] = (bytes[31] ?? 0) & 0x7f // the sign of x, which the map does not use
  const y = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
  if (y >= P || y === 1n || y === 0n || y === P - 1n) return err(fault('sync.bad-signature', 'no public key'))
  const u = ((1n + y) * power(P + 1n - y, P - 2n)) % P
  return ok(toBase64Url(Buffer.from(u.toString(16).padStart(64, '0'), 'hex').reverse()))
}

export function boxKeyOf(signing: SigningKey): BoxKey {
  const publicKey = boxPublicKeyOf(signing.publicKey)
  if (!publicKey.ok) throw new Error('a signing key that is no point')
  const scalar = createHash('sha512').update(fromBase64Url(signing.privateKey)).digest().subarray(0, 32)
  scalar[0] = (scalar[0] ?? 0) & 248
  scalar[31] = ((scalar[31] ?? 0) & 127) | 64
  return { publicKey: publicKey.value, privateKey: toBase64Url(scalar) }
}

/** Of a public value only: its time says nothing that is secret. */
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let [b, e] = [base % P, exponent]; e > 0n; e >>= 1n) {
    if ((e & 1n) === 1n) result = (result * b) % P
    b = (b * b) % P
  }
  return result
}
