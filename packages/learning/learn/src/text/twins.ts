/**
 * Rows that say the same, word for word, belong together: a post that is passed on would
 * otherwise stand in the fold that trains and in the fold that judges.
 *
 * Only texts long enough to be no chance, and only where that does not tie most rows into one
 * group: a form letter is no reason to give up the folds.
 */
import type { TextColumn } from '../table.ts'
import { normaliseText } from './normalise.ts'

const LONG_ENOUGH = 20
const LARGEST_SHARE = 0.1

export interface Twins {
  readonly groups: readonly string[]
  /** Rows whose text an earlier row of another group has. */
  readonly repeated: number
}

/** Groups of rows, joined where they share a text. */
export function joinTwins(columns: readonly TextColumn[], groups: readonly string[]): Twins {
  const parent = new Map<string, string>(groups.map(group => [group, group]))
  const rootOf = (group: string): string => {
    let root = group
    for (let next = parent.get(root)!; next !== root; next = parent.get(root)!) root = next
    parent.set(group, root)
    return root
  }
  let repeated = 0
  for (const { values } of columns) {
    const firstOf = new Map<string, string>()
    for (const [row, value] of values.entries()) {
      const text = normaliseText(value ?? '')
      if (text.length < LONG_ENOUGH) continue
      const first = firstOf.get(text)
      if (first === undefined) firstOf.set(text, groups[row]!)
      else if (rootOf(first) !== rootOf(groups[row]!)) {
        parent.set(rootOf(groups[row]!), rootOf(first))
        repeated++
      }
    }
  }
  const joined = groups.map(rootOf)
  const sizes = new Map<string, number>()
  for (const group of joined) sizes.set(group, (sizes.get(group) ?? 0) + 1)
  const largest = [...sizes.values()].reduce((most, size) => Math.max(most, size), 0)
  return repeated === 0 || sizes.size < 2 || largest > LARGEST_SHARE * groups.length
    ? { groups, repeated: 0 }
    : { groups: joined, repeated }
}
