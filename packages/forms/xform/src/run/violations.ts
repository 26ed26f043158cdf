/**
 * What is wrong with one node, in words: a missing answer, a value of another type, each hard
 * rule that does not hold, and each soft one with the reason that was given for it.
 *
 * Which verdict holds the machine knows (`node.valid`, and whether the reason is asked); which
 * of several rules it was is looked up here, only where something is wrong.
 *
 * Not here: which nodes are asked (`view.ts`).
 */
import { toBoolean, type Environment } from '@murram/xpath'
import type { RuleSpec, Text } from '../program.ts'
import type { Violation } from '../session-types.ts'
import { readAnswer, typeMessage } from './answer-type.ts'
import type { XNode } from './node.ts'
import { refOf } from './refs.ts'
import { renderText } from './render.ts'
import type { Runtime } from './runtime.ts'
import { inSameRow } from './walk.ts'
import type { Words } from './words.ts'

export interface Violations {
  readonly at: (node: XNode) => readonly Violation[]
  /** Of an answer that its constraint refuses: what each broken rule says. */
  readonly hardMessages: (node: XNode) => readonly string[]
  readonly softAt: (node: XNode) => readonly Violation[]
  readonly labelOf: (node: XNode) => string
  /** The node that keeps the reason of this one. */
  readonly reasonNode: (node: XNode) => XNode | undefined
  /** The node whose reason this one keeps. */
  readonly explained: (node: XNode) => XNode | undefined
}

export interface ViolationsDeps {
  readonly runtime: Runtime
  readonly environment: Environment<XNode>
  readonly words: () => Words
}

/** Whether an instance may not be finished because of it. */
export const isOpen = ({ kind, reason }: Violation): boolean => kind !== 'soft' || reason === undefined

export function createViolations({ runtime, environment, words }: ViolationsDeps): Violations {
  const { nodes } = runtime
  const render = (text: Text, asker: XNode): string => renderText(runtime, environment, text, asker)
  const labelOf = (node: XNode): string =>
    render(nodes[node.node]!.control?.label ?? [], node) || nodes[node.node]!.name
  const holds = ({ expression }: RuleSpec, node: XNode): boolean =>
    toBoolean(runtime.evaluate(expression)({ node, current: node, position: 1, size: 1, environment }))

  const reasonNode = (node: XNode): XNode | undefined => {
    const { reason } = nodes[node.node]!
    return reason === null ? undefined : inSameRow(runtime, node, reason)
  }
  const explained = (node: XNode): XNode | undefined => {
    const { reasonFor } = nodes[node.node]!
    return reasonFor === null ? undefined : inSameRow(runtime, node, reasonFor)
  }

  function at(node: XNode): readonly Violation[] {
    const spec = nodes[node.node]!
    if (!node.relevant) return []
    if (spec.control === null) return softAt(node)
    const named = () => ({ ref: refOf(node, nodes), label: labelOf(node) })
    if (node.value === '') {
      // A reason that is missing is said once, at the answer that it is for.
      if (!node.required || spec.kind === 'note' || spec.reasonFor !== null) return []
      return [{ ...named(), kind: 'required', message: render(spec.requiredMessage, node) || words().required }]
    }
    // Nobody can enter such a value, but an edit of an older submission may bring one.
    const typed = spec.control.choices === null ? readAnswer(node.value, spec.type) : null
    if (typed?.ok === false)
      return [{ ...named(), kind: 'type', message: typeMessage(words(), node.value, typed.expected) }]
    if (node.valid) return softAt(node)
    return hardMessages(node).map(message => ({ ...named(), kind: 'constraint', message }))
  }

  function hardMessages(node: XNode): readonly string[] {
    const spec = nodes[node.node]!
    const broken = spec.rules.filter(rule => !rule.soft && !holds(rule, node))
    const messages = broken.length === 0 ? [spec.constraintMessage] : broken.map(rule => rule.message)
    return messages.map(message => render(message, node) || words().constraint)
  }

  /** The form itself says when it asks for a reason; its rules only say it more exactly. */
  function softAt(node: XNode): readonly Violation[] {
    const reason = reasonNode(node)
    if (reason === undefined || !reason.relevant) return []
    const broken = nodes[node.node]!.rules.filter(rule => rule.soft && !holds(rule, node))
    const messages =
      broken.length === 0
        ? [render(nodes[reason.node]!.control?.label ?? [], reason)]
        : broken.map(rule => render(rule.message, node))
    const given = reason.value.trim() === '' ? {} : { reason: reason.value }
    return messages.map(message => ({
      ref: refOf(node, nodes),
      label: labelOf(node),
      kind: 'soft',
      message: message || words().unusual,
      reasonRef: refOf(reason, nodes),
      ...given,
    }))
  }

  return { at, hardMessages, softAt, labelOf, reasonNode, explained }
}
