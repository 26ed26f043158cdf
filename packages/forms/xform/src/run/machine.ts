/**
 * Keeps one instance consistent: relevance, rows, choices, calculations and validity follow
 * from the answers. What changes tells its readers; readers run in the program's order.
 *
 *   M1 after `settle`, no step would change anything if it were evaluated again
 *   M2 every change goes through the journal
 *
 * Not here: what an officer may enter (`session.ts`).
 */
import { toBoolean, toNumber, isNodes, type Environment } from '@murram/xpath'
import { offeredValues } from './choices.ts'
import { createJournal, type Journal } from './journal.ts'
import { childrenNamed, createNode, placeOf, type XNode } from './node.ts'
import { calculatedValue } from './answer-type.ts'
import type { InitialNode } from '../program.ts'
import type { Runtime } from './runtime.ts'

/** A form that counts its rows by a mistyped answer must not fill the memory. */
const MAX_ROWS = 10_000

export interface Machine {
  readonly document: XNode
  readonly root: XNode
  readonly journal: Journal
  /** Sets a value and tells its readers; nothing runs until `settle`. */
  readonly setValue: (node: XNode, value: string) => void
  readonly setRows: (parent: XNode, repeat: number, count: number) => readonly XNode[]
  readonly removeRow: (row: XNode) => void
  /** Rows that were added since the last call, whoever added them. */
  readonly takeNewRows: () => readonly XNode[]
  /** Everything will be evaluated; without calculations where their results are already there. */
  readonly touchAll: (options: { readonly calculations: boolean }) => void
  /** The step will be evaluated on the node. */
  readonly touch: (step: number, node: XNode) => void
  readonly forgetPending: () => void
  readonly settle: () => void
  /** `false`: it stood in a row that was removed. */
  readonly isInside: (node: XNode) => boolean
  readonly evaluateText: (expression: number, node: XNode) => string
  readonly instancesOf: (node: number, below: XNode) => readonly XNode[]
}

export interface MachineDeps {
  readonly runtime: Runtime
  readonly environment: Environment<XNode>
  /** Nodes whose value the session gives: their calculation is never run. */
  readonly given: ReadonlySet<number>
}

