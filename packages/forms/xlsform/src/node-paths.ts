/**
 * Paths from one row of the survey to another.
 *
 * Relative wherever a repeat holds both, because only a relative path means one's own row; from
 * anywhere else absolute.
 */
import type { SurveyNode } from './survey-node.ts'

/** From the outermost group to the node itself. */
export const chainOf = (node: SurveyNode): readonly SurveyNode[] =>
  node.parent === null ? [node] : [...chainOf(node.parent), node]

export const pathOf = (root: string, node: SurveyNode): string =>
  `/${[root, ...chainOf(node).map(one => one.name)].join('/')}`

/** `from` is `null` outside of every question: in settings, in a choice. */
export function pathBetween(root: string, from: SurveyNode | null, to: SurveyNode): string {
  if (from === null) return pathOf(root, to)
  const shared = sharedLength(chainOf(from), chainOf(to))
  const inRow = chainOf(from)
    .slice(0, shared)
    .some(node => node.is === 'repeat' && node !== to)
  return inRow ? pathToRows(from, to) : pathOf(root, to)
}

/** The relative path, whether or not a repeat holds both. To a repeat it means all its rows. */
export function pathToRows(from: SurveyNode, to: SurveyNode): string {
  const [a, b] = [chainOf(from), chainOf(to)]
  // One's own name is written too: `.` would mean the candidate inside a predicate.
  const above = Math.min(sharedLength(a, b), b.length - 1)
  return [...a.slice(above).map(() => '..'), ...b.slice(above).map(node => node.name)].join('/')
}

export const repeatOf = (node: SurveyNode): SurveyNode | null =>
  node.parent === null || node.parent.is === 'repeat' ? node.parent : repeatOf(node.parent)

function sharedLength(a: readonly SurveyNode[], b: readonly SurveyNode[]): number {
  let shared = 0
  while (shared < a.length && shared < b.length && a[shared] === b[shared]) shared++
  return shared
}
