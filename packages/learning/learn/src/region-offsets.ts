/**
 * What each region's logits are off by. A model that ranks a new region well may still name
 * everybody too poor there; the correction is one number a region.
 *
 * The offset is drawn to 0 by a normal prior of spread 0.5, so that twenty rows correct little
 * and a thousand correct all. Regions of fewer than `FEWEST` rows are not listed.
 */
import { sigmoid } from './models.ts'
import type { RegionOffsets } from './models-format-2.ts'
import { answered } from './table.ts'

const FEWEST = 30
const SPREAD = 0.5

export function fitRegionOffsets(
  input: string,
  regions: readonly (string | null)[],
  logits: ArrayLike<number>,
  codes: ArrayLike<number>,
  rows: ArrayLike<number>,
): RegionOffsets {
  const byRegion = new Map<string, number[]>()
  for (let i = 0; i < rows.length; i++) {
    const region = answered(regions[rows[i]!])
    if (region === null) continue
    const own = byRegion.get(region)
    if (own === undefined) byRegion.set(region, [rows[i]!])
    else own.push(rows[i]!)
  }
  const values = [...byRegion]
    .filter(([, own]) => own.length >= FEWEST)
    .map(([region]) => region)
    .sort()
  return { input, values, offsets: values.map(value => Math.fround(offsetOf(byRegion.get(value)!, logits, codes))) }
}

/** Newton's method; the function is convex and the prior bounds the step. */
function offsetOf(rows: readonly number[], logits: ArrayLike<number>, codes: ArrayLike<number>): number {
  let offset = 0
  for (let step = 0; step < 30; step++) {
    let slope = offset / SPREAD ** 2
    let curvature = 1 / SPREAD ** 2
    for (const row of rows) {
      const p = sigmoid(logits[row]! + offset)
      slope += p - codes[row]!
      curvature += p * (1 - p)
    }
    const change = Math.max(-1, Math.min(1, slope / curvature))
    offset -= change
    if (Math.abs(change) < 1e-9) break
  }
  return offset
}
