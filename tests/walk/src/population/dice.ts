/**
 * Draws from the usual distributions, over one stream of random numbers.
 *
 * Every stream has a name (`diceFor(seed, 'household', '17')`), so what one household answers
 * does not depend on which households were drawn before it.
 *
 * Not here: what is drawn (`draw-*.ts`).
 */
import { seededRandom } from '@murram/testkit'

export interface Dice {
  /** From 0 up to, not including, 1. */
  readonly unit: () => number
  readonly chance: (probability: number) => boolean
  readonly normal: (mean: number, deviation: number) => number
  /** A whole number from `low` to `high`, both included. */
  readonly whole: (low: number, high: number) => number
  readonly poisson: (mean: number) => number
  readonly pick: <T>(list: readonly T[]) => T
  /** A key, in proportion to its weight. */
  readonly weighted: <K extends string>(weights: Readonly<Record<K, number>>) => K
}

export function diceFor(seed: number, ...names: readonly string[]): Dice {
  const unit = seededRandom(hash([String(seed), ...names].join('/')))
  const normal = (mean: number, deviation: number): number =>
    mean + deviation * Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit())
  return {
    unit,
    normal,
    chance: probability => unit() < probability,
    whole: (low, high) => low + Math.floor(unit() * (high - low + 1)),
    poisson(mean) {
      const floor = Math.exp(-mean)
      let events = 0
      for (let left = unit(); left > floor; left *= unit()) events += 1
      return events
    },
    pick<T>(list: readonly T[]): T {
      const picked = list[Math.floor(unit() * list.length)]
      if (picked === undefined) throw new Error('nothing can be picked from an empty list')
      return picked
    },
    weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
      const entries = Object.entries(weights) as [K, number][]
      let left = unit() * entries.reduce((sum, [, weight]) => sum + weight, 0)
      for (const [key, weight] of entries) {
        left -= weight
        if (left < 0) return key
      }
      throw new Error('weights must be positive')
    },
  }
}

export const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value))
export const logistic = (logit: number): number => 1 / (1 + Math.exp(-logit))

/** FNV-1a, 32 bit: names of streams need no more than to differ. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  // A last mixing round: names that differ in their last letter must not start alike.
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  return (h ^ (h >>> 13)) >>> 0
}
