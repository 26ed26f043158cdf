/**
 * What a question's answer must satisfy beyond the one `constraint` of ODK: several rules with
 * their own messages, and soft ones that an answer may break with a reason.
 *
 *     murram:constraint-1  murram:constraint-1-msg      … -2, -3: hard rules
 *     murram:soft-constraint-1  murram:soft-constraint-1-msg      soft rules
 *     murram:reason-for    on the question that keeps the reason
 *
 * Other tools read `constraint` (all hard rules joined) and ask for the reason as a plain
 * question that is relevant while a soft rule does not hold. Where `murram:constraint-1` is
 * given it stands for `constraint`; without it `constraint` is the first rule.
 *
 * Not here: which violations a person sees (`run/violations.ts`).
 */
import type { NodeSpec, RuleSpec, Text } from '../program.ts'
import type { ExpressionPool } from './expression-pool.ts'
import { readMessage } from './texts.ts'
import { attribute, invalid, NS, type XmlElement } from './xml.ts'

export interface ReadRules {
  readonly rules: readonly RuleSpec[]
  /** What the one verdict on an answer is: all hard rules joined. `null`: anything goes. */
  readonly constraint: number | null
  readonly message: Text
}

const RULE = /^(soft-)?constraint(?:-(\d+))?$/

export function readRules(bind: XmlElement, path: string, pool: ExpressionPool): ReadRules {
  const found = bind.attributes.flatMap(({ uri, local, value }) => {
    const named = uri === NS.murram && value.trim() !== '' ? RULE.exec(local) : null
    return named === null ? [] : [{ local, source: value, soft: named[1] !== undefined, number: Number(named[2] ?? 1) }]
  })
  const plain = attribute(bind, 'constraint')?.trim() ?? ''
  const message = readMessage(attribute(bind, 'constraintMsg', NS.jr))
  const toRule = ({ local, source, soft }: (typeof found)[number]): RuleSpec => ({
    soft,
    expression: pool.add(source, `${local} of ${path}`),
    message: readMessage(attribute(bind, `${local}-msg`, NS.murram)),
  })
  const inOrder = found.toSorted((a, b) => a.number - b.number)
  const hard = inOrder.filter(one => !one.soft)
  const soft = inOrder.filter(one => one.soft).map(toRule)
  const first = plain === '' ? null : pool.add(plain, `constraint of ${path}`)
  if (hard.length === 0) return { rules: soft, constraint: first, message }
  const singles = hard.map(toRule)
  const isWhole = hard[0]!.number === 1
  const before: readonly RuleSpec[] = isWhole || first === null ? [] : [{ soft: false, expression: first, message }]
  const joined = [...(before.length === 0 ? [] : [plain]), ...hard.map(one => one.source)]
  const constraint = pool.add(joined.map(one => `(${one.trim()})`).join(' and '), `constraint of ${path}`)
  return { rules: [...before, ...singles, ...soft], constraint, message }
}

type Ruled = Pick<NodeSpec, 'rules' | 'reason' | 'reasonFor'>
interface Ruling {
  readonly rules: readonly RuleSpec[]
  /** Path of the question whose reason the node keeps, as written. */
  readonly reasonFor: string | undefined
}

/** Gives each node its rules, and joins a question with the one that keeps its reason. */
export function withRules<N extends Omit<NodeSpec, keyof Ruled>>(
  nodes: readonly N[],
  binds: ReadonlyMap<number, Ruling>,
  byPath: ReadonlyMap<string, number>,
): readonly (N & Ruled)[] {
  const reasonOf = new Map<number, number>()
  const questionOf = new Map<number, number>()
  const rowOf = (node: number): number => {
    let at = node
    while (at >= 0 && !nodes[at]!.repeat) at = nodes[at]!.parent
    return at
  }
  for (const [reason, { reasonFor: written }] of binds) {
    if (written === undefined || written === '') continue
    const { path } = nodes[reason]!
    const question = byPath.get(written.startsWith('/') ? written : `/${nodes[0]!.name}/${resolved(path, written)}`)
    if (question === undefined) throw invalid(`${path} keeps the reason of ${written}, which is not in the instance`)
    if (rowOf(question) !== rowOf(reason))
      throw invalid(`${path} keeps the reason of ${written}, which stands in another repeat`)
    if (reasonOf.has(question)) throw invalid(`two questions keep the reason of ${written}`)
    reasonOf.set(question, reason)
    questionOf.set(reason, question)
  }
  return nodes.map((node, i) => ({
    ...node,
    rules: binds.get(i)?.rules ?? [],
    reason: reasonOf.get(i) ?? null,
    reasonFor: questionOf.get(i) ?? null,
  }))
}

/** `../age` as seen from the node itself. */
function resolved(from: string, reference: string): string {
  const names = from.split('/')
  for (const name of reference.split('/'))
    if (name === '..') names.pop()
    else if (name !== '.') names.push(name)
  return names.join('/')
}
