/** An instance as OpenRosa submits it: relevant nodes only, in the form's order. */
import type { Answers } from '../form.ts'
import { escapeXml } from '../read/xml.ts'
import type { XNode } from './node.ts'
import { leavesOf } from './node.ts'
import { refOf } from './refs.ts'
import type { Runtime } from './runtime.ts'

export function answersOf(root: XNode, { nodes }: Runtime): Answers {
  const found: Record<string, string> = {}
  for (const leaf of leavesOf(root)) {
    if (!leaf.relevant || leaf === root) continue
    if (leaf.value === '' && nodes[leaf.node]!.attribute) continue
    // A group that has lost all of its rows is no answer.
    if (nodes[leaf.node]!.children.length > 0) continue
    found[refOf(leaf, nodes)] = leaf.value
  }
  return found
}

export function submissionXml(root: XNode, runtime: Runtime, deprecatedId: string | null): string {
  const { nodes, program } = runtime
  const write = (node: XNode): string => {
    if (!node.relevant) return ''
    const { tag, path } = nodes[node.node]!
    const attributes = node.attributes
      .filter(one => one.relevant && one.value !== '')
      .map(one => ` ${one.name}="${escapeXml(one.value)}"`)
    const inner = node.children.length > 0 ? node.children.map(write).join('') : escapeXml(node.value)
    const prefix = tag.includes(':') ? `${tag.slice(0, tag.indexOf(':'))}:` : ''
    const deprecated =
      path === 'meta/instanceID' && deprecatedId !== null && !runtime.byPath.has('meta/deprecatedID')
        ? `<${prefix}deprecatedID>${escapeXml(deprecatedId)}</${prefix}deprecatedID>`
        : ''
    const own =
      node === root ? Object.entries(program.rootAttributes).map(([name, v]) => ` ${name}="${escapeXml(v)}"`) : []
    const open = `${tag}${[...own, ...attributes].join('')}`
    return (inner === '' ? `<${open}/>` : `<${open}>${inner}</${tag}>`) + deprecated
  }
  return `<?xml version="1.0" encoding="UTF-8"?>\n${write(root)}\n`
}
