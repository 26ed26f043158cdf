/**
 * What a day may have beside the weather. Each is drawn by itself, from a stream of its own, so
 * that a day without any is the day that its seed was before there were any.
 */
import { seededRandom } from '@murram/testkit'

export const EXTRAS = ['files', 'sticks', 'old agents', 'two laptops', 'snapshots', 'late answers'] as const
export type Extra = (typeof EXTRAS)[number]

/** Shares of the days: what is rare here is common in ten thousand. */
const SHARE: Readonly<Record<Extra, number>> = {
  files: 0.15,
  sticks: 0.12,
  'old agents': 0.1,
  'two laptops': 0.1,
  snapshots: 0.12,
  'late answers': 0.06,
}

/** @param always Whatever the seed says. */
export function drawExtras(seed: number, always: readonly Extra[]): ReadonlySet<Extra> {
  const random = seededRandom(seed + 2 ** 43)
  const drawn = EXTRAS.filter(extra => random() < SHARE[extra] || always.includes(extra))
  // Only sticks are answered.
  return new Set(drawn.includes('late answers') ? [...drawn, 'sticks'] : drawn)
}
