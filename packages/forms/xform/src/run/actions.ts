/**
 * What events set: at a load, in a new row, after an answer was changed.
 *
 *   A1 an action sets the nodes that share the row of what raised the event
 *   A2 a row is new once, whoever made it: a person, or the form's own count
 */
import type { ActionSpec } from '../program.ts'
import type { Machine } from './machine.ts'
import type { XNode } from './node.ts'
import type { Runtime } from './runtime.ts'

export interface Actions {
  /** Everything that follows, new rows and what their events set included. */
  readonly settle: () => void
  /** `keep`: nodes whose value stands. */
  readonly load: (events: ReadonlySet<string>, keep: (node: XNode) => boolean) => void
  /** A person changed this question. */
  readonly changed: (node: XNode) => void
}

export interface ActionDeps {
  readonly runtime: Runtime
  readonly machine: Machine
  /** Where the device stands: `latitude longitude altitude accuracy`, or nobody knows. */
  readonly location: () => string | undefined
}

export function createActions({ runtime, machine, location }: ActionDeps): Actions {
  const of = (event: string): readonly ActionSpec[] => runtime.actions.filter(action => action.event === event)
  const onNewRow = of('odk-new-repeat')

  function carryOut({ does, expression, text }: ActionSpec, node: XNode): void {
    if (does === 'location') {
      const place = location()
      if (place !== undefined) machine.setValue(node, place)
      return
    }
    machine.setValue(node, expression === null ? text : machine.evaluateText(expression, node))
  }

  function settle(): void {
    machine.settle()
    for (let rows = machine.takeNewRows(); rows.length > 0; rows = machine.takeNewRows()) {
      for (const row of rows)
        for (const action of onNewRow) {
          if (!machine.isInside(row) || !runtime.chainOf(action.node).includes(row.node)) continue
          for (const node of machine.instancesOf(action.node, row)) carryOut(action, node)
          machine.settle()
        }
      machine.settle()
    }
  }

  /** The innermost row (or the whole instance) that holds both. */
  function sharedRow(node: XNode, other: number): XNode {
    const chain = runtime.chainOf(other)
    let at: XNode | null = node
    while (at !== null && !chain.includes(at.node)) at = at.parent
    return at ?? machine.root
  }

  return {
    settle,
    load: (events, keep) => {
      for (const action of runtime.actions) {
        if (!events.has(action.event)) continue
        for (const node of machine.instancesOf(action.node, machine.document)) if (!keep(node)) carryOut(action, node)
        settle()
      }
    },
    changed: node => {
      for (const action of runtime.actions) {
        if (action.trigger !== node.node) continue
        for (const target of machine.instancesOf(action.node, sharedRow(node, action.node))) carryOut(action, target)
        settle()
      }
    },
  }
}
