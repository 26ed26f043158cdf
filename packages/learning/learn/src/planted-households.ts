/**
 * Households with a known rule, for the tests of this room: what a trainer should find is
 * written here, so a test can say how much of it was found.
 */
import { sigmoid } from './models.ts'
import { createRandom } from './random.ts'
import type { Labels, Table } from './table.ts'

export interface Planted {
  readonly table: Table
  readonly labels: Labels
  readonly groups: readonly string[]
  /** The probability that each outcome was drawn with. */
  readonly truth: Float64Array
}

const ROOFS = ['iron', 'thatch', 'tile', 'plastic'] as const

/**
 * Poor where the roof is thatch, the household large, or the distance to water not known;
 * one fifth of the roofs and one tenth of the distances are blank. `membersOf` > 1 repeats
 * each household that many times, outcome included.
 */
export function plantHouseholds(count: number, seed: number, membersOf = 1): Planted {
  const random = createRandom(seed)
  const rows = Array.from({ length: count }, (_, household) => {
    const roof = random() < 0.2 ? null : ROOFS[Math.floor(random() * ROOFS.length)]!
    const size = 1 + Math.floor(random() * 11)
    const water = random() < 0.1 ? Number.NaN : Math.fround(random() * 4_000)
    const noise = Math.fround(random())
    const logit =
      (roof === 'thatch' ? 1.6 : roof === 'tile' ? -1.4 : 0) +
      0.35 * (size - 6) +
      (Number.isNaN(water) ? 2 : water / 4_000)
    const p = sigmoid(logit - 0.8)
    return { household: `h${household}`, roof, size, water, noise, p, poor: random() < p ? 1 : 0 }
  }).flatMap(row => Array.from({ length: membersOf }, () => row))
  return {
    table: {
      rows: rows.length,
      columns: [
        { name: 'roof', kind: 'category', values: rows.map(({ roof }) => roof) },
        { name: 'size', kind: 'number', values: Float32Array.from(rows, ({ size }) => size) },
        { name: 'water', kind: 'number', values: Float32Array.from(rows, ({ water }) => water) },
        { name: 'noise', kind: 'number', values: Float32Array.from(rows, ({ noise }) => noise) },
      ],
    },
    labels: { classes: ['not poor', 'poor'], codes: Uint8Array.from(rows, ({ poor }) => poor) },
    groups: rows.map(({ household }) => household),
    truth: Float64Array.from(rows, ({ p }) => p),
  }
}
