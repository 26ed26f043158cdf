/** Functions on node sets and places in them. */
import { createHash } from 'node:crypto'
import type { FunctionTable } from '../evaluate.ts'
import { isNodes, type Tree, type Value } from '../value.ts'
import { ofValues } from './define.ts'

const nodesOf = <N>(value: Value<N>): readonly N[] => (isNodes(value) ? value : [])

/** Place among the siblings of its own name: the number of a row in its repeat. */
function placeOf<N>(tree: Tree<N>, node: N | undefined): number {
  if (node === undefined) return Number.NaN
  const parent = tree.parent(node)
  return parent === null ? 1 : tree.childrenNamed(parent, tree.name(node)).indexOf(node) + 1
}

const MODULUS = 2_147_483_647

/**
 * Park and Miller's generator over an inside-out shuffle, step for step as in ODK's other
 * engines: one seed gives one order on every device, whichever of them a form was begun on.
 */
function shuffled<N>(nodes: readonly N[], seed: bigint): readonly N[] {
  let state = Number(seed % BigInt(MODULUS))
  if (state <= 0) state += MODULUS - 1
  const mixed: N[] = []
  for (const [i, node] of nodes.entries()) {
    state = (state * 16_807) % MODULUS
    const j = Math.floor(((state - 1) / (MODULUS - 1)) * (i + 1))
    if (j < i) mixed[i] = mixed[j]!
    mixed[j] = node
  }
  return mixed
}

/** A seed that is no number, such as an instance's id, counts by its digest. */
function seedOf(number: number, text: string): bigint {
  if (Number.isFinite(number)) return BigInt(Math.trunc(number))
  if (text === '') return 0n
  return createHash('sha256').update(text, 'utf8').digest().readBigInt64BE()
}

export const nodeFunctions: FunctionTable = {
  count: ofValues(1, 1, ({ value }) => nodesOf(value(0)).length),
  'count-non-empty': ofValues(
    1,
    1,
    ({ tree, value }) => nodesOf(value(0)).filter(node => tree.text(node) !== '').length,
  ),
  position: ofValues(0, 1, ({ tree, context, count, value }) =>
    count === 0 ? context.position : placeOf(tree, nodesOf(value(0))[0]),
  ),
  last: ofValues(0, 0, ({ context }) => context.size),
  name: ofValues(0, 1, ({ tree, context, count, value }) => nameOf(tree, count === 0 ? [context.node] : value(0))),
  'local-name': ofValues(0, 1, ({ tree, context, count, value }) =>
    nameOf(tree, count === 0 ? [context.node] : value(0)),
  ),
  randomize: ofValues(1, 2, ({ context, count, value, number, text }) =>
    shuffled(
      nodesOf(value(0)),
      count === 2 ? seedOf(number(1), text(1)) : BigInt(1 + Math.floor(context.environment.random() * (MODULUS - 1))),
    ),
  ),
  pulldata: ofValues(4, 4, ({ tree, text }) => {
    const list = tree.instance(text(0))
    const rows = list === null ? undefined : tree.childrenNamed(list, 'root')[0]
    if (rows === undefined) return ''
    const [wanted, key] = [text(3), text(2)]
    const indexed = tree.lookUp(rows, 'item', key, wanted)
    const row =
      indexed === null
        ? tree
            .childrenNamed(rows, 'item')
            .find(item => tree.childrenNamed(item, key).some(n => tree.text(n) === wanted))
        : indexed[0]
    const cell = row === undefined ? undefined : tree.childrenNamed(row, text(1))[0]
    return cell === undefined ? '' : tree.text(cell)
  }),
}

const nameOf = <N>(tree: Tree<N>, value: Value<N>): string => {
  const [first] = nodesOf(value)
  return first === undefined ? '' : tree.name(first)
}
