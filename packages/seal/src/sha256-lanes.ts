/**
 * SHA-256 (FIPS 180-4) of many short texts at once: four stand beside each other in the lanes of
 * WebAssembly's vectors, and one call into the runtime does them all. Sixty calls of `node:crypto`
 * spend three quarters of their time on the way there and back.
 *
 *     message i of a batch ── slot i of SLOT_BYTES: its bytes, then FIPS padding
 *     compress(first slot, state before, state after) ── one block of four slots, lane by lane
 *
 * Law, in `sha256-lanes.test.ts`: whatever is hashed here is what `node:crypto` gives.
 *
 * The module is put together here, instruction by instruction, for there is no loop in it and
 * nothing of it would be easier to read in another language.
 */

/** One block more and a message belongs to `node:crypto`. */
const MOST_BLOCKS = 2
const BLOCK_BYTES = 64
const SLOT_BYTES = MOST_BLOCKS * BLOCK_BYTES
/** Of a message that fits into its slot with its padding: a one bit and its length in eight bytes. */
export const MOST_LANE_BYTES = SLOT_BYTES - 9
/** Of a message that fits into one block with its padding. */
export const ONE_BLOCK_BYTES = BLOCK_BYTES - 9
export const HASH_BYTES = 32

const LANES = 4
const WORDS_OF_STATE = 8
/** Slots of a batch; more is hashed in turns. */
const MOST_SLOTS = 256
const STATE_AT = MOST_SLOTS * SLOT_BYTES
const STATE_WORDS_AT = STATE_AT / 4
/** Where each first block begins: the standard's words, once a lane. */
const INITIAL_AT = STATE_AT + LANES * HASH_BYTES

/** A message is written into `bytes` from `start`, at most `MOST_LANE_BYTES` of it. */
export interface Lanes {
  readonly bytes: Uint8Array
  /** The same memory: whatever comes as words is copied four bytes at once. */
  readonly words: Int32Array
  /** Where message i begins, a multiple of four; `i` below `most`. */
  readonly startOf: (i: number) => number
  readonly most: number
  /**
   * @param lengths Of the messages that stand there.
   * @param places Where in `hashes` the hash of each goes, counted in hashes.
   * @param hashes Begins at a multiple of four in its buffer.
   */
  readonly hash: (lengths: readonly number[], places: readonly number[], hashes: Uint8Array) => void
}

/** `null` where the processor has no vectors. */
export function createLanes(): Lanes | null {
  const compiled = compile()
  if (compiled === null) return null
  const { memory, compress } = compiled
  const bytes = new Uint8Array(memory.buffer)
  // Signed, for what is beyond 31 bits is no small integer to the engine.
  const words = new Int32Array(memory.buffer)
  words.set(INITIAL_OF_LANES, INITIAL_AT / 4)

  const pad = (i: number, length: number): void => {
    const start = i * SLOT_BYTES
    const end = start + blocksOf(length) * BLOCK_BYTES
    bytes[start + length] = 0x80
    let at = start + length + 1
    while (at % 4 !== 0) bytes[at++] = 0
    for (let word = at / 4; word < end / 4; word += 1) words[word] = 0
    // No message has more than 16 bits of length in bits.
    bytes[end - 2] = (length * 8) >> 8
    bytes[end - 1] = (length * 8) & 0xff
  }
  const hash: Lanes['hash'] = (lengths, places, into) => {
    const hashes = new Int32Array(into.buffer, into.byteOffset, into.length / 4)
    for (let first = 0; first < lengths.length; first += LANES) {
      const last = Math.min(first + LANES, lengths.length)
      let isLong = false
      for (let i = first; i < last; i += 1) {
        const length = lengths[i] as number
        pad(i, length)
        isLong ||= blocksOf(length) > 1
      }
      compress(first * SLOT_BYTES, INITIAL_AT, STATE_AT)
      for (let i = first; i < last; i += 1)
        if (blocksOf(lengths[i] as number) === 1) copyState(words, i - first, hashes, places[i] as number)
      if (!isLong) continue
      compress(first * SLOT_BYTES + BLOCK_BYTES, STATE_AT, STATE_AT)
      for (let i = first; i < last; i += 1)
        if (blocksOf(lengths[i] as number) === 2) copyState(words, i - first, hashes, places[i] as number)
    }
  }
  return { bytes, words, startOf: i => i * SLOT_BYTES, most: MOST_SLOTS, hash }
}

