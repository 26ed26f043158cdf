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

export function answersDigest({ salt, header, answers }: DigestInput): Sha256 {
  return digestOfLeaves(
    header,
    leavesOf(salt, answers).map(([, leaf]) => leaf),
  )
}

/** Sorted by ref. What a collector keeps of an answer that it erases. */
export function leavesOf(
  salt: Uint8Array,
  answers: Readonly<Record<string, string>>,
): readonly (readonly [ref: string, leafHex: string])[] {
  const refs = Object.keys(answers).sort()
  const salts = saltsFor(salt, refs.length)
  // One preimage after the other in the same bytes: sixty small buffers cost more than their hashes.
  const preimage = Buffer.allocUnsafe(SALT_BYTES + longestOf(refs, answers))
  return refs.map((ref, i) => {
    for (let j = 0; j < SALT_BYTES; j += 1) preimage[j] = salts[i * SALT_BYTES + j] as number
    const end = SALT_BYTES + preimage.write(ref, SALT_BYTES)
    preimage[end] = 0
    const length = end + 1 + preimage.write(answers[ref] ?? '', end + 1)
    return [ref, hash('sha256', preimage.subarray(0, length), 'hex')] as const
  })
}

/** A unit of UTF-16 takes three bytes at most. */
const longestOf = (refs: readonly string[], answers: Readonly<Record<string, string>>): number =>
  refs.reduce((most, ref) => Math.max(most, ref.length + (answers[ref]?.length ?? 0)), 0) * 3 + 1

/** @param leaves In the order of their refs. */
export const digestOfLeaves = (header: unknown, leaves: readonly string[]): Sha256 =>
  hash('sha256', Buffer.concat([canonicalBytes(header), Buffer.from(leaves.join(''), 'hex')]), 'hex') as Sha256

const saltsFor = (seed: Uint8Array, count: number): Buffer => {
  if (seed.length !== SALT_BYTES) throw new Error(`a salt of ${seed.length} bytes, not ${SALT_BYTES}`)
  // A key of plain bytes is taken for several other things first: four times as slow.
  const key = createSecretKey(seed)
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(count * SALT_BYTES))
}

/**
 * The next head of a device's hash chain: each batch carries its signed head, so that one
 * signature covers everything the store ever queued. The chain begins with `''`.
 */
export const chainHead = (previousHex: string, digestHex: string): string =>
  hash('sha256', Buffer.from(previousHex + digestHex, 'hex'), 'hex')
