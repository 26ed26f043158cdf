/**
 * Whether a select offers a word, without making the list of what it offers: a record is asked
 * about its own few words only.
 */
import { isNodes, reads, toText } from '@murram/xpath'
import type { Context } from '@murram/xpath'
import type { ChoiceSource } from '../program.ts'
import type { XNode } from '../run/node.ts'
import type { Runtime } from '../run/runtime.ts'

export interface Offers {
  /** The words that the select offers, in the order given. */
  readonly kept: (source: ChoiceSource, words: readonly string[], at: Context<XNode>) => readonly string[]
}

export const splitWords = (value: string): readonly string[] =>
  value.includes(' ') || /\s/.test(value) ? value.split(/\s+/).filter(word => word !== '') : [value]

export function createOffers(runtime: Runtime, fixedChoices: ReadonlySet<number>): Offers {
  const { tree, program } = runtime
  const sets = new Map<ChoiceSource, ReadonlySet<string>>()
  /** Values of list items by expression: lists do not change. */
  const values = new Map<number, Map<XNode, string>>()

  function valueOf(expression: number, item: XNode, at: Context<XNode>): string {
    const evaluate = (): string => toText(tree, runtime.evaluate(expression)({ ...at, node: item }))
    if (item.node >= 0) return evaluate()
    let known = values.get(expression)
    if (known === undefined) values.set(expression, (known = new Map()))
    let value = known.get(item)
    if (value === undefined) {
      value = evaluate()
      if (readsItemOnly(expression)) known.set(item, value)
    }
    return value
  }

  const readsItemOnly = (expression: number): boolean =>
    reads(program.expressions[expression]!.tree).every(
      ({ from, steps }) => from === 'context' && steps.every(({ axis }) => axis === 'child' || axis === 'attribute'),
    )

  function setOf(source: ChoiceSource, at: Context<XNode>): ReadonlySet<string> | null {
    const known = sets.get(source)
    if (known !== undefined) return known
    if (source.from === 'nodes' && !fixedChoices.has(source.expression)) return null
    const made = new Set(
      source.from === 'items'
        ? source.items.map(item => item.value)
        : itemsOf(source, at).map(item => valueOf(source.value, item, at)),
    )
    sets.set(source, made)
    return made
  }

  function itemsOf(source: ChoiceSource & { from: 'nodes' }, at: Context<XNode>): readonly XNode[] {
    const found = runtime.evaluate(source.expression)(at)
    return isNodes(found) ? found : []
  }

  return {
    kept: (source, words, at) => {
      const all = setOf(source, at)
      if (all !== null) return words.filter(word => all.has(word))
      if (source.from === 'items') return []
      const items = itemsOf(source, at)
      return words.filter(word => items.some(item => valueOf(source.value, item, at) === word))
    },
  }
}
