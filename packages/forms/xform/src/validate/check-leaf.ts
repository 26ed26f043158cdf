/** The verdict on each answer of one record, once every value and every relevance is there. */
import type { Compiled, Context } from '@murram/xpath'
import type { Answers } from '../form.ts'
import type { NodeSpec } from '../program.ts'
import { readAnswer, readRange, typeMessage } from '../run/answer-type.ts'
import type { XNode } from '../run/node.ts'
import { refOf } from '../run/refs.ts'
import type { Runtime } from '../run/runtime.ts'
import type { Violations } from '../run/violations.ts'
import type { Words } from '../run/words.ts'
import { splitWords, type Offers } from './offered.ts'
import type { Plan } from './plan.ts'
import { quoted, type RecordViolation, type RecordViolationKind } from './record-violation.ts'

export interface LeafCheckDeps {
  readonly plan: Plan
  readonly runtime: Runtime
  readonly compiled: (expression: number) => Compiled<XNode>
  readonly violations: Violations
  readonly words: Words
  readonly offers: Offers
  readonly at: (node: XNode) => Context<XNode>
}

/** What is known of the record that is being checked. */
export interface RecordFacts {
  readonly record: Answers
  readonly recorded: ReadonlyMap<XNode, string>
  readonly taken: ReadonlyMap<XNode, string>
  /** A drawn value was not in the record: what follows from it cannot be compared. */
  readonly drew: boolean
  readonly found: RecordViolation[]
}

export function createLeafCheck({ plan, runtime, compiled, violations, words, offers, at }: LeafCheckDeps) {
  const { nodes } = runtime

  const say = (node: XNode, kind: RecordViolationKind, message: string, { found }: RecordFacts): void =>
    void found.push({ ref: refOf(node, nodes), kind, label: violations.labelOf(node), message })

  /** In the words of whoever sits before the form. */
  const sayAsSession = (node: XNode, { found }: RecordFacts): void => {
    for (const { ref, kind, label, message, reason } of violations.at(node))
      found.push({ ref, kind, label, message, ...(reason === undefined ? {} : { reason }) })
  }

  const holds = (expression: number, node: XNode): boolean => compiled(expression).truth(at(node))

  return check

  function check(node: XNode, facts: RecordFacts): void {
    for (const child of node.attributes) checkNode(child, facts)
    for (const child of node.children)
      if (child.children.length > 0) check(child, facts)
      else {
        checkNode(child, facts)
        for (const inner of child.attributes) checkNode(inner, facts)
      }
  }

  function checkNode(node: XNode, facts: RecordFacts): void {
    const spec = nodes[node.node]!
    if (spec.children.length > 0) return
    if (!node.relevant) {
      if (node.value !== '' || facts.recorded.size > 0 || facts.taken.size > 0) checkUnasked(node, facts)
      return
    }
    if (spec.calculated) checkCalculation(node, facts)
    if (spec.control !== null) checkAnswer(node, spec, facts)
    else if (spec.reason !== null) sayAsSession(node, facts)
  }

  function checkUnasked(node: XNode, facts: RecordFacts): void {
    const value = facts.recorded.get(node) ?? facts.taken.get(node) ?? node.value
    if (value === '') return
    // What the form itself gives (a default) is nobody's answer.
    if (facts.record[refOf(node, nodes)] !== value) return
    say(node, 'not-relevant', `Not asked after these answers, but answered with ${quoted(value)}.`, facts)
  }

  function checkCalculation(node: XNode, facts: RecordFacts): void {
    const held = facts.recorded.get(node)
    if (held === undefined) return
    if (facts.drew && plan.followsDrawn.has(node.node)) return
    if (isSame(held, node.value)) return
    say(node, 'calculation', `The form computes ${quoted(node.value)}, the record says ${quoted(held)}.`, facts)
  }

  function checkAnswer(node: XNode, spec: NodeSpec, facts: RecordFacts): void {
    const { control, type } = spec
    const taken = facts.taken.get(node)
    if (taken !== undefined) {
      const gone = splitWords(taken).filter(word => !splitWords(node.value).includes(word))
      say(node, 'not-offered', `Not offered after these answers: ${quoted(gone.join(' '))}.`, facts)
    }
    const { required, constraint } = plan.leafRules[node.node]!
    if (node.value === '') {
      node.required = required === null ? spec.required : holds(required, node)
      if (node.required) sayAsSession(node, facts)
      return
    }
    node.valid = constraint === null || holds(constraint, node)
    const typed = control?.choices === null ? readAnswer(node.value, type) : null
    if (!node.valid || typed?.ok === false || spec.reason !== null) sayAsSession(node, facts)
    if (typed?.ok === false) return
    if (taken === undefined) checkOffer(node, spec, facts)
  }

  /** Lists that no answer changes, and ranges. */
  function checkOffer(node: XNode, { control, kind, type }: NodeSpec, facts: RecordFacts): void {
    const bounds = control?.bounds ?? null
    if (bounds !== null) {
      const inRange = readRange(node.value, type, bounds)
      if (!inRange.ok) say(node, 'not-offered', typeMessage(words, node.value, inRange.expected), facts)
      return
    }
    const choices = control?.choices ?? null
    if (choices === null) return
    const chosen = splitWords(node.value)
    if (kind === 'select-one' && chosen.length > 1)
      return say(node, 'not-offered', typeMessage(words, node.value, { says: 'oneChoice' }), facts)
    if (choices.from === 'nodes') return
    const kept = offers.kept(choices, chosen, at(node))
    const gone = chosen.filter(word => !kept.includes(word))
    if (gone.length > 0) say(node, 'not-offered', `Not offered: ${quoted(gone.join(' '))}.`, facts)
  }
}

const NUMERIC = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** Engines write numbers differently: `2`, `2.0`, and the last digit of a quotient. */
function isSame(a: string, b: string): boolean {
  if (a === b) return true
  if (!NUMERIC.test(a) || !NUMERIC.test(b)) return a.trim() === b.trim()
  const [x, y] = [Number(a), Number(b)]
  return Math.abs(x - y) <= 1e-9 * Math.max(1, Math.abs(x), Math.abs(y))
}
