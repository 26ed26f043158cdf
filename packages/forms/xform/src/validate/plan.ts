/**
 * What can be decided once a form about checking its records.
 *
 * The program's steps stand in an order in which nothing is read before it is made, so one pass
 * over them computes a record. Two things ask for more, and are found here:
 *
 *     a step reads its own node in other rows (a running balance)   → passes until nothing changes
 *     rows are counted after a step inside them was evaluated        → that step again, in the new rows
 *
 * A calculation that looks at the clock, at chance or at the device's zone and language gives
 * another value today than when the record was made: the record's value stands (`drawn`), and is
 * compared with nothing. So does a count over rows that are not asked: they are not sent, and nobody
 * can tell any more how many there were. What follows from a drawn value is compared only where the record holds it.
 */
import { calls, reads } from '@murram/xpath'
import type { StepKind } from '../program.ts'
import type { Runtime } from '../run/runtime.ts'

const MAKERS: ReadonlySet<StepKind> = new Set(['relevant', 'rows', 'choices', 'calculate'])
/** What these say depends on when, where and by whom they are asked. */
const DRAWS = ['now', 'today', 'random', 'randomize', 'uuid', 'once', 'format-date-time', 'jr:itext', 'jr:choice-name']

export interface MakerStep {
  readonly kind: StepKind
  readonly node: number
  readonly expression: number
  /** It reads what is below its node, which is read as held. */
  readonly inner: boolean
  /** The node it runs on: a count of rows runs on what holds the rows. */
  readonly host: number
  /** Of a count of rows: places in `makers` of earlier steps inside the row. */
  readonly again: readonly number[]
}

/** Expressions that judge an answer, once every value is there. */
export interface LeafRules {
  readonly required: number | null
  readonly constraint: number | null
}

export interface Plan {
  readonly makers: readonly MakerStep[]
  readonly loops: boolean
  readonly leafRules: readonly LeafRules[]
  readonly drawn: ReadonlySet<number>
  readonly followsDrawn: ReadonlySet<number>
  /** Repeats over whose rows a node is calculated from outside. */
  readonly countsRowsOf: ReadonlyMap<number, readonly number[]>
  /** Repeats that may be not asked for their own sake. */
  readonly conditional: ReadonlySet<number>
  /** Expressions of choices that are the same whatever was answered. */
  readonly fixedChoices: ReadonlySet<number>
}

/** @param unknownLists Ids of instances that are not at hand: nothing is judged by them. */
export function makePlan(runtime: Runtime, unknownLists: ReadonlySet<string>): Plan {
  const { nodes, steps, program } = runtime
  const treeOf = (expression: number) => program.expressions[expression]!.tree
  const readsUnknown = (expression: number): boolean =>
    unknownLists.size > 0 &&
    (calls(treeOf(expression)).has('pulldata') ||
      reads(treeOf(expression)).some(({ from }) => typeof from === 'object' && unknownLists.has(from.instance)))
  const draws = (expression: number): boolean => {
    const named = calls(treeOf(expression))
    return DRAWS.some(name => named.has(name)) || readsUnknown(expression)
  }
  const kept = steps.filter(
    ({ kind, expression }) => MAKERS.has(kind) && !(kind === 'choices' && readsUnknown(expression)),
  )
  const makers = kept.map(({ kind, node, expression, inner }, at): MakerStep => {
    const isRows = kind === 'rows'
    const inside = (other: (typeof kept)[number], i: number): readonly number[] =>
      i < at && runtime.chainOf(other.node).includes(node) ? [i] : []
    const host = isRows ? nodes[node]!.parent : node
    return { kind, node, expression, inner: inner === true, host, again: isRows ? kept.flatMap(inside) : [] }
  })
  const drawn = new Set(steps.flatMap(step => (step.kind === 'calculate' && draws(step.expression) ? [step.node] : [])))
  return {
    makers,
    loops: readsBackwards(runtime),
    leafRules: nodes.map((_, node) => ({
      required: expressionOf(runtime, node, 'required'),
      constraint: expressionOf(runtime, node, 'constraint'),
    })),
    drawn,
    followsDrawn: following(runtime, drawn),
    countsRowsOf: rowCounts(runtime),
    conditional: new Set(steps.flatMap(({ kind, node }) => (kind === 'relevant' && nodes[node]!.repeat ? [node] : []))),
    fixedChoices: new Set(
      steps.flatMap(({ kind, expression }) =>
        kind === 'choices' && reads(treeOf(expression)).every(({ from }) => typeof from === 'object')
          ? [expression]
          : [],
      ),
    ),
  }
}

function expressionOf({ steps, stepsOn }: Runtime, node: number, kind: StepKind): number | null {
  const step = stepsOn(node).find(one => steps[one]!.kind === kind)
  return step === undefined ? null : steps[step]!.expression
}

/** The node and everything below it. */
const below = ({ nodes }: Pick<Runtime, 'nodes'>, node: number): readonly number[] => [
  node,
  ...nodes[node]!.attributes,
  ...nodes[node]!.children.flatMap(child => below({ nodes }, child)),
]

/** Does a step read what the same or a later step makes? */
function readsBackwards(runtime: Runtime): boolean {
  const { nodes, steps, readers } = runtime
  const lastMaker = nodes.map(() => -1)
  for (const [i, { kind, node }] of steps.entries())
    if (kind === 'relevant' || kind === 'rows') for (const one of below(runtime, node)) lastMaker[one] = i
    else if (MAKERS.has(kind)) lastMaker[node] = i
  return readers.some((all, node) => all.some(({ step }) => MAKERS.has(steps[step]!.kind) && step <= lastMaker[node]!))
}

function rowCounts(runtime: Runtime): ReadonlyMap<number, readonly number[]> {
  const { nodes, steps, readers } = runtime
  const found = new Map<number, Set<number>>()
  for (const [node, all] of readers.entries())
    for (const repeat of runtime.chainOf(node).filter(one => nodes[one]!.repeat))
      for (const { step } of all) {
        const { kind, node: target } = steps[step]!
        if (kind !== 'calculate' || runtime.chainOf(target).includes(repeat)) continue
        found.set(target, (found.get(target) ?? new Set()).add(repeat))
      }
  return new Map([...found].map(([node, repeats]) => [node, [...repeats]]))
}

function following(runtime: Runtime, from: ReadonlySet<number>): ReadonlySet<number> {
  const { steps, readers } = runtime
  const found = new Set(from)
  for (const node of found)
    for (const { step } of readers[node]!) {
      const { kind, node: target } = steps[step]!
      if (kind === 'relevant' || kind === 'rows') for (const one of below(runtime, target)) found.add(one)
      else if (MAKERS.has(kind)) found.add(target)
    }
  return found
}
