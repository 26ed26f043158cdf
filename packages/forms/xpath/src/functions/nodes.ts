/** Functions on node sets and places in them. */
import { createHash } from 'node:crypto'
import { nodal, numeric, textual, truthful } from '../compiled.ts'
import type { Call, Compiled, FunctionTable } from '../evaluate.ts'
import type { Tree } from '../value.ts'
import { nodesOf, ofCall } from './define.ts'

/** Place among the siblings of its own name: the number of a row in its repeat. */
function placeOf<N>(tree: Tree<N>, node: N | undefined): number {
  if (node === undefined) return Number.NaN
  const parent = tree.parent(node)
  return parent === null ? 1 : tree.childrenNamed(parent, tree.name(node)).indexOf(node) + 1
}

const MODULUS = 2_147_483_647

/** As JavaRosa reads a seed: a number without its fraction, a text by its SHA-256, blank as 0. */
function seedOf(seed: number, text: string): number {
  const whole = Number.isNaN(seed)
    ? text === ''
      ? 0n
      : createHash('sha256').update(text).digest().readBigInt64BE()
    : Number.isFinite(seed)
      ? BigInt(Math.trunc(seed))
      : seed > 0
        ? 2n ** 63n - 1n
        : -(2n ** 63n)
  const state = Number(whole % BigInt(MODULUS))
  return state <= 0 ? state + MODULUS - 1 : state
}

/** Park and Miller's generator and the "inside-out" shuffle, as ODK's specification of `randomize` says. */
function shuffled<N>(nodes: readonly N[], seed: number): readonly N[] {
  let state = seed
  const mixed: N[] = []
  for (const [i, node] of nodes.entries()) {
    state = (state * 16_807) % MODULUS
    const j = Math.floor(((state - 1) / (MODULUS - 1)) * (i + 1))
    if (j !== i) mixed[i] = mixed[j]!
    mixed[j] = node
  }
  return mixed
}

/** The text of the `column` of the row of a list whose `key` is `wanted`. */
function pulled<N>(tree: Tree<N>, id: string, column: string, key: string, wanted: string): string {
  const list = tree.instance(id)
  const rows = list === null ? undefined : tree.childrenNamed(list, 'root')[0]
  if (rows === undefined) return ''
  const indexed = tree.lookUp(rows, 'item', key, wanted)
  const row =
    indexed === null
      ? tree.childrenNamed(rows, 'item').find(item => tree.childrenNamed(item, key).some(n => tree.text(n) === wanted))
      : indexed[0]
  const cell = row === undefined ? undefined : tree.childrenNamed(row, column)[0]
  return cell === undefined ? '' : tree.text(cell)
}

/** The nearest `xml:lang` at or above the node, in lower case. */
function languageOf<N>(tree: Tree<N>, node: N): string {
  for (let at: N | null = node; at !== null; at = tree.parent(at)) {
    const found = tree.attributes(at).find(attribute => tree.name(attribute) === 'lang')
    if (found !== undefined) return tree.text(found).toLowerCase()
  }
  return ''
}

const nameOfFirst = <N>({ tree, count, arg, here }: Call<N>): Compiled<N> => {
  const nodes = count === 0 ? here : arg(0)
  return textual(context => {
    const [first] = nodesOf(nodes, context)
    return first === undefined ? '' : tree.name(first)
  })
}

export const nodeFunctions: FunctionTable = {
  count: ofCall('nodes', ({ arg }) => {
    const nodes = arg(0)
    return numeric(context => nodesOf(nodes, context).length)
  }),
  'count-non-empty': ofCall('nodes', ({ tree, arg }) => {
    const nodes = arg(0)
    return numeric(context => {
      let filled = 0
      for (const node of nodesOf(nodes, context)) if (tree.text(node) !== '') filled++
      return filled
    })
  }),
  position: ofCall('node?', ({ tree, count, arg }) => {
    if (count === 0) return numeric(context => context.position)
    const node = arg(0)
    return numeric(context => placeOf(tree, nodesOf(node, context)[0]))
  }),
  last: ofCall('', () => numeric(context => context.size)),
  name: ofCall('node?', nameOfFirst),
  'local-name': ofCall('node?', nameOfFirst),
  /** Names are local: forms bind prefixes, their data hardly ever. */
  'namespace-uri': ofCall('node?', () => textual(() => '')),
  /** Ids need a document type, and data has none. */
  id: ofCall('ids', ({ tree }) => nodal(tree, () => [])),
  lang: ofCall('language', ({ tree, arg }) => {
    const { text } = arg(0)
    return truthful(context => {
      const [wanted, found] = [text(context).toLowerCase(), languageOf(tree, context.node)]
      return wanted !== '' && (found === wanted || found.startsWith(`${wanted}-`))
    })
  }),
  randomize: ofCall('nodes, seed?', ({ tree, count, arg }) => {
    const nodes = arg(0)
    if (count === 1)
      return nodal(tree, context =>
        shuffled(nodesOf(nodes, context), Math.floor(context.environment.random() * (MODULUS - 1)) + 1),
      )
    const seed = arg(1)
    return nodal(tree, context => shuffled(nodesOf(nodes, context), seedOf(seed.number(context), seed.text(context))))
  }),
  /** `instance('id')` is an origin of paths; this is for an id that is only known when it runs. */
  instance: ofCall('id', ({ tree, arg }) => {
    const { text } = arg(0)
    return nodal(tree, context => {
      const found = tree.instance(text(context))
      return found === null ? [] : [found]
    })
  }),
  pulldata: ofCall('list, column, key, value', ({ tree, arg }) => {
    const [list, column, key, value] = [arg(0).text, arg(1).text, arg(2).text, arg(3).text]
    return textual(context => pulled(tree, list(context), column(context), key(context), value(context)))
  }),
}
