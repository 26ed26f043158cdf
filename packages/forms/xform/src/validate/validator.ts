/**
 * Checks records of one form, one after another, without a session: the collector's second look
 * at what arrives, and the command line's look at ten thousand rows.
 *
 *   V1 `required`, `constraint`, `type` and `soft`: exactly what a session says that holds the same answers
 *   V2 what one record held has no part in the verdict on the next
 *   V3 a rule that speaks of today speaks of the day of the record
 *   V4 any text at all is a verdict, never an exception
 *
 * A record is what a submission is: answers by ref, what was not asked left out. Where it leaves
 * out a whole column, the form's own default stands in.
 *
 * Not here: many records at once (`validate-in-workers.ts`).
 */
import type { Millis } from '@murram/ground'
import type { Context } from '@murram/xpath'
import type { Answers, Form } from '../form.ts'
import { runtimeOf } from '../open-form.ts'
import { calculatedValue } from '../run/answer-type.ts'
import { createEnvironment } from '../run/environment.ts'
import { createNode, type XNode } from '../run/node.ts'
import { preloadedValue } from '../run/preload.ts'
import { refOf } from '../run/refs.ts'
import { createViolations } from '../run/violations.ts'
import { wordsOf } from '../run/words.ts'
import { createLeafCheck } from './check-leaf.ts'
import { createOffers, splitWords } from './offered.ts'
import { makePlan, type MakerStep } from './plan.ts'
import { readRecord } from './read-record.ts'
import { createRecordTree, MAX_ROWS } from './record-tree.ts'
import { quoted, unknownNode, type RecordViolation } from './record-violation.ts'

/** Rows that read one another may go round. */
const MAX_PASSES = 1_000

export interface ValidatorOptions {
  /**
   * What `today()` is where the record does not say when it was made (`start`, `end`); this
   * machine's clock if absent.
   */
  readonly now?: () => Millis
  /** IANA name; the process's zone if absent. */
  readonly timeZone?: string
}

/** Answers by ref, or the instance as XML. */
export type Validator = (record: Answers | string) => readonly RecordViolation[]

