import { unwrap } from '@murram/ground'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { alongAxis } from './axes.ts'
import { compile } from './compile.ts'
import { parse } from './parse.ts'
import { environment, n, treeOf, type Plain } from './plain-tree.ts'
import { reads, type Read } from './reads.ts'
import { isNodes, toText, type Tree } from './value.ts'

const shown = (source: string): readonly string[] =>
  reads(unwrap(parse(source))).map(({ from, steps }) =>
    [
      typeof from === 'string' ? from : `list ${from.instance}`,
      ...steps.map(({ axis, name, filtered }) => `${axis}::${name}${filtered ? '[]' : ''}`),
    ].join('/'),
  )

describe('what an expression reads beside its plain paths', () => {
  test.each([
    ['string-length()', ['context']],
    ['row[string-length() > 2]', ['context/child::row[]', 'context/child::row[]']],
    ["pulldata('l', 'a', 'b', c)", ['context/child::c', 'list l']],
    ['a/text()', ['context/child::a/self::node()[]', 'context/child::a/self::node()[]']],
    ['a/comment()', []],
    ['a/following::b', ['context/child::a/ancestor-or-self::node()/following-sibling::node()/descendant-or-self::b']],
    [
      '(a | b)[c]/d',
      [
        'context/child::a/child::c',
        'context/child::b/child::c',
        'context/child::a',
        'context/child::b',
        'context/child::a/child::d',
        'context/child::b/child::d',
      ],
    ],
    ['randomize(a, b)/c', ['context/child::b', 'context/child::a', 'context/child::a/child::c']],
    ["lang('fr')", ['context/ancestor-or-self::*/attribute::lang']],
    ['1 + 2', []],
  ])('%s', (source, expected) => expect(shown(source)).toEqual(expected))
})

/** Random trees of few names, so that random paths meet something. */
const names = ['a', 'b', 'c'] as const
const anyName = fc.constantFrom(...names)
const { element } = fc.letrec<{ element: Plain; leaf: Plain }>(tie => ({
  leaf: fc.tuple(anyName, fc.constantFrom('', '1', '2', 'x')).map(([name, text]) => n(name, text)),
  element: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('leaf'),
    fc
      .tuple(anyName, fc.array(tie('element'), { minLength: 1, maxLength: 4 }))
      .map(([name, inside]) => n(name, ...inside)),
  ),
}))
const anyTree = fc.array(element, { minLength: 1, maxLength: 4 }).map(inside => n('', n('data', ...inside)))

const { expression } = fc.letrec<{ expression: string; path: string; condition: string }>(tie => {
  const axis = fc.constantFrom(
    'child',
    'child',
    'child',
    'descendant',
    'parent',
    'self',
    'ancestor',
    'ancestor-or-self',
    'descendant-or-self',
    'following-sibling',
    'preceding-sibling',
    'following',
    'preceding',
  )
  const test = fc.constantFrom('a', 'b', 'c', '*', 'node()', 'text()')
  const predicate = fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom('', '', '', '[1]', '[last()]', '[string-length() > 0]', '[position() < 3]'),
    tie('condition').map(one => `[${one}]`),
  )
  const step = fc.tuple(axis, test, predicate).map(([one, name, where]) => `${one}::${name}${where}`)
  const start = fc.constantFrom('', '', '/', '//', '/data/', '../', 'current()/', 'current()/../')
  const plain = fc
    .tuple(start, fc.array(step, { minLength: 1, maxLength: 3 }))
    .map(([from, steps]) => from + steps.join('/'))
  return {
    path: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      plain,
      fc.tuple(tie('path'), tie('path'), predicate, step).map(([a, b, where, one]) => `(${a} | ${b})${where}/${one}`),
    ),
    condition: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc
        .tuple(
          tie('path'),
          fc.constantFrom('=', '!=', '<', '>='),
          fc.oneof(fc.constantFrom('1', "'x'", "''"), tie('path')),
        )
        .map(parts => parts.join(' ')),
      fc.tuple(tie('condition'), fc.constantFrom('and', 'or'), tie('condition')).map(parts => parts.join(' ')),
      tie('condition').map(one => `not(${one})`),
      tie('path').map(one => `count(${one}) > 1`),
    ),
    expression: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      tie('path'),
      tie('condition'),
      tie('path').map(one => `concat(${one}, string())`),
      tie('path').map(one => `sum(${one}) + count(${one})`),
      fc.tuple(tie('condition'), tie('path'), tie('path')).map(([a, b, c]) => `if(${a}, ${b}, join('-', ${c}))`),
    ),
  }
})

const tree = treeOf()
const everyNode = (node: Plain): readonly Plain[] => [node, ...node.children.flatMap(everyNode)]

/** All nodes that a read may lead to, its predicates left out. */
function nodesOf({ from, steps }: Read, context: Plain): ReadonlySet<Plain> {
  let nodes: readonly Plain[] = [from === 'context' ? context : tree.documentOf(context)]
  for (const step of steps) nodes = [...new Set(nodes.flatMap(alongAxis(step, tree)))]
  return new Set(nodes)
}

/** The tree, with another text at one node. */
const withText = (other: Plain, text: string): Tree<Plain> => ({
  ...tree,
  text: node => (node === other ? text : node.text),
})

test('unions inside predicates of unions, however deep, are read in bounded time', () => {
  let source = 'a'
  for (let i = 0; i < 60; i++) source = `(a | b)[${source}]`
  expect(reads(unwrap(parse(source))).length).toBeLessThan(10)
})

test('R1 what is not read does not change the value', () => {
  let changes = 0
  fc.assert(
    fc.property(
      anyTree,
      expression.filter(one => one.length < 400),
      fc.nat(),
      fc.nat(),
      (document, source, here, there) => {
        const nodes = everyNode(document.children[0]!)
        const context = nodes[here % nodes.length]!
        const parsed = unwrap(parse(source))
        const valueOn = (on: Tree<Plain>): string => {
          const value = unwrap(compile(parsed, on))({
            node: context,
            current: context,
            position: 1,
            size: 1,
            environment,
          })
          return isNodes(value)
            ? `${value.length} ${value.map(node => `${nodes.indexOf(node)}:${on.text(node)}`).join(' ')}`
            : toText(on, value)
        }
        const read = new Set(reads(parsed).flatMap(one => [...nodesOf(one, context)]))
        const leaf = nodes[there % nodes.length]!
        const before = valueOn(tree)
        const after = ['', '1', '7'].map(text => valueOn(withText(leaf, text)))
        if (after.some(one => one !== before)) changes++
        const allowed = read.has(leaf) ? after : after.map(() => before)
        expect({ source, after }).toEqual({ source, after: allowed })
      },
    ),
    { numRuns: 1500, seed: 11 },
  )
  // The law would hold of expressions that never change.
  expect(changes).toBeGreaterThan(100)
})
