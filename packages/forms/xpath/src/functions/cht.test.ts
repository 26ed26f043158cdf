import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { compile } from '../compile.ts'
import { parse } from '../parse.ts'
import { environment, n, treeOf } from '../plain-tree.ts'

const tree = treeOf()
const valueOf = (source: string): unknown => {
  const node = n('data')
  return unwrap(compile(unwrap(parse(source)), tree, source))({
    node,
    current: node,
    position: 1,
    size: 1,
    environment,
  })
}

test('a difference between dates counts whole units, backwards too', () => {
  expect(valueOf("difference-in-months('2020-01-31', '2020-03-30')")).toBe(1)
  expect(valueOf("difference-in-months('2020-01-31', '2020-03-31')")).toBe(2)
  expect(valueOf("difference-in-months('2020-03-10', '2020-01-10')")).toBe(-2)
  expect(valueOf("cht:difference-in-years('2000-02-29', '2024-02-28')")).toBe(23)
  expect(valueOf("difference-in-days('2020-02-28', '2020-03-01T10:00:00Z')")).toBe(2)
  expect(valueOf("difference-in-weeks('2020-01-01', '2020-01-21')")).toBe(2)
})

test('what is no date has no difference', () => {
  expect(valueOf("difference-in-months('', '2020-03-31')")).toBeNaN()
})
