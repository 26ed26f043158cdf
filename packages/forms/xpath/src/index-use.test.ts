/** An equality on a large list is answered from its index, wherever it stands in the filter. */
import { unwrap } from '@murram/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compile } from './compile.ts'
import { parse } from './parse.ts'
import { environment, n, treeOf, type Plain } from './plain-tree.ts'
import { isNodes, type Tree } from './value.ts'

const items = Array.from({ length: 60 }, (_, i) =>
  n('item', n('name', `n${i}`), n('of', `k${i % 4}`), n('rank', String(i % 7)), n('blank', '')),
)
const list = n('', n('root', ...items))
const question = n('q', 'x')
const data = n('data', n('kind', 'k2'), n('name', 'n6'), n('rank', '6'), n('several', '1'), n('several', '6'), question)
n('', data)

const scanning = treeOf({ list })
/** How many items were looked at one by one. */
function indexed(): { readonly tree: Tree<Plain>; readonly tested: () => number } {
  let tested = 0
  const lookUp: Tree<Plain>['lookUp'] = (node, name, key, value) =>
    node.children.filter(
      one => one.name === name && one.children.some(cell => cell.name === key && cell.text === value),
    )
  const childrenNamed: Tree<Plain>['childrenNamed'] = (node, name) => {
    if (node.name === 'item') tested++
    return scanning.childrenNamed(node, name)
  }
  return { tree: { ...scanning, lookUp, childrenNamed }, tested: () => tested }
}

function rowsOf(tree: Tree<Plain>, source: string): readonly Plain[] {
  const value = unwrap(compile(unwrap(parse(source)), tree, source))({
    node: question,
    current: question,
    position: 1,
    size: 1,
    environment,
  })
  return isNodes(value) ? value : []
}

test.each([
  ['[of = current()/../kind]', 0],
  ['[current()/../kind = of]', 0],
  ["[./of = 'k2']", 0],
  ['[of = concat("k", 2)]', 0],
  ['[of = /data/kind and rank = 6]', 15],
  ['[rank > 3 and of = /data/kind]', 15],
  ["[not(rank = '6')][of = /data/kind]", 15],
  ["[selected('1 6', rank)][of = /data/kind][2]", 15],
  ['[of = /data/kind and name = /data/name]', 15],
  ['[of = /data/kind][rank > 3]', 15],
  ['[of = /data/none]', 0],
])('%s tests %i rows of 60', (filter, most) => {
  const { tree, tested } = indexed()
  const source = `instance('list')/root/item${filter}`
  expect(rowsOf(tree, source)).toEqual(rowsOf(scanning, source))
  expect(tested()).toBeLessThanOrEqual(most)
})

test('with the index and without it, a filter finds the same rows in the same order', () => {
  const key = fc.constantFrom('of', 'name', 'rank', 'blank', './of', 'none')
  const value = fc.constantFrom(
    "'k1'",
    "'n5'",
    "''",
    '6',
    '/data/kind',
    'current()/../rank',
    '/data/several',
    '/data/none',
    'name',
    'true()',
    "concat('k', 3)",
    'position()',
    'string(rank)',
    'if(1 = 1, /data/kind, 2)',
  )
  const equality = fc
    .tuple(key, value, fc.boolean())
    .map(([a, b, isTurned]) => (isTurned ? `${b} = ${a}` : `${a} = ${b}`))
  const condition = fc.oneof(
    { weight: 3, arbitrary: equality },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        'rank > 3',
        'not(rank = 2)',
        'position() < 9',
        'last() > 5',
        '2',
        'rank',
        'blank = "" or rank = 1',
        'position() = 2',
        'position() = /data/several',
      ),
    },
  )
  const predicate = fc.array(condition, { minLength: 1, maxLength: 3 }).map(parts => `[${parts.join(' and ')}]`)
  fc.assert(
    fc.property(fc.array(predicate, { minLength: 1, maxLength: 3 }), predicates => {
      const source = `instance('list')/root/item${predicates.join('')}`
      const names = (tree: Tree<Plain>): readonly string[] => rowsOf(tree, source).map(row => row.children[0]!.text)
      expect({ source, rows: names(indexed().tree) }).toEqual({ source, rows: names(scanning) })
    }),
    { numRuns: 2000, seed: 5 },
  )
})
