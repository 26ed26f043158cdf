/**
 * An instance as OpenRosa submits it: relevant nodes only, in the form's order.
 *
 *   X1 what `readInstanceXml` reads of it and an edit writes again is the same, byte for byte
 *   X2 every submission has an `instanceID`, also where the form has no place for one
 */
import type { Answers } from '../form.ts'
import { escapeAttribute, escapeXml, NS } from '../read/xml.ts'
import type { XNode } from './node.ts'
import { leavesOf } from './node.ts'
import { refOf } from './refs.ts'
import type { Runtime } from './runtime.ts'

export function answersOf(root: XNode, { nodes }: Runtime): Answers {
  const found: Record<string, string> = {}
  for (const leaf of leavesOf(root)) {
    if (!leaf.relevant || leaf === root) continue
    const spec = nodes[leaf.node]!
    if (spec.constant === true || (leaf.value === '' && spec.attribute)) continue
    // A group that has lost all of its rows is no answer.
    if (spec.children.length > 0) continue
    found[refOf(leaf, nodes)] = leaf.value
  }
  return found
}

/** Names of the files that answers name: photos, recordings, and the audit trace where the form keeps one. */
export function attachedFiles(root: XNode, { nodes }: Runtime): readonly string[] {
  const found = new Set<string>()
  for (const leaf of leavesOf(root)) {
    const { type, control } = nodes[leaf.node]!
    const isFile = type === 'binary' || control?.element === 'upload'
    if (isFile && leaf.relevant && leaf.value !== '') found.add(leaf.value)
  }
  return [...found]
}

export interface SubmittedAs {
  readonly instanceId: string
  readonly deprecatedId: string | null
}

export function submissionXml(root: XNode, runtime: Runtime, { instanceId, deprecatedId }: SubmittedAs): string {
  const { nodes, program, byPath } = runtime
  /** What the form has no place for, inside its `meta` if it has one. */
  function metaParts(prefix: string): string {
    const parts = byPath.has('meta/instanceID') ? [] : [['instanceID', instanceId] as const]
    if (deprecatedId !== null && !byPath.has('meta/deprecatedID')) parts.push(['deprecatedID', deprecatedId] as never)
    return parts.map(([name, id]) => `<${prefix}${name}>${escapeXml(id)}</${prefix}${name}>`).join('')
  }
  const write = (node: XNode): string => {
    if (!node.relevant) return ''
    const { tag, path } = nodes[node.node]!
    const attributes = node.attributes.flatMap(one => {
      const spec = nodes[one.node]!
      const isKept = spec.constant === true || (one.relevant && one.value !== '')
      return isKept ? [` ${spec.tag}="${escapeAttribute(one.value)}"`] : []
    })
    const inner = node.children.length > 0 ? node.children.map(write).join('') : escapeXml(node.value)
    const colon = tag.indexOf(':')
    const more = path === 'meta' ? metaParts(colon < 0 ? '' : tag.slice(0, colon + 1)) : ''
    const missing =
      node === root && !byPath.has('meta') ? `<orx:meta xmlns:orx="${NS.orx}">${metaParts('orx:')}</orx:meta>` : ''
    const own =
      node === root ? Object.entries(program.rootAttributes).map(([name, v]) => ` ${name}="${escapeAttribute(v)}"`) : []
    const open = `${tag}${[...own, ...attributes].join('')}`
    const content = inner + more + missing
    return content === '' ? `<${open}/>` : `<${open}>${content}</${tag}>`
  }
  return `<?xml version="1.0" encoding="UTF-8"?>\n${write(root)}\n`
}
