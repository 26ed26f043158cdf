/**
 * What a screen shows of an instance: questions in order, repeats, violations.
 *
 * Not here: pages (`pages.ts`), and what is wrong with one answer (`violations.ts`).
 */
import { toBoolean, type Environment } from '@murram/xpath'
import type { QuestionState, RangeState, RepeatState, Violation } from '../session-types.ts'
import type { ControlSpec, NodeSpec } from '../program.ts'
import { choicesOf } from './choices.ts'
import { guidanceOf, mediaOf } from './media.ts'
import { childrenNamed, createNode, type XNode } from './node.ts'
import { findRef, refOf } from './refs.ts'
import { renderText } from './render.ts'
import type { Runtime } from './runtime.ts'
import type { Violations } from './violations.ts'
import { walkBody } from './walk.ts'

export interface View {
  readonly asked: () => readonly XNode[]
  readonly question: (node: XNode) => QuestionState
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
  const { nodes } = runtime
  const render = (text: Parameters<typeof renderText>[2], asker: XNode): string =>
    renderText(runtime, environment, text, asker)

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
    walkBody(runtime, root, { ask: node => void found.push(node) })
    return found
  }

  /** A calculation is not asked, but a person may have to say why its result stands. */
  const everyAsked = (): readonly XNode[] =>
    asked().flatMap(node => {
      const explained = violations.explained(node)
      return explained !== undefined && nodes[explained.node]!.control === null ? [explained, node] : [node]
    })

  function question(node: XNode): QuestionState {
    const spec = nodes[node.node]!
    const { name, kind, type, control } = spec
    const deps = { runtime, environment }
    const media = mediaOf(deps, control?.label ?? [], node)
    const range = control === null ? null : rangeOf(control)
    const explained = violations.explained(node)
    let row: XNode | null = node.parent
    while (row !== null && !(row.node >= 0 && nodes[row.node]!.repeat)) row = row.parent
    return {
      ref: refOf(node, nodes),
      name,
      kind,
      label: render(control?.label ?? [], node),
      hint: render(control?.hint ?? [], node),
      guidance: guidanceOf(deps, control?.hint ?? [], node),
      value: node.value,
      relevant: node.relevant,
      required: node.required,
      readOnly: node.readOnly,
      choices: choicesOf(runtime, environment, node, { all: false }),
      violations: violations.at(node),
      appearance: control?.appearance ?? '',
      control: control?.element ?? '',
      type,
      parameters: parametersOf(spec),
      ...(media === undefined ? {} : { media }),
      ...(control?.mediaType === undefined ? {} : { mediaType: control.mediaType }),
      ...(range === null ? {} : { range }),
      ...(row === null ? {} : { repeat: refOf(row, nodes) }),
      ...(explained === undefined ? {} : { reasonFor: refOf(explained, nodes) }),
    }
  }

  function repeats(): readonly RepeatState[] {
    const found: RepeatState[] = []
    walkBody(runtime, root, {
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
    repeats,
    isRepeatAsked,
    violations: () => everyAsked().flatMap(violations.at),
  }
}

/** `orx:max-pixels` → `max-pixels`: a screen reads the parameter, not who named it. */
function parametersOf({ extras = {}, control }: NodeSpec): QuestionState['parameters'] {
  const all = Object.entries({ ...extras, ...control?.extras })
  return Object.fromEntries(all.map(([tag, value]) => [tag.slice(tag.indexOf(':') + 1), value]))
}

function rangeOf({ bounds, extras = {} }: ControlSpec): RangeState | null {
  if (bounds === null) return null
  const given = (name: string): number | null => {
    const text = Object.entries(extras).find(([tag]) => tag.endsWith(name))?.[1]
    return text === undefined || text.trim() === '' || Number.isNaN(Number(text)) ? null : Number(text)
  }
  return { ...bounds, tickInterval: given('tick-interval') ?? bounds.step, placeholder: given('placeholder') }
}

export const questionAt = (root: XNode, ref: string, { nodes }: Runtime): XNode | undefined => {
  const node = findRef(root, ref, nodes)
  return node === undefined || nodes[node.node]!.children.length > 0 ? undefined : node
}