export function createValidator(form: Form, options: ValidatorOptions = {}): Validator {
  const unknownLists = listsNotAtHand(form)
  const clock = options.now ?? (() => Date.now() as Millis)
  /** What `today()` was to whoever answered. */
  let nowMs = clock()
  const plan = makePlan(runtimeOf(form), unknownLists)
  const tree = createRecordTree(runtimeOf(form))
  const { root, runtime, compiled } = tree
  const { nodes } = runtime
  const environment = createEnvironment(
    runtime,
    {
      now: () => nowMs,
      random: () => 0.5,
      uuid: () => '00000000-0000-4000-8000-000000000000',
      ...(options.timeZone === undefined ? {} : { timeZone: options.timeZone }),
    },
    () => form.defaultLanguage,
    () => root,
  )
  const offers = createOffers(runtime, plan.fixedChoices)
  const context: { -readonly [K in keyof Context<XNode>]: Context<XNode>[K] } = {
    node: root,
    current: root,
    position: 1,
    size: 1,
    environment,
  }
  /** One context for all: whoever needs another one makes it. */
  const at = (node: XNode): Context<XNode> => {
    context.node = node
    context.current = node
    return context
  }
  const preloads = nodes.flatMap(({ preload }, node) => (preload === null ? [] : [{ node, preload }]))

  const ends = (parameter: string) =>
    preloads.filter(({ preload }) => preload.kind === 'timestamp' && preload.parameter === parameter)
  const timestamps = [...ends('end'), ...ends('start')].map(({ node }) => node)

  /** What the record says of nodes whose value the form makes. */
  const recorded = new Map<XNode, string>()
  /** Answers that no filter offers: the form goes on without them. */
  const taken = new Map<XNode, string>()
  let found: RecordViolation[] = []
  let drew = false
  let changed = false
  const words = wordsOf(form.defaultLanguage)
  const violations = createViolations({ runtime, environment, words: () => words })
  const checkLeaf = createLeafCheck({ plan, runtime, compiled, violations, words, offers, at })

  function put(record: Answers): void {
    for (const ref in record) {
      const value = record[ref]
      if (typeof value !== 'string') {
        found.push({ ref, kind: 'unreadable', label: '', message: 'An answer is text.' })
        continue
      }
      const place = tree.place(ref)
      if (place === 'too many rows')
        found.push({ ref, kind: 'unknown-node', label: '', message: `A record has no more than ${MAX_ROWS} rows.` })
      else if (place === 'no such place') {
        if (!ref.startsWith('meta/')) found.push(unknownNode(ref))
      } else if (nodes[place.node]!.children.length > 0) {
        if (value.trim() !== '') found.push(unknownNode(ref))
      } else {
        place.value = value
        if (nodes[place.node]!.calculated) recorded.set(place, value)
      }
    }
    tree.hang()
  }

  /** The record's own end or start, else the clock. */
  function recordedAt(): Millis {
    for (const node of timestamps)
      for (const { value } of tree.instancesOf(node)) {
        const ms = value === '' ? Number.NaN : Date.parse(value)
        if (!Number.isNaN(ms)) return ms as Millis
      }
    return clock()
  }

  function preload(): void {
    for (const { node, preload: kind } of preloads)
      for (const instance of tree.instancesOf(node))
        if (instance.value === '')
          instance.value = preloadedValue(kind, environment, { deviceId: '', username: '' }, 'start') ?? ''
  }

  function pass(): void {
    for (const step of plan.makers) for (const host of tree.instancesOf(step.host)) make(step, host)
  }

  function make(step: MakerStep, node: XNode): void {
    switch (step.kind) {
      case 'relevant':
        // What stands in something that is not asked is not asked, whatever it says itself.
        if (node.parent!.relevant) wish(node, isAsked(step, node))
        return
      case 'calculate':
        return calculate(step, node)
      case 'choices':
        return offer(node)
      case 'rows':
        return count(step, node)
      default:
    }
  }

  function isAsked({ expression, inner }: MakerStep, node: XNode): boolean {
    return inner ? asHeld(node, () => compiled(expression).truth(at(node))) : compiled(expression).truth(at(node))
  }

  function wish(node: XNode, wanted: boolean): void {
    node.wanted = wanted
    spread(node)
  }

  function spread(node: XNode): void {
    const relevant = node.wanted && (node.parent?.relevant ?? true)
    if (node.relevant === relevant) return
    node.relevant = relevant
    changed = true
    for (const child of node.attributes) spread(child)
    for (const child of node.children) spread(child)
  }

  function set(node: XNode, value: string): void {
    if (node.value === value) return
    node.value = value
    changed = true
  }

  function calculate(step: MakerStep, node: XNode): void {
    if (nodes[node.node]!.path === 'meta/instanceID') return
    if (plan.drawn.has(node.node)) {
      if (recorded.has(node)) return
      drew = true
    }
    const counted = plan.countsRowsOf.get(node.node)
    if (counted !== undefined && recorded.has(node) && counted.some(isWithheld)) return
    const value = compiled(step.expression).value(at(node))
    set(node, calculatedValue(value, nodes[node.node]!.type, runtime.tree))
  }

  /** Rows that are not asked are not sent. */
  const isWithheld = (repeat: number): boolean =>
    tree
      .instancesOf(nodes[repeat]!.parent)
      .some(host => tree.rowsOf(host, repeat).length === 0 && (!host.relevant || plan.conditional.has(repeat)))

  function offer(node: XNode): void {
    const source = nodes[node.node]!.control?.choices
    if (node.value === '' || source === null || source === undefined) return
    const words = splitWords(node.value)
    const kept = offers.kept(source, words, at(node))
    if (kept.length === words.length) return
    if (!taken.has(node)) taken.set(node, node.value)
    set(node, kept.join(' '))
  }

  function count(step: MakerStep, host: XNode): void {
    const { name } = nodes[step.node]!
    // The count is written as seen from a row, and there may be none yet.
    const row = createNode(step.node, name, host)
    row.relevant = host.relevant
    const wanted = compiled(step.expression).number(at(row))
    // A count that is cleared, or not asked any more, deletes nobody's answers.
    if (Number.isNaN(wanted)) return
    const before = tree.rowsOf(host, step.node)
    const extra = before.slice(Math.max(0, Math.trunc(wanted)))
    for (const one of extra) {
      const ref = refOf(one, nodes)
      const message = `The form counts ${Math.max(0, Math.trunc(wanted))} rows of ${quoted(name)} here.`
      found.push({ ref, kind: 'unknown-node', label: '', message })
    }
    const added = tree.setRows(host, step.node, wanted)
    if (added.length === 0 && extra.length === 0) return
    changed = true
    for (const again of step.again)
      for (const fresh of added)
        for (const inner of tree.instancesOf(plan.makers[again]!.host, fresh)) make(plan.makers[again]!, inner)
  }

  return given => {
    found = []
    const record = readRecord(form, given, found)
    if (record === null) return found
    tree.reset()
    recorded.clear()
    taken.clear()
    drew = false
    put(record)
    nowMs = recordedAt()
    preload()
    let passes = 0
    do {
      changed = false
      pass()
      passes++
    } while (plan.loops && changed && passes < MAX_PASSES)
    checkLeaf(root, { record, recorded, taken, drew, found })
    return found
  }
}

/** What is below the node is read whether it is asked or not. */
function asHeld<T>(node: XNode, evaluate: () => T): T {
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

/** Lists that nobody gave, and what another submission said: nothing can be compared with them. */
function listsNotAtHand({ program, missingAttachments }: Form): ReadonlySet<string> {
  const missing = new Set(missingAttachments)
  const ids = Object.entries(program.instances).flatMap(([id, source]) =>
    'lastSaved' in source || ('external' in source && missing.has(source.external.fileName)) ? [id] : [],
  )
  return new Set(ids)
}

/** One record: `createValidator` is for many. */
export const validateAnswers = (
  form: Form,
  record: Answers | string,
  options: ValidatorOptions = {},
): readonly RecordViolation[] => createValidator(form, options)(record)
