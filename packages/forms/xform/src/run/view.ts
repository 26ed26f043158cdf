/** What a screen shows of an instance: questions in order, pages, repeats, violations. */
import { toBoolean, type Environment } from '@murram/xpath'
import type { BodySpec } from '../program.ts'
import type { Page, QuestionState, RepeatState, Violation } from '../session-types.ts'
import { choicesOf } from './choices.ts'
import { childrenNamed, createNode, type XNode } from './node.ts'
import { findRef, refOf } from './refs.ts'
import { renderText } from './render.ts'
import type { Runtime } from './runtime.ts'
import type { Violations } from './violations.ts'

export interface View {
  readonly asked: () => readonly XNode[]
  readonly question: (node: XNode) => QuestionState
  readonly pages: () => readonly Page[]
  readonly repeats: () => readonly RepeatState[]
  /** Whether a row would be asked, also where there is none yet. */
  readonly isRepeatAsked: (parent: XNode, repeat: number) => boolean
  readonly violations: () => readonly Violation[]
}

export function createView(
  runtime: Runtime,
  environment: Environment<XNode>,
  root: XNode,
  violations: Violations,
): View {
  const { nodes, program } = runtime
  const render = (text: Parameters<typeof renderText>[2], asker: XNode): string =>
    renderText(runtime, environment, text, asker)

  /** The body with its rows: `enter` before a group or row, `leave` after it. */
  function walk(visitor: {
    readonly ask: (node: XNode) => void
    readonly enter?: (body: BodySpec, node: XNode, row: number) => void
    readonly leave?: () => void
    readonly repeat?: (body: BodySpec & { is: 'repeat' }, parent: XNode, rows: readonly XNode[]) => void
  }): void {
    const inside = (parent: XNode, node: number): XNode | undefined => {
      const chain = runtime.chainOf(node)
      let from: XNode = parent
      while (!chain.includes(from.node) && from.parent !== null) from = from.parent
      let at: XNode | undefined = from
      for (const step of chain.slice(chain.indexOf(from.node) + 1)) at = at && childrenNamed(at, nodes[step]!.name)[0]
      return at
    }
    const visit = (body: BodySpec, parent: XNode): void => {
      if (body.is === 'question') {
        const node = inside(parent, body.node)
        if (node?.relevant === true) visitor.ask(node)
        return
      }
      if (body.is === 'group') {
        const node = body.node === null ? parent : inside(parent, body.node)
        if (node?.relevant !== true) return
        visitor.enter?.(body, node, 0)
        for (const child of body.children) visit(child, node)
        visitor.leave?.()
        return
      }
      const above = nodes[body.node]!.parent
      const host = above === parent.node ? parent : inside(parent, above)
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

  function isRepeatAsked(parent: XNode, repeat: number): boolean {
    if (!parent.relevant) return false
    const { name } = nodes[repeat]!
    const rows = childrenNamed(parent, name)
    if (rows.length > 0) return rows.some(row => row.relevant)
    const row = createNode(repeat, name, parent)
    return runtime
      .stepsOn(repeat)
      .filter(step => runtime.steps[step]!.kind === 'relevant')
      .every(step => {
        const { expression } = runtime.steps[step]!
        return toBoolean(runtime.evaluate(expression)({ node: row, current: row, position: 1, size: 1, environment }))
      })
  }

  const asked = (): readonly XNode[] => {
    const found: XNode[] = []
    walk({ ask: node => void found.push(node) })
    return found
  }

  /** A calculation is not asked, but a person may have to say why its result stands. */
  const everyAsked = (): readonly XNode[] =>
    asked().flatMap(node => {
      const explained = violations.explained(node)
      return explained !== undefined && nodes[explained.node]!.control === null ? [explained, node] : [node]
    })

  function question(node: XNode): QuestionState {
    const { name, kind, control } = nodes[node.node]!
    const explained = violations.explained(node)
    let row: XNode | null = node.parent
    while (row !== null && !(row.node >= 0 && nodes[row.node]!.repeat)) row = row.parent
    return {
      ref: refOf(node, nodes),
      name,
      kind,
      label: render(control?.label ?? [], node),
      hint: render(control?.hint ?? [], node),
      value: node.value,
      relevant: node.relevant,
      required: node.required,
      readOnly: node.readOnly,
      choices: choicesOf(runtime, environment, node, { all: false }),
      violations: violations.at(node),
      appearance: control?.appearance ?? '',
      ...(row === null ? {} : { repeat: refOf(row, nodes) }),
      ...(explained === undefined ? {} : { reasonFor: refOf(explained, nodes) }),
    }
  }

  /** A group or a row begins a page, unless it stands on a field-list that already is one. */
  function pages(): readonly Page[] {
    interface Draft {
      readonly ref: string
      readonly label: string
      readonly questions: string[]
    }
    const all: Draft[] = []
    const open: { readonly ref: string; readonly label: string; readonly whole: boolean }[] = [
      { ref: '', label: program.title, whole: false },
    ]
    const begin = (): void => void all.push({ ref: open.at(-1)!.ref, label: open.at(-1)!.label, questions: [] })
    begin()
    walk({
      ask: node => void all.at(-1)!.questions.push(refOf(node, nodes)),
      enter: (body, node, row) => {
        const outer = open.at(-1)!
        const appearance = body.is === 'question' ? '' : body.appearance
        const own = body.is === 'question' ? '' : render(body.label, node)
        const label = row === 0 ? own || outer.label : `${own || nodes[node.node]!.name} ${row}`
        const ref = body.is === 'group' && body.node === null ? outer.ref : refOf(node, nodes)
        open.push({ ref, label, whole: outer.whole || appearance.split(/\s+/).includes('field-list') })
        if (!outer.whole) begin()
      },
      leave: () => {
        open.pop()
        if (!open.at(-1)!.whole) begin()
      },
    })
    return all.filter(page => page.questions.length > 0)
  }

  function repeats(): readonly RepeatState[] {
    const found: RepeatState[] = []
    walk({
      ask: () => undefined,
      repeat: (body, host, rows) => {
        if (!isRepeatAsked(host, body.node)) return
        const above = refOf(host, nodes)
        const { name } = nodes[body.node]!
        const ref = above === '' ? name : `${above}/${name}`
        found.push({ ref, count: rows.length, canAdd: !body.counted, label: render(body.label, host) || name })
      },
    })
    return found
  }

  return {
    asked,
    question,
    pages,
    repeats,
    isRepeatAsked,
    violations: () => everyAsked().flatMap(violations.at),
  }
}

export const questionAt = (root: XNode, ref: string, { nodes }: Runtime): XNode | undefined => {
  const node = findRef(root, ref, nodes)
  return node === undefined || nodes[node.node]!.children.length > 0 ? undefined : node
}
