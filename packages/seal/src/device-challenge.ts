/**
 * How a device proves at each session that it holds its key: the collector sends 32 fresh
 * bytes, the device signs them together with who asks and when.
 *
 * Why the names and the time are inside: an answer recorded on one collector is worth
 * nothing on another, nor on the same one later.
 */
import nacl from 'tweetnacl'
import { canonicalBytes, fromBase64Url, toBase64Url } from './encoding.ts'
import type { SigningKey } from './signing-key.ts'

export interface Challenge {
  /** 32 random bytes as base64url. */
  readonly nonce: string
  readonly projectId: string
  readonly collectorId: string
  readonly serverTimeMs: number
}

export const newNonce = (): string => toBase64Url(nacl.randomBytes(32))

export function answerChallenge(deviceKey: SigningKey, challenge: Challenge): string {
  const pair = nacl.sign.keyPair.fromSeed(fromBase64Url(deviceKey.privateKey))
  return toBase64Url(nacl.sign.detached(challengeBytes(challenge), pair.secretKey))
}

export function verifyChallenge(publicKey: string, challenge: Challenge, answer: string): boolean {
  const signature = fromBase64Url(answer)
  const key = fromBase64Url(publicKey)
  if (signature.length !== nacl.sign.signatureLength || key.length !== nacl.sign.publicKeyLength) return false
  return nacl.sign.detached.verify(challengeBytes(challenge), signature, key)
}

const challengeBytes = (challenge: Challenge): Uint8Array =>
  canonicalBytes([
    'murram',
    'device-challenge',
    challenge.nonce,
    challenge.projectId,
    challenge.collectorId,
    challenge.serverTimeMs,
  ])
