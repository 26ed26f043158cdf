/** Functions on node sets and places in them. */
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

/** Park and Miller's generator, as ODK's specification of `randomize` says. */
function shuffled<N>(nodes: readonly N[], seed: number): readonly N[] {
  let state = Math.trunc(seed) % 2_147_483_647
  if (state <= 0) state += 2_147_483_646
  const draw = (): number => {
    state = (state * 48_271) % 2_147_483_647
    return (state - 1) / 2_147_483_646
  }
  const mixed = [...nodes]
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1))
    ;[mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!]
  }
  return mixed
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
  randomize: ofValues(1, 2, ({ context, count, value, number }) =>
    shuffled(nodesOf(value(0)), count === 2 ? number(1) : context.environment.random() * 2_147_483_646 + 1),
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
