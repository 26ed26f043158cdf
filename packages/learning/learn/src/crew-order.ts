/**
 * One order to a member of a crew and its answer, in words of shared memory: a message a leaf
 * would take longer than the leaf.
 *
 *   bell[0]  orders so far: who writes one rings here
 *   bell[1]  orders done
 */
import type { Split, SplitLimits, Totals } from './find-split.ts'
import type { Histogram } from './histogram.ts'
import type { Ground, NewLeaf, TreePlan } from './leaf-crew.ts'

export interface CrewOrder {
  readonly bell: Int32Array
  readonly words: Float64Array
}

/** Said once of each booster; the order then names it by id. */
export interface ToMember {
  readonly id: number
  readonly ground: Ground
  readonly slots: readonly Histogram[]
  readonly limits: SplitLimits
}

const LEAF = 10
const FOUND = 11
const HEAD = 4
const NAMED_AT = HEAD + 2 * LEAF + 2 * FOUND
const MOST_NAMED = 100_000
export const CREW_WORDS = NAMED_AT + MOST_NAMED

export function writeOrder(
  words: Float64Array,
  id: number,
  { named, unit }: TreePlan,
  small: NewLeaf,
  large: NewLeaf | null,
): void {
  words[0] = id
  words[1] = unit
  words[2] = named.length
  words[3] = large === null ? 0 : 1
  writeLeaf(words, HEAD, small)
  if (large !== null) writeLeaf(words, HEAD + LEAF, large)
  words.set(named, NAMED_AT)
}

export function readOrder(words: Float64Array) {
  const named = Int32Array.from(words.subarray(NAMED_AT, NAMED_AT + words[2]!))
  const plan: TreePlan = { named, unit: words[1]! }
  return {
    id: words[0]!,
    plan,
    small: readLeaf(words, HEAD),
    large: words[3] === 0 ? null : readLeaf(words, HEAD + LEAF),
  }
}

function writeLeaf(words: Float64Array, at: number, leaf: NewLeaf): void {
  words[at] = leaf.start
  words[at + 1] = leaf.end
  words[at + 2] = leaf.slot
  words[at + 3] = leaf.isOpen ? 1 : 0
  words[at + 4] = leaf.gradient
  words[at + 5] = leaf.hessian
  words[at + 6] = leaf.rows
  words[at + 7] = leaf.low
  words[at + 8] = leaf.high
}

const readLeaf = (words: Float64Array, at: number): NewLeaf => ({
  start: words[at]!,
  end: words[at + 1]!,
  slot: words[at + 2]!,
  isOpen: words[at + 3] === 1,
  gradient: words[at + 4]!,
  hessian: words[at + 5]!,
  rows: words[at + 6]!,
  low: words[at + 7]!,
  high: words[at + 8]!,
})

export function writeFound(words: Float64Array, found: readonly [Split | null, Split | null]): void {
  for (const [which, split] of found.entries()) {
    const at = HEAD + 2 * LEAF + which * FOUND
    words[at] = split === null ? 0 : 1
    if (split === null) continue
    words[at + 1] = split.feature
    words[at + 2] = split.bin
    words[at + 3] = split.missingLeft ? 1 : 0
    words[at + 4] = split.gain
    writeTotals(words, at + 5, split.left)
    writeTotals(words, at + 8, split.right)
  }
}

export const readFound = (words: Float64Array): readonly [Split | null, Split | null] => [
  readSplit(words, HEAD + 2 * LEAF),
  readSplit(words, HEAD + 2 * LEAF + FOUND),
]

function readSplit(words: Float64Array, at: number): Split | null {
  if (words[at] === 0) return null
  return {
    feature: words[at + 1]!,
    bin: words[at + 2]!,
    missingLeft: words[at + 3] === 1,
    gain: words[at + 4]!,
    left: readTotals(words, at + 5),
    right: readTotals(words, at + 8),
  }
}

function writeTotals(words: Float64Array, at: number, { gradient, hessian, rows }: Totals): void {
  words[at] = gradient
  words[at + 1] = hessian
  words[at + 2] = rows
}

const readTotals = (words: Float64Array, at: number): Totals => ({
  gradient: words[at]!,
  hessian: words[at + 1]!,
  rows: words[at + 2]!,
})
