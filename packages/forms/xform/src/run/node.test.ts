import { describe, expect, test } from 'vitest'
import { childrenNamed, childrenOf, createNode, createTable, nodeTreeAccess, placeOf, type XNode } from './node.ts'

const { lookUp } = nodeTreeAccess(
  () => null,
  () => null,
)

const table = {
  columns: ['name', '', 'kind'],
  rows: [['a', 'x', 'fruit'], ['b', 'y', 'tool'], ['c', 'z', 'fruit'], ['d']],
}

const shown = (rows: readonly XNode[] | null) =>
  rows?.map(row => childrenOf(row).map(({ name, value }) => `${name}=${value}`))

describe('a list from a table', () => {
  test('is rows of cells, columns without a name left out, short rows filled up', () => {
    const root = createTable(table, createNode(-1, '', null))
    expect(shown(childrenNamed(root, 'item'))).toEqual([
      ['name=a', 'kind=fruit'],
      ['name=b', 'kind=tool'],
      ['name=c', 'kind=fruit'],
      ['name=d', 'kind='],
    ])
    expect(childrenNamed(root, 'row')).toEqual([])
  })

  test('is looked up without making its other rows, and gives the same nodes when all are made', () => {
    const root = createTable(table, createNode(-1, '', null))
    const found = lookUp(root, 'item', 'kind', 'fruit')
    expect(shown(found)).toEqual([
      ['name=a', 'kind=fruit'],
      ['name=c', 'kind=fruit'],
    ])
    expect(root.children).toEqual([])
    const all = childrenOf(root)
    expect([all[0], all[2]].map((row, i) => row === found?.[i])).toEqual([true, true])
    expect(lookUp(root, 'item', 'kind', 'none')).toEqual([])
    expect(lookUp(root, 'item', 'colour', 'red')).toEqual([])
    expect(shown(lookUp(root, 'item', 'kind', ''))).toEqual([['name=d', 'kind=']])
  })
})

test('the place of a row is right after rows before it went, and -1 once it went itself', () => {
  const parent = createNode(0, 'data', null)
  const rows = Array.from({ length: 20 }, () => createNode(1, 'row', parent))
  const other = createNode(2, 'other', parent)
  const put = (children: readonly XNode[]): void => {
    parent.children = children
    parent.byName = null
  }
  put([other, ...rows])
  expect(rows.map(placeOf)).toEqual([...rows.keys()])
  put([other, ...rows.slice(0, 3), ...rows.slice(4, 9), ...rows.slice(15)])
  const left = [0, 1, 2, -1, 3, 4, 5, 6, 7, -1, -1, -1, -1, -1, -1, 8, 9, 10, 11, 12]
  expect(rows.map(placeOf)).toEqual(left)
  put([other, ...rows])
  expect(rows.map(placeOf)).toEqual([...rows.keys()])
})
