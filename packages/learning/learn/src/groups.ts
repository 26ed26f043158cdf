/**
 * Rows of one household stay together: in a fold, in the holdout, in a bootstrap draw.
 *
 * Laws: G1 no group is in two folds   G2 folds differ by at most the largest group
 *       G3 the holdout depends on the group's name and the salt alone, so nobody can
 *          move a household into training later, and a new row follows its household.
 */
import { createHash } from 'node:crypto'
import { createRandom, shuffleInPlace } from './random.ts'

/** Row numbers by group, groups in order of first appearance. */
export function rowsByGroup(groups: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const rows = new Map<string, number[]>()
  for (const [row, group] of groups.entries()) {
    const known = rows.get(group)
    if (known === undefined) rows.set(group, [row])
    else known.push(row)
  }
  return rows
}

/** The fold (0 … k-1) of every row: shuffled groups, each to the fold that is smallest now. */
export function groupedFolds(groups: readonly string[], k: number, seed: number): number[] {
  if (!Number.isInteger(k) || k < 2) throw new Error(`${k} folds`)
  const shuffled = shuffleInPlace([...rowsByGroup(groups).values()], createRandom(seed))
  shuffled.sort((a, b) => b.length - a.length)
  const sizes = Array.from({ length: k }, () => 0)
  const folds = Array.from({ length: groups.length }, () => 0)
  for (const rows of shuffled) {
    const smallest = sizes.indexOf(Math.min(...sizes))
    sizes[smallest]! += rows.length
    for (const row of rows) folds[row] = smallest
  }
  return folds
}

/** Whether a household belongs to the holdout that no training ever sees. */
export function isHoldout(groupId: string, salt: string, ratio: number): boolean {
  const digest = createHash('sha256').update(`${salt}\u0000${groupId}`, 'utf8').digest()
  return digest.readUIntBE(0, 6) / 2 ** 48 < ratio
}
