/** A session as plain JSON and back. Values that are not asked now are kept too. */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import type { Answers } from '../form.ts'
import type { Draft } from '../session-types.ts'
import type { Machine } from './machine.ts'
import { childrenNamed, leavesOf, type XNode } from './node.ts'
import { findRef, parseRef, refOf } from './refs.ts'
import type { Runtime } from './runtime.ts'

export function valuesOf(root: XNode, { nodes }: Runtime): Answers {
  const found: Record<string, string> = {}
  for (const leaf of leavesOf(root)) {
    const { children, constant } = nodes[leaf.node]!
    if (children.length === 0 && constant !== true) found[refOf(leaf, nodes)] = leaf.value
  }
  return found
}

/** Number of rows by the ref of the repeat, outer repeats first. */
export function rowsOf(root: XNode, { nodes }: Runtime): Readonly<Record<string, number>> {
  const found: Record<string, number> = {}
  const visit = (node: XNode): void => {
    for (const child of nodes[node.node]!.children)
      if (nodes[child]!.repeat) {
        const above = refOf(node, nodes)
        found[above === '' ? nodes[child]!.name : `${above}/${nodes[child]!.name}`] = childrenNamed(
          node,
          nodes[child]!.name,
        ).length
      }
    node.children.forEach(visit)
  }
  visit(root)
  return found
}

/** Rows that refs speak of: `roster[3]/age` needs three. */
export function rowsNamed(refs: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const ref of refs) {
    let above = ''
    for (const { name, row } of parseRef(ref)?.steps ?? []) {
      const own = above === '' ? name : `${above}/${name}`
      if (row !== null) found.set(own, Math.max(found.get(own) ?? 0, row))
      above = row === null ? own : `${own}[${row}]`
    }
  }
  return found
}

/** Sets values where the form has a place for them; what it has none for is left out. */
export function putValues(machine: Machine, { nodes }: Runtime, values: Answers): ReadonlySet<XNode> {
  const put = new Set<XNode>()
  for (const [ref, value] of Object.entries(values)) {
    const node = findRef(machine.root, ref, nodes)
    if (node === undefined || nodes[node.node]!.children.length > 0) continue
    machine.setValue(node, value)
    put.add(node)
  }
  return put
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const everyValue = (value: unknown, type: 'string' | 'number'): boolean =>
  isRecord(value) && Object.values(value).every(one => typeof one === type)

/** A draft comes from a disk: its shape is looked at before it is believed. */
export function readDraft(draft: unknown, runtime: Runtime): Result<Draft, FaultOf<'draft.malformed'>> {
  const { formId, version } = runtime.program
  if (!isRecord(draft) || draft['format'] !== 1) return err(fault('draft.malformed', 'it is no draft of this kind'))
  if (draft['formId'] !== formId || draft['version'] !== version)
    return err(fault('draft.malformed', `it belongs to ${String(draft['formId'])} ${String(draft['version'])}`))
  const whole =
    everyValue(draft['values'], 'string') && everyValue(draft['rows'], 'number') && Array.isArray(draft['audit'])
  if (!whole || typeof draft['instanceId'] !== 'string' || typeof draft['language'] !== 'string')
    return err(fault('draft.malformed', 'a part of it is missing'))
  return ok(draft as unknown as Draft)
}