export function createMachine({ runtime, environment, given }: MachineDeps): Machine {
  const { nodes, steps, readers, program, tree } = runtime
  const journal = createJournal()
  /** Repeats whose rows the form counts: they begin with none. */
  const counted = new Set(steps.filter(step => step.kind === 'rows').map(step => step.node))
  const document = createNode(-1, '', null)
  document.children = [grow(program.initial, document)]
  const root = document.children[0]!
  document.fixed = fixedNodes(root)
  const pending: (Set<XNode> | undefined)[] = steps.map(() => undefined)
  let lowest = steps.length
  let newRows: XNode[] = []

  function grow(initial: InitialNode, parent: XNode): XNode {
    const spec = nodes[initial.node]!
    const node = createNode(initial.node, spec.name, parent, initial.value)
    node.required = spec.required
    node.readOnly = spec.fixed || spec.calculated
    const made = initial.children.filter(child => !counted.has(child.node)).map(child => grow(child, node))
    node.attributes = made.filter(child => nodes[child.node]!.attribute)
    node.children = made.filter(child => !nodes[child.node]!.attribute)
    return node
  }

  /** No row comes or goes above them: expressions find them without looking on the way. */
  function fixedNodes(top: XNode): readonly (XNode | undefined)[] {
    const found: (XNode | undefined)[] = nodes.map(() => undefined)
    const twice = new Set<number>()
    const visit = (node: XNode): void => {
      if (runtime.repeatOf(node.node) >= 0) return
      if (found[node.node] !== undefined) twice.add(node.node)
      found[node.node] = node
      node.children.forEach(visit)
    }
    visit(top)
    for (const node of twice) found[node] = undefined
    return found
  }

  function touch(step: number, node: XNode): void {
    ;(pending[step] ??= new Set()).add(node)
    if (step < lowest) lowest = step
  }

  /** The node a step runs on; a count of rows runs on what holds the rows. */
  const hostOf = (step: number): number =>
    steps[step]!.kind === 'rows' ? nodes[steps[step]!.node]!.parent : steps[step]!.node

  function instancesOf(node: number, below: XNode): readonly XNode[] {
    const chain = runtime.chainOf(node)
    const from = below === document ? 0 : chain.indexOf(below.node) + 1
    let found: readonly XNode[] = [below]
    for (let i = from; i < chain.length; i++) {
      const spec = nodes[chain[i]!]!
      found = spec.attribute
        ? found.flatMap(one => one.attributes.filter(child => child.node === chain[i]))
        : found.length === 1
          ? childrenNamed(found[0]!, spec.name)
          : found.flatMap(one => childrenNamed(one, spec.name))
    }
    return found
  }

  const rowAround = (node: XNode, repeat: number): XNode => {
    if (repeat < 0) return document
    let at: XNode | null = node
    while (at !== null && at.node !== repeat) at = at.parent
    return at ?? document
  }

  function tellReaders(node: XNode): void {
    for (const { step, within } of readers[node.node]!)
      for (const reader of instancesOf(hostOf(step), rowAround(node, within))) touch(step, reader)
  }

  /**
   * Rows came or went: the numbers of those at and after the place `from` changed, and whoever
   * reads over all rows must look again.
   */
  function tellRowsChanged(parent: XNode, repeat: number, from: number): void {
    const moved = childrenNamed(parent, nodes[repeat]!.name).slice(from)
    const visit = (node: number): void => {
      for (const { step, within } of readers[node]!) {
        const inRow = within >= 0 && runtime.chainOf(within).includes(repeat)
        if (inRow && node !== repeat) continue
        for (const above of inRow ? moved : [rowAround(parent, within)])
          for (const reader of instancesOf(hostOf(step), above)) touch(step, reader)
      }
      nodes[node]!.children.forEach(visit)
    }
    visit(repeat)
  }

  function touchBelow(node: XNode, calculations: boolean): void {
    for (const step of runtime.stepsOn(node.node)) {
      const { kind } = steps[step]!
      if (kind !== 'rows' && (kind !== 'calculate' || calculations)) touch(step, node)
    }
    for (const child of nodes[node.node]!.children)
      for (const step of runtime.stepsOn(child)) if (steps[step]!.kind === 'rows' && calculations) touch(step, node)
    for (const child of node.attributes) touchBelow(child, calculations)
    for (const child of node.children) touchBelow(child, calculations)
  }

  function setValue(node: XNode, value: string): void {
    if (journal.write(node, 'value', value)) tellReaders(node)
  }

  function spreadRelevance(node: XNode): void {
    const relevant = node.wanted && (node.parent?.relevant ?? true)
    if (!journal.write(node, 'relevant', relevant)) return
    tellReaders(node)
    for (const child of node.attributes) spreadRelevance(child)
    for (const child of node.children) spreadRelevance(child)
  }

  function setRows(parent: XNode, repeat: number, count: number): readonly XNode[] {
    const name = nodes[repeat]!.name
    const rows = childrenNamed(parent, name)
    const wanted = Math.min(Math.max(0, Math.trunc(count)), MAX_ROWS)
    if (rows.length === wanted) return []
    const template = program.templates[repeat]
    if (template === undefined) throw new Error(`repeat ${nodes[repeat]!.path} has no template`)
    const added = Array.from({ length: Math.max(0, wanted - rows.length) }, () => grow(template, parent))
    const gone = new Set(rows.slice(wanted))
    const others = gone.size === 0 ? parent.children : parent.children.filter(child => !gone.has(child))
    const last = rows[Math.min(rows.length, wanted) - 1]
    const at = last === undefined ? placeFor(parent, repeat, others) : others.lastIndexOf(last) + 1
    journal.write(parent, 'children', others.toSpliced(at, 0, ...added))
    newRows.push(...added)
    for (const row of added) {
      spreadNew(row)
      touchBelow(row, true)
    }
    tellRowsChanged(parent, repeat, Math.min(rows.length, wanted))
    return added
  }

  /** Where the first row goes: after the siblings that the form names before it. */
  function placeFor(parent: XNode, repeat: number, children: readonly XNode[]): number {
    const order = nodes[parent.node]!.children
    const before = new Set(order.slice(0, order.indexOf(repeat)))
    return children.findLastIndex(child => before.has(child.node)) + 1
  }

  function spreadNew(node: XNode): void {
    node.relevant = node.wanted && (node.parent?.relevant ?? true)
    for (const child of node.attributes) spreadNew(child)
    for (const child of node.children) spreadNew(child)
  }

  function removeRow(row: XNode): void {
    const parent = row.parent!
    const place = placeOf(row)
    journal.write(
      parent,
      'children',
      parent.children.filter(child => child !== row),
    )
    tellRowsChanged(parent, row.node, place)
  }

  const contextAt = (node: XNode) => ({ node, current: node, position: 1, size: 1, environment })
  /** As a calculation of the node's type would write it: a value that is no number is no answer. */
  const evaluateText = (expression: number, node: XNode): string =>
    calculatedValue(runtime.evaluate(expression)(contextAt(node)), nodes[node.node]!.type, tree)

  function run(step: number, node: XNode): void {
    const { kind, expression, node: target, inner } = steps[step]!
    if (kind === 'rows') {
      // The count is written as seen from a row, and there may be none yet.
      const row = createNode(target, nodes[target]!.name, node)
      const count = toNumber(tree, runtime.evaluate(expression)(contextAt(row)))
      // A count that is cleared, or not asked any more, deletes nobody's answers.
      if (!Number.isNaN(count)) setRows(node, target, count)
      return
    }
    const value =
      inner === true
        ? asIfAsked(node, () => runtime.evaluate(expression)(contextAt(node)))
        : runtime.evaluate(expression)(contextAt(node))
    switch (kind) {
      case 'relevant':
        if (journal.write(node, 'wanted', toBoolean(value))) spreadRelevance(node)
        return
      case 'calculate':
        if (!given.has(node.node)) setValue(node, calculatedValue(value, nodes[node.node]!.type, tree))
        return
      case 'required':
        journal.write(node, 'required', toBoolean(value))
        return
      case 'readonly':
        journal.write(node, 'readOnly', toBoolean(value) || nodes[node.node]!.calculated)
        return
      case 'constraint':
        journal.write(node, 'valid', toBoolean(value))
        return
      case 'choices':
        offer(node, isNodes(value) ? value : [])
    }
  }

  /** What is below the node is read as held, whether it is asked or not. */
  function asIfAsked<T>(node: XNode, evaluate: () => T): T {
    const hidden: XNode[] = []
    const visit = (one: XNode): void => {
      if (!one.relevant) hidden.push(one)
      for (const child of one.attributes) visit(child)
      for (const child of one.children) visit(child)
    }
    visit(node)
    for (const one of hidden) one.relevant = true
    const value = evaluate()
    for (const one of hidden) one.relevant = false
    return value
  }

  /** An answer that is no longer offered is taken away: it would be an answer to another question. */
  function offer(node: XNode, items: readonly XNode[]): void {
    const before = node.offered
    const isSame = before !== null && before.length === items.length && items.every((item, i) => item === before[i])
    // Items of a list stay what they are; a row that is offered may have been given another name.
    if (isSame && !items.some(item => item.node >= 0)) return
    if (!isSame) journal.write(node, 'offered', items)
    if (node.value === '') return
    const values = offeredValues(runtime, environment, node)
    const kept = node.value.split(/\s+/).filter(word => values.has(word))
    setValue(node, kept.join(' '))
  }

  function settle(): void {
    // Rows that read one another may go round; they stop where nothing sensible comes any more.
    let left = 100_000 + 100 * steps.length
    for (; lowest < steps.length; lowest++) {
      const step = lowest
      const waiting = pending[step]
      if (waiting === undefined) continue
      pending[step] = undefined
      lowest = steps.length
      for (const node of waiting) if (isInside(node)) run(step, node)
      left -= waiting.size
      // What ran may have woken an earlier step.
      lowest = Math.min(lowest, step + 1) - 1
      if (left < 0) return drop()
    }
  }

  const drop = (): void => {
    pending.fill(undefined)
    lowest = steps.length
  }

  function isInside(node: XNode): boolean {
    for (let at: XNode = node; ;) {
      const { parent } = at
      if (parent === null) return at === document
      if (nodes[at.node]!.repeat && placeOf(at) < 0) return false
      at = parent
    }
  }

  return {
    document,
    root,
    journal,
    setValue,
    setRows,
    removeRow,
    takeNewRows: () => {
      const taken = newRows
      if (taken.length > 0) newRows = []
      return taken
    },
    touch,
    forgetPending: drop,
    isInside,
    touchAll: ({ calculations }) => touchBelow(root, calculations),
    settle,
    evaluateText,
    instancesOf,
  }
}