const blocksOf = (length: number): number => (length > ONE_BLOCK_BYTES ? 2 : 1)

/** SHA-256 writes its words with the highest byte first; a processor that Node runs on, with the lowest. */
function copyState(words: Int32Array, lane: number, hashes: Int32Array, i: number): void {
  for (let word = 0; word < WORDS_OF_STATE; word += 1) {
    const x = words[STATE_WORDS_AT + word * LANES + lane] as number
    hashes[i * WORDS_OF_STATE + word] = (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24)
  }
}

interface Compiled {
  readonly memory: WebAssembly.Memory
  readonly compress: (block: number, before: number, after: number) => void
}

function compile(): Compiled | null {
  try {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
    const module = new WebAssembly.Module(moduleBytes())
    const { compress } = new WebAssembly.Instance(module, { '': { m: memory } }).exports
    return typeof compress === 'function' ? { memory, compress: compress as Compiled['compress'] } : null
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return null
    throw error
  }
}

// FIPS 180-4 §4.2.2 and §5.3.3: the first bits of the fractions of the roots of the first primes.
const PRIMES = Array.from({ length: 312 }, (_, n) => n).filter(
  n => n > 1 && !Array.from({ length: n }, (_, d) => d).some(d => d > 1 && n % d === 0),
)
const ROUNDS = 64

/** ⌊2³² · (ⁿ√p − ⌊ⁿ√p⌋)⌋, exactly. */
function rootBits(prime: number, degree: 2n | 3n): number {
  const target = BigInt(prime) << (32n * degree)
  let [low, high] = [0n, 1n << 40n]
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (middle ** degree <= target) low = middle
    else high = middle
  }
  return Number(low & 0xffffffffn)
}

const INITIAL_OF_LANES = Int32Array.from(
  PRIMES.slice(0, WORDS_OF_STATE).flatMap(prime => Array.from({ length: LANES }, () => rootBits(prime, 2n))),
)

/** See the WebAssembly specification, "Binary Format". */
function moduleBytes(): Uint8Array<ArrayBuffer> {
  const [I32, V128, FUNCTION] = [0x7f, 0x7b, 0x60]
  const section = (id: number, ...content: number[]): number[] => [id, ...unsigned(content.length), ...content]
  const name = (text: string): number[] => [text.length, ...Buffer.from(text)]
  const body = [1, ...unsigned(LOCALS), V128, ...compressCode(), OP.end]
  const magicAndVersion = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  return Uint8Array.from([
    ...magicAndVersion,
    ...section(1, 1, FUNCTION, 3, I32, I32, I32, 0),
    ...section(2, 1, ...name(''), ...name('m'), 2, 1, 1, 1),
    ...section(3, 1, 0),
    ...section(7, 1, ...name('compress'), 0, 0),
    ...section(10, 1, ...unsigned(body.length), ...body),
  ])
}

const OP = { end: 0x0b, get: 0x20, set: 0x21, i32: 0x41 }
const vector = (code: number, ...rest: number[]): number[] => [0xfd, ...unsigned(code), ...rest]
const ADD = vector(0xae)
const XOR = vector(0x51)

// Parameters, then what a round turns over, then the words of the block.
const [BLOCK, BEFORE, AFTER, FIRST, WORDS] = [0, 1, 2, 3, 3 + WORDS_OF_STATE]
const LOCALS = WORDS_OF_STATE + 16 + 1
const SPARE = WORDS + 16

