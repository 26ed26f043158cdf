/**
 * Every change of an instance as a record, so that a refused answer is taken back whole and
 * an accepted one can say what it changed.
 */
import type { XNode } from './node.ts'

export type Written = 'value' | 'wanted' | 'relevant' | 'required' | 'readOnly' | 'valid' | 'offered' | 'children'

interface Entry {
  readonly node: XNode
  readonly key: Written
  readonly before: XNode[Written]
}

export interface Journal {
  /** `false`: it was so already. */
  readonly write: <K extends Written>(node: XNode, key: K, value: XNode[K]) => boolean
  readonly mark: () => number
  readonly rollBack: (mark: number) => void
  /** First values since the mark of whatever now differs. */
  readonly since: (mark: number) => ReadonlyMap<XNode, Partial<Record<Written, unknown>>>
  readonly forget: () => void
}

export function createJournal(): Journal {
  let entries: Entry[] = []

  function write<K extends Written>(node: XNode, key: K, value: XNode[K]): boolean {
    const before = node[key]
    if (before === value) return false
    entries.push({ node, key, before })
    node[key] = value
    if (key === 'children') node.byName = null
    return true
  }

  function rollBack(mark: number): void {
    for (let i = entries.length - 1; i >= mark; i--) {
      const { node, key, before } = entries[i]!
      ;(node as Record<Written, unknown>)[key] = before
      if (key === 'children') node.byName = null
    }
    entries = entries.slice(0, mark)
  }

  function since(mark: number): ReadonlyMap<XNode, Partial<Record<Written, unknown>>> {
    const found = new Map<XNode, Partial<Record<Written, unknown>>>()
    for (const { node, key, before } of entries.slice(mark)) {
      const known = found.get(node) ?? {}
      if (!(key in known)) known[key] = before
      found.set(node, known)
    }
    for (const [node, before] of found) {
      for (const key of Object.keys(before) as Written[]) if (before[key] === node[key]) delete before[key]
      if (Object.keys(before).length === 0) found.delete(node)
    }
    return found
  }

  return { write, mark: () => entries.length, rollBack, since, forget: () => void (entries = []) }
}
