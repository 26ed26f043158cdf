/** The body with its rows, in the order in which it is asked: only what is relevant. */
import type { BodySpec } from '../program.ts'
import { childrenNamed, type XNode } from './node.ts'
import type { Runtime } from './runtime.ts'

export interface Visitor {
  readonly ask: (node: XNode) => void
  /** Before a group (`row` is 0) or a row, from 1. */
  readonly enter?: (body: Exclude<BodySpec, { is: 'question' }>, node: XNode, row: number) => void
  readonly leave?: () => void
  readonly repeat?: (body: BodySpec & { is: 'repeat' }, parent: XNode, rows: readonly XNode[]) => void
}

/** The node as seen from another one: up to the innermost place that holds both, then down. */
export function inSameRow(runtime: Runtime, from: XNode, node: number): XNode | undefined {
  const chain = runtime.chainOf(node)
  let shared: XNode = from
  while (!chain.includes(shared.node) && shared.parent !== null) shared = shared.parent
  let at: XNode | undefined = shared
  for (const step of chain.slice(chain.indexOf(shared.node) + 1))
    at = at && childrenNamed(at, runtime.nodes[step]!.name)[0]
  return at
}

export function walkBody(runtime: Runtime, root: XNode, visitor: Visitor): void {
  const { nodes, program } = runtime
  const visit = (body: BodySpec, parent: XNode): void => {
    if (body.is === 'question') {
      const node = inSameRow(runtime, parent, body.node)
      if (node?.relevant === true) visitor.ask(node)
      return
    }
    if (body.is === 'group') {
      const node = body.node === null ? parent : inSameRow(runtime, parent, body.node)
      if (node?.relevant !== true) return
      visitor.enter?.(body, node, 0)
      for (const child of body.children) visit(child, node)
      visitor.leave?.()
      return
    }
    const above = nodes[body.node]!.parent
    const host = above === parent.node ? parent : inSameRow(runtime, parent, above)
    if (host?.relevant !== true) return
    const rows = childrenNamed(host, nodes[body.node]!.name)
    visitor.repeat?.(body, host, rows)
    for (const [i, row] of rows.entries()) {
      if (!row.relevant) continue
      visitor.enter?.(body, row, i + 1)
      for (const child of body.children) visit(child, row)
      visitor.leave?.()
    }
  }
  for (const body of program.body) visit(body, root)
}