const get = (local: number): number[] => [OP.get, local]
const set = (local: number): number[] => [OP.set, local]
const load = (from: number, offset: number): number[] => [...get(from), ...vector(0x00, 2, ...unsigned(offset))]
const splat = (word: number): number[] => [OP.i32, ...signed(word | 0), ...vector(0x11)]
const shiftLeft = (x: number, bits: number): number[] => [...get(x), OP.i32, bits, ...vector(0xab)]
const shiftRight = (x: number, bits: number): number[] => [...get(x), OP.i32, bits, ...vector(0xad)]
const turn = (x: number, bits: number): number[] => [
  ...shiftRight(x, bits),
  ...shiftLeft(x, 32 - bits),
  ...vector(0x50),
]
const select = (a: number, b: number, mask: readonly number[]): number[] => [
  ...get(a),
  ...get(b),
  ...mask,
  ...vector(0x52),
]

/** FIPS 180-4 §6.2.2, of four blocks. */
function compressCode(): number[] {
  const word = (t: number): number => WORDS + (t % 16)
  const wordOfLanes = (t: number): number[] => [
    ...get(BLOCK),
    ...vector(0x5c, 2, ...unsigned(t * 4)),
    ...set(SPARE),
    ...[1, 2, 3].flatMap(lane => [
      ...get(BLOCK),
      ...get(SPARE),
      ...vector(0x56, 2, ...unsigned(lane * SLOT_BYTES + t * 4), lane),
      ...set(SPARE),
    ]),
    ...get(SPARE),
    ...get(SPARE),
    ...vector(0x0d, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12),
    ...set(word(t)),
  ]
  const nextWord = (t: number): number[] => {
    const [before2, before7, before15] = [word(t - 2), word(t - 7), word(t - 15)]
    return [
      [...turn(before2, 17), ...turn(before2, 19), ...XOR, ...shiftRight(before2, 10), ...XOR],
      [...turn(before15, 7), ...turn(before15, 18), ...XOR, ...shiftRight(before15, 3), ...XOR, ...ADD],
      [...get(before7), ...ADD, ...get(word(t)), ...ADD, ...set(word(t))],
    ].flat()
  }
  const round = (t: number): number[] => {
    // What the standard calls a to h moves by one place each round; here the names move.
    const at = (i: number): number => FIRST + ((i + ROUNDS - t) % WORDS_OF_STATE)
    const [a, b, c, d, e, f, g, h] = [at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)]
    return [
      t < 16 ? wordOfLanes(t) : nextWord(t),
      [...get(h), ...turn(e, 6), ...turn(e, 11), ...XOR, ...turn(e, 25), ...XOR, ...ADD],
      [...select(f, g, get(e)), ...ADD],
      [...splat(rootBits(PRIMES[t] ?? 0, 3n)), ...ADD, ...get(word(t)), ...ADD, ...set(h)],
      [...get(d), ...get(h), ...ADD, ...set(d)],
      [...get(h), ...turn(a, 2), ...turn(a, 13), ...XOR, ...turn(a, 22), ...XOR, ...ADD],
      [...select(c, a, [...get(a), ...get(b), ...XOR]), ...ADD, ...set(h)],
    ].flat()
  }
  const ofState = (i: number): number[] => load(BEFORE, i * 16)
  const all = Array.from({ length: WORDS_OF_STATE }, (_, i) => i)
  return [
    all.flatMap(i => [...ofState(i), ...set(FIRST + i)]),
    Array.from({ length: ROUNDS }, (_, t) => round(t)).flat(),
    all.flatMap(i => [
      ...[get(AFTER), ofState(i), get(FIRST + i), ADD].flat(),
      ...vector(0x0b, 2, ...unsigned(i * 16)),
    ]),
  ].flat()
}

/** LEB128. */
function unsigned(value: number): number[] {
  const low = value & 0x7f
  return value < 0x80 ? [low] : [low | 0x80, ...unsigned(value >>> 7)]
}

function signed(value: number): number[] {
  const low = value & 0x7f
  const rest = value >> 7
  const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)
  return isLast ? [low] : [low | 0x80, ...signed(rest)]
}
