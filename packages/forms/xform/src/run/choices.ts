/** What a select offers: fixed items, or the nodes of a list that its filter lets through. */
import { isNodes, toText, type Environment } from '@murram/xpath'
import type { Choice } from '../form.ts'
import type { ChoiceSource } from '../program.ts'
import { choiceMedia, mediaOf } from './media.ts'
import { childrenNamed, type XNode } from './node.ts'
import type { Runtime } from './runtime.ts'
import { renderText } from './render.ts'

type NodesSource = ChoiceSource & { from: 'nodes' }

const textAt = (runtime: Runtime, environment: Environment<XNode>, expression: number, item: XNode, current: XNode) =>
  toText(runtime.tree, runtime.evaluate(expression)({ node: item, current, position: 1, size: 1, environment }))

function itemsOf(runtime: Runtime, environment: Environment<XNode>, source: NodesSource, asker: XNode, all: boolean) {
  if (!all && asker.offered !== null) return asker.offered
  const expression = all ? source.all : source.expression
  const found = runtime.evaluate(expression)({ node: asker, current: asker, position: 1, size: 1, environment })
  return isNodes(found) ? found : []
}

const sourceOf = (runtime: Runtime, node: XNode): ChoiceSource | null =>
  runtime.nodes[node.node]!.control?.choices ?? null

export function offeredValues(runtime: Runtime, environment: Environment<XNode>, asker: XNode): ReadonlySet<string> {
  const source = sourceOf(runtime, asker)
  if (source === null) return new Set()
  if (source.from === 'items') return new Set(source.items.map(item => item.value))
  const items = itemsOf(runtime, environment, source, asker, false)
  return new Set(items.map(item => textAt(runtime, environment, source.value, item, asker)))
}

/** `all`: the whole list, before any filter. */
export function choicesOf(
  runtime: Runtime,
  environment: Environment<XNode>,
  asker: XNode,
  { all }: { readonly all: boolean },
): readonly Choice[] {
  const source = sourceOf(runtime, asker)
  if (source === null) return []
  if (source.from === 'items')
    return source.items.map(({ value, label }) => {
      const media = mediaOf({ runtime, environment }, label, asker)
      const shown = { value, label: renderText(runtime, environment, label, asker) }
      return media === undefined ? shown : { ...shown, media }
    })
  const mediaAt = choiceMedia({ runtime, environment }, source.label)
  const onMap = /\bmap\b/.test(runtime.nodes[asker.node]!.control?.appearance ?? '')
  return itemsOf(runtime, environment, source, asker, all).map(item => {
    const media = mediaAt?.(item, asker)
    const geometry = onMap ? childrenNamed(item, 'geometry')[0]?.value : undefined
    return {
      value: textAt(runtime, environment, source.value, item, asker),
      label: textAt(runtime, environment, source.label, item, asker),
      ...(media === undefined ? {} : { media }),
      ...(geometry === undefined || geometry === '' ? {} : { geometry }),
    }
  })
}

/** Label of one choice, without rendering the others. */
export function labelOfChoice(runtime: Runtime, environment: Environment<XNode>, asker: XNode, value: string): string {
  const source = sourceOf(runtime, asker)
  if (source === null) return ''
  if (source.from === 'items') {
    const item = source.items.find(one => one.value === value)
    return item === undefined ? '' : renderText(runtime, environment, item.label, asker)
  }
  const item = itemsOf(runtime, environment, source, asker, true).find(
    one => textAt(runtime, environment, source.value, one, asker) === value,
  )
  return item === undefined ? '' : textAt(runtime, environment, source.label, item, asker)
}
