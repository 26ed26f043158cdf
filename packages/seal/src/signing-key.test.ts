import fc from 'fast-check'
import nacl from 'tweetnacl'
import { expect, test } from 'vitest'
import { answerChallenge, newNonce, verifyChallenge } from './device-challenge.ts'
import { canonicalBytes, fromBase64Url, toBase64Url } from './encoding.ts'
import { createSigningKey, keyIdOf, sign, signDocument, verifyDocument, verifySignature } from './signing-key.ts'

const key = createSigningKey()
const other = createSigningKey()

const flip = (text: string, bit: number): string => {
  const bytes = fromBase64Url(text)
  const at = bit % (bytes.length * 8)
  bytes[at >> 3] = (bytes[at >> 3] ?? 0) ^ (1 << (at & 7))
  return toBase64Url(bytes)
}

test('K1 what was signed verifies, and one changed bit of message or signature does not', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(), (message, bit) => {
      const signature = sign(key, message)
      expect(verifySignature(key.publicKey, message, signature)).toBe(true)
      expect(verifySignature(key.publicKey, message, flip(signature, bit))).toBe(false)
      expect(verifySignature(key.publicKey, fromBase64Url(flip(toBase64Url(message), bit)), signature)).toBe(false)
      expect(verifySignature(other.publicKey, message, signature)).toBe(false)
    }),
    { numRuns: 50 },
  )
})

test('K1 a key or signature of the wrong length is refused, not thrown', () => {
  expect(verifySignature('AAAA', new Uint8Array(3), 'AAAA')).toBe(false)
  expect(verifySignature(key.publicKey, new Uint8Array(3), '')).toBe(false)
})

test('K2 a signature for one purpose is none for another, and the order of members does not matter', () => {
  const signed = signDocument(key, 'release', { counter: 3, name: 'a', left: undefined })
  expect(verifyDocument(key.publicKey, 'release', { ...signed, body: { name: 'a', counter: 3 } }).ok).toBe(true)
  expect(verifyDocument(key.publicKey, 'device-certificate', signed)).toMatchObject({ ok: false })
  expect(verifyDocument(other.publicKey, 'release', signed)).toMatchObject({ ok: false })
  expect(verifyDocument(key.publicKey, 'release', { ...signed, body: { ...signed.body, counter: 4 } }).ok).toBe(false)
})

test('K3 what is nested without end, or no data at all, is signed by nobody', () => {
  const { keyId, signature } = signDocument(key, 'release', 1)
  const deep = JSON.parse(`${'['.repeat(50_000)}1${']'.repeat(50_000)}`) as unknown
  for (const body of [deep, { a: deep }, () => 1, 2n ** 70n, new Date(0)])
    expect(verifyDocument(key.publicKey, 'release', { body, keyId, signature })).toMatchObject({ ok: false })
})

test('answers of builds that signed with tweetnacl count, and they are told the same', () => {
  const challenge = { nonce: newNonce(), projectId: 'demo', collectorId: keyIdOf(other.publicKey), serverTimeMs: 5 }
  const bytes = canonicalBytes(['murram', 'device-challenge', ...Object.values(challenge)])
  const { secretKey } = nacl.sign.keyPair.fromSeed(fromBase64Url(key.privateKey))
  const theirs = toBase64Url(nacl.sign.detached(bytes, secretKey))
  expect(verifyChallenge(key.publicKey, challenge, theirs)).toBe(true)
  expect(answerChallenge(key, challenge)).toBe(theirs)
})

test('a challenge answered for one collector or one moment is worth nothing for another', () => {
  const challenge = { nonce: newNonce(), projectId: 'demo', collectorId: keyIdOf(other.publicKey), serverTimeMs: 5 }
  const answer = answerChallenge(key, challenge)
  expect(verifyChallenge(key.publicKey, challenge, answer)).toBe(true)
  expect(verifyChallenge(key.publicKey, { ...challenge, serverTimeMs: 6 }, answer)).toBe(false)
  expect(verifyChallenge(key.publicKey, { ...challenge, collectorId: 'x' }, answer)).toBe(false)
  expect(verifyChallenge(other.publicKey, challenge, answer)).toBe(false)
  expect(verifyChallenge(key.publicKey, challenge, 'short')).toBe(false)
})
