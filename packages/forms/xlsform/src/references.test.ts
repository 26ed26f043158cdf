import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linesOf, xformOf } from './fixtures/convert-markdown.ts'
import { madeNode } from './made-node.ts'
import { chainOf, pathBetween, pathOf, pathToRows } from './node-paths.ts'
import { madeRow, type SheetRow } from './sheet-rows.ts'
import { everyNode, type SurveyNode } from './survey-node.ts'

const HOUSE = `
| survey | type         | name   | label  | calculation | choice_filter | default |
|        | text         | top    | Top    |             |               |         |
|        | begin repeat | house  | House  |             |               |         |
|        | integer      | rooms  | Rooms  |             |               |         |
|        | begin group  | inner  | Inner  |             |               |         |
|        | begin repeat | person | Person |             |               |         |
|        | integer      | age    | Age    |             |               |         |
|        | CELLS |
|        | end repeat   |        |        |             |               |         |
|        | end group    |        |        |             |               |         |
|        | end repeat   |        |        |             |               |         |
|        | OUTSIDE |
| choices | list_name | name | label | min |
|         | c         | a    | A     | 3   |
`
const inside = (cells: string): Promise<string> => xformOf(HOUSE.replace('CELLS', cells).replace(/.*OUTSIDE.*\n/, ''))
const outside = (cells: string): Promise<string> => xformOf(HOUSE.replace('OUTSIDE', cells).replace(/.*CELLS.*\n/, ''))

const calculated = (xml: string, path: string): string | undefined =>
  /calculate="([^"]*)"/.exec(linesOf(xml, '<bind', `nodeset="${path}"`)[0] ?? '')?.[1]?.trim()

describe('a reference is the path to its question', () => {
  const AT = '/data/house/inner/person/x'
  for (const [what, written, path] of [
    ['in the same row', '${age}', '../age'],
    ['in the row around it', '${rooms}', '../../../rooms'],
    ['outside every repeat', '${top}', '/data/top'],
    ['to the form’s own id', 'concat(${instanceID}, ${age})', 'concat( /data/meta/instanceID ,  ../age )'],
    ['to all rows of its own repeat', 'count(${person})', 'count( ../../person )'],
    [
      'in a predicate of a list',
      "instance('c')/root/item[min = ${age}]/label",
      "instance('c')/root/item[min =  current()/../age ]/label",
    ],
    [
      'beside a predicate',
      "instance('c')/root/item[min = 3]/label + ${age}",
      "instance('c')/root/item[min = 3]/label +  ../age",
    ],
    [
      'to other rows',
      'indexed-repeat(${age}, ${person}, position(..) - 1)',
      'indexed-repeat( /data/house/inner/person/age ,  /data/house/inner/person , position(..) - 1)',
    ],
    [
      'to one of the other rows',
      'indexed-repeat(${age}, ${person}, ${age}) + ${age}',
      'indexed-repeat( /data/house/inner/person/age ,  /data/house/inner/person ,  ../age ) +  ../age',
    ],
    [
      'to the answer before this form',
      '${last-saved#age} + 1',
      "instance('__last-saved')/data/house/inner/person/age  + 1",
    ],
  ] as const)
    test(`${what}: ${written}`, async () => {
      const xml = await inside(`calculate | x | | ${written.replaceAll('|', '\\|')} | | |`)
      expect(calculated(xml, AT)).toBe(path)
    })

  test('from outside it means every row', async () => {
    expect(calculated(await outside('calculate | x | | sum(${age}) | | |'), '/data/x')).toBe(
      'sum( /data/house/inner/person/age )',
    )
  })

  test('in a filter it begins at the question, because the candidate is an item there', async () => {
    const xml = await inside('select_one c | x | X | | min < ${age} and ${top} != 1 | |')
    expect(linesOf(xml, '<itemset')).toEqual([
      `<itemset nodeset="instance('c')/root/item[min &lt;  current()/../age  and  /data/top  != 1]">`,
    ])
  })

  test('in a text it is an output, and so is a look-up', async () => {
    const xml = await inside("note | x | ${age} of ${top}: instance('c')/root/item[name = ${age}]/label | | | |")
    expect([...xml.matchAll(/<output value="([^"]*)"/g)].map(found => found[1])).toEqual([
      ' ../age ',
      ' /data/top ',
      "instance('c')/root/item[name =  current()/../age ]/label",
    ])
  })

  test('the last saved answers are a list of their own, declared where they are read', async () => {
    const declared = '<instance id="__last-saved" src="jr://instance/last-saved"/>'
    expect(await outside('text | x | X | | | ${last-saved#top} |')).toContain(declared)
    expect(await outside('text | x | X | | | ${top} |')).not.toContain('last-saved')
  })
})

describe('paths between nodes', () => {
  const row: SheetRow = madeRow({} as SheetRow, {})
  /** A tree of groups and repeats, three deep. */
  const trees = fc
    .array(fc.tuple(fc.constantFrom<SurveyNode['is']>('group', 'repeat', 'question'), fc.nat()), {
      minLength: 4,
      maxLength: 14,
    })
    .map(all => {
      const children: SurveyNode[] = []
      const containers: SurveyNode[] = []
      for (const [i, [is, place]] of all.entries()) {
        const parent = containers.length === 0 ? null : (containers[place % (containers.length + 1)] ?? null)
        const node = madeNode(is, `n${i}`, row, parent)
        ;(parent?.children ?? children).push(node)
        if (is !== 'question') containers.push(node)
      }
      return [...everyNode(children)]
    })
  const pairs = fc
    .tuple(trees, fc.nat(), fc.nat())
    .map(([nodes, a, b]) => [nodes[a % nodes.length]!, nodes[b % nodes.length]!] as const)

  const resolve = (from: string, path: string): string => {
    const steps = from.split('/')
    for (const step of path.split('/'))
      if (step === '..') steps.pop()
      else steps.push(step)
    return steps.join('/')
  }

  test('a relative path leads where the absolute one does', () => {
    fc.assert(
      fc.property(pairs, ([from, to]) => {
        expect(resolve(pathOf('data', from), pathToRows(from, to))).toBe(pathOf('data', to))
      }),
      { seed: 20261121 },
    )
  })

  test('a path is relative exactly where a repeat holds both', () => {
    fc.assert(
      fc.property(pairs, ([from, to]) => {
        const shared = chainOf(from).some(one => one.is === 'repeat' && one !== to && chainOf(to).includes(one))
        expect(pathBetween('data', from, to).startsWith('/')).toBe(!shared)
      }),
      { seed: 20261121 },
    )
  })

  test('a relative path never leaves the row that both share', () => {
    fc.assert(
      fc.property(pairs, ([from, to]) => {
        const path = pathBetween('data', from, to)
        const up = path.split('/').filter(step => step === '..').length
        const rows = chainOf(from).filter(one => one.is === 'repeat' && one !== to && chainOf(to).includes(one))
        const kept = chainOf(from).length - up
        expect(path.startsWith('/') || rows.every(one => chainOf(one).length <= kept)).toBe(true)
      }),
      { seed: 20261121 },
    )
  })
})
