import { expect, test } from 'vitest'
import { lookAtHoldout } from './holdout-look.ts'

const rows = { groups: ['h1', 'h2', 'h3', 'h4'], instances: ['a', 'b', 'c', 'd'] }
const may = { yearly: 0.05, mayPromote: true }

test('a look stakes what is left by the share that nobody looked at; tried again it is the same look', () => {
  const first = lookAtHoldout(rows, { spent: 0, seen: new Map([['a', 3]]), own: null }, may)
  expect(first.figures).toMatchObject({ fresh: 3, mostLooks: 3, left: 0.0425 })
  expect(first.look).toMatchObject({ stake: 0.0425 * 0.75, fresh: 3, instances: rows.instances })
  const seen = new Map([...rows.instances.map(one => [one, 1] as const), ['a', 4] as const])
  const own = { stake: first.look!.stake, fresh: first.look!.fresh }
  expect(lookAtHoldout(rows, { spent: 0, seen, own }, may)).toEqual(first)
  // Another run on the same rows has nothing to stake.
  expect(lookAtHoldout(rows, { spent: own.stake, seen, own: null }, may).look).toBeNull()
})
