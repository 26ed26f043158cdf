/**
 * One digest for a submission that survives the erasure of single answers.
 *
 *     seed ──AES-CTR──► salt₁ salt₂ salt₃ …      one a ref, in sorted order
 *     leafᵢ  = SHA-256(saltᵢ ‖ ref ‖ 0 ‖ answer)
 *     digest = SHA-256(header ‖ leaf₁ ‖ leaf₂ ‖ …)
 *
 * To erase one answer (a person's right) the collector replaces the seed by the other
 * salts and keeps that one leaf: the digest still verifies, and without its salt the leaf
 * cannot be guessed, however few values the question allows.
 *
 * Laws, in `answers-digest.test.ts`:
 *   D1 the order of members does not matter    D2 one changed ref, answer, header or seed does
 *   D3 a leaf in place of its answer gives the same digest
 *
 * Why AES-CTR and not one HMAC a salt: sixty salts in one call.
 */
import { createCipheriv, createSecretKey, hash, randomBytes } from 'node:crypto'
import type { Sha256 } from '@murram/ground'
import { canonicalBytes } from './encoding.ts'

export const SALT_BYTES = 16

/** The seed that stands in the submission: 16 random bytes. */
export const newSalt = (): Uint8Array => new Uint8Array(randomBytes(SALT_BYTES))

export interface DigestInput {
  readonly salt: Uint8Array
  /** What else the digest covers; plain data. */
  readonly header: unknown
  /** XForm string values by ref. */
  readonly answers: Readonly<Record<string, string>>
}

export const answersDigest = ({ salt, header, answers }: DigestInput): Sha256 =>
  digestOf(header, Buffer.from(hashLeaves(salt, Object.keys(answers).sort(), answers).join(''), 'latin1'))

/** Sorted by ref. What a collector keeps of an answer that it erases. */
export function leavesOf(
  salt: Uint8Array,
  answers: Readonly<Record<string, string>>,
): readonly (readonly [ref: string, leafHex: string])[] {
  const refs = Object.keys(answers).sort()
  const leaves = hashLeaves(salt, refs, answers)
  return refs.map((ref, i) => [ref, Buffer.from(leaves[i] ?? '', 'latin1').toString('hex')] as const)
}

/** A character a byte: of all that a hash may be given as, this is made fastest, and sixty of them are needed. */
function hashLeaves(seed: Uint8Array, refs: readonly string[], answers: Readonly<Record<string, string>>): string[] {
  const salts = saltsFor(seed, refs.length)
  const text = refs.reduce((all, ref) => `${all}${ROOM_FOR_SALT}${ref}\0${answers[ref] ?? ''}`, '')
  // One write for all preimages: sixty small writes cost more than their hashes.
  const bytes = Buffer.from(text)
  const isAscii = bytes.length === text.length
  let end = 0
  return refs.map((ref, i) => {
    const start = end
    const answer = answers[ref] ?? ''
    end += SALT_BYTES + 1 + (isAscii ? ref.length + answer.length : Buffer.byteLength(ref) + Buffer.byteLength(answer))
    for (let j = 0; j < SALT_BYTES; j += 1) bytes[start + j] = salts[i * SALT_BYTES + j] as number
    return hash('sha256', bytes.subarray(start, end), 'binary')
  })
}

const ROOM_FOR_SALT = '\0'.repeat(SALT_BYTES)

/** @param leaves In the order of their refs. */
export const digestOfLeaves = (header: unknown, leaves: readonly string[]): Sha256 =>
  digestOf(header, Buffer.from(leaves.join(''), 'hex'))

const digestOf = (header: unknown, leaves: Uint8Array): Sha256 =>
  hash('sha256', Buffer.concat([canonicalBytes(header), leaves]), 'hex') as Sha256

const saltsFor = (seed: Uint8Array, count: number): Buffer => {
  if (seed.length !== SALT_BYTES) throw new Error(`a salt of ${seed.length} bytes, not ${SALT_BYTES}`)
  // A key of plain bytes is taken for several other things first: four times as slow.
  const key = createSecretKey(seed)
  return createCipheriv('aes-128-ctr', key, FIRST_BLOCK).update(Buffer.alloc(count * SALT_BYTES))
}

const FIRST_BLOCK = Buffer.alloc(SALT_BYTES)

/**
 * The next head of a device's hash chain: each batch carries its signed head, so that one
 * signature covers everything the store ever queued. The chain begins with `''`.
 */
export const chainHead = (previousHex: string, digestHex: string): string =>
  hash('sha256', Buffer.from(previousHex + digestHex, 'hex'), 'hex')
