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
import { rememberByNames, type Sha256 } from '@murram/ground'
import { canonicalBytes } from './encoding.ts'
import { createLanes, HASH_BYTES, MOST_LANE_BYTES, ONE_BLOCK_BYTES, type Lanes } from './sha256-lanes.ts'

export const SALT_BYTES = 16
const SALT_WORDS = SALT_BYTES / 4

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
  digestOf(header, hashLeaves(salt, answers))

/** Sorted by ref. What a collector keeps of an answer that it erases. */
export function leavesOf(
  salt: Uint8Array,
  answers: Readonly<Record<string, string>>,
): readonly (readonly [ref: string, leafHex: string])[] {
  const leaves = Buffer.from(hashLeaves(salt, answers))
  const hexOf = (i: number): string => leaves.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES).toString('hex')
  return Object.keys(answers)
    .sort()
    .map((ref, i) => [ref, hexOf(i)] as const)
}

/** Sorted by ref: where the answer stands, and what stands between salt and answer. */
const layoutOf = rememberByNames(refs =>
  refs
    .map((ref, place) => ({ ref, place }))
    .sort((a, b) => (a.ref < b.ref ? -1 : 1))
    .map(({ ref, place }): Leaf => {
      const name = new Uint8Array(Buffer.from(`${ref}\0`))
      return { place, name, nameWords: toWords(name) }
    }),
)

interface Leaf {
  readonly place: number
  readonly name: Uint8Array
  readonly nameWords: Int32Array
}

/** As the memory of this machine holds them, the last one filled up. */
function toWords(bytes: Uint8Array): Int32Array {
  const words = new Int32Array(Math.ceil(bytes.length / 4))
  new Uint8Array(words.buffer).set(bytes)
  return words
}

let lanes: Lanes | null | undefined

/** Of all answers, sorted by ref, one behind the other. */
function hashLeaves(seed: Uint8Array, answers: Readonly<Record<string, string>>): Uint8Array {
  const leaves = layoutOf(Object.keys(answers))
  const texts = Object.values(answers)
  const salts = saltsFor(seed, texts.length)
  const saltWords = toWords(salts)
  const hashes = new Uint8Array(leaves.length * HASH_BYTES)
  // Once, also where the answer is that there are none.
  if (lanes === undefined) lanes = createLanes()
  const together = lanes?.most ?? leaves.length
  for (let first = 0; first < leaves.length; first += together) {
    const inSlots = shortFirst(leaves, texts, first, Math.min(leaves.length, first + together))
    const lengths: number[] = []
    const apart: [at: number, preimage: Uint8Array][] = []
    for (const [slot, i] of inSlots.entries()) {
      const leaf = leaves[i] as Leaf
      const text = texts[leaf.place] as string
      const length = lanes === null ? TOO_LONG : writeLeaf(lanes, slot, saltWords, i * SALT_WORDS, leaf, text)
      if (length === TOO_LONG)
        apart.push([
          i * HASH_BYTES,
          Buffer.concat([salts.subarray(i * SALT_BYTES, (i + 1) * SALT_BYTES), leaf.name, Buffer.from(text)]),
        ])
      lengths.push(Math.max(0, length))
    }
    lanes?.hash(lengths, inSlots, hashes)
    for (const [at, preimage] of apart) hashes.set(Buffer.from(hash('sha256', preimage, 'hex'), 'hex'), at)
  }
  return hashes
}

/** Four that stand beside each other take as many blocks as the longest of them. */
function shortFirst(leaves: readonly Leaf[], texts: readonly string[], first: number, end: number): readonly number[] {
  const short: number[] = []
  const long: number[] = []
  for (let i = first; i < end; i += 1) {
    const { place, name } = leaves[i] as Leaf
    const length = SALT_BYTES + name.length + (texts[place] as string).length
    if (length <= ONE_BLOCK_BYTES) short.push(i)
    else long.push(i)
  }
  return short.concat(long)
}

const TOO_LONG = -1

/** @returns The length of salt, name and answer, or `TOO_LONG`. */
function writeLeaf(
  { bytes, words, startOf }: Lanes,
  slot: number,
  saltWords: Int32Array,
  saltAt: number,
  { name, nameWords }: Leaf,
  text: string,
): number {
  const before = SALT_BYTES + name.length
  if (before + text.length > MOST_LANE_BYTES) return TOO_LONG
  const start = startOf(slot)
  let word = start / 4
  for (let j = 0; j < SALT_WORDS; j += 1) words[word++] = saltWords[saltAt + j] as number
  for (let j = 0; j < nameWords.length; j += 1) words[word++] = nameWords[j] as number
  let at = start + before
  for (let j = 0; j < text.length; j += 1) {
    const code = text.charCodeAt(j)
    if (code > 0x7f) {
      const rest = Buffer.from(text)
      if (before + rest.length > MOST_LANE_BYTES) return TOO_LONG
      bytes.set(rest, start + before)
      return before + rest.length
    }
    bytes[at++] = code
  }
  return before + text.length
}

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
