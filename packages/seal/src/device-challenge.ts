/**
 * How a device proves at each session that it holds its key: the collector sends 32 fresh
 * bytes, the device signs them together with who asks and when.
 *
 * Why the names and the time are inside: an answer recorded on one collector is worth
 * nothing on another, nor on the same one later.
 */
import { randomBytes } from 'node:crypto'
import { canonicalBytes, toBase64Url } from './encoding.ts'
import { sign, verifySignature, type SigningKey } from './signing-key.ts'

export interface Challenge {
  /** 32 random bytes as base64url. */
  readonly nonce: string
  readonly projectId: string
  readonly collectorId: string
  readonly serverTimeMs: number
}

export const newNonce = (): string => toBase64Url(randomBytes(32))

export const answerChallenge = (deviceKey: SigningKey, challenge: Challenge): string =>
  sign(deviceKey, challengeBytes(challenge))

export const verifyChallenge = (publicKey: string, challenge: Challenge, answer: string): boolean =>
  verifySignature(publicKey, challengeBytes(challenge), answer)

const challengeBytes = (challenge: Challenge): Uint8Array =>
  canonicalBytes([
    'murram',
    'device-challenge',
    challenge.nonce,
    challenge.projectId,
    challenge.collectorId,
    challenge.serverTimeMs,
  ])
