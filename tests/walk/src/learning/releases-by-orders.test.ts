import { expect, test } from 'vitest'
import { releasesByOrders } from './make-visits.ts'

const order = (releaseId: string, openRing: number, state: 'advancing' | 'halted' | 'complete' = 'advancing') => ({
  releaseId,
  openRing,
  state,
})
const story = [
  order('baseline', 3, 'complete'),
  order('second', 0),
  order('second', 1),
  order('second', 1, 'halted'),
  order('second', 1),
  order('second', 3, 'complete'),
  order('poisoned', 0),
  order('second again', 0),
]

test('a laptop may have had what its ring was opened for, and nothing else', () => {
  expect(releasesByOrders(story, 0)).toEqual(['baseline', 'second', 'poisoned', 'second again'])
  expect(releasesByOrders(story, 1)).toEqual(['baseline', 'second'])
  expect(releasesByOrders(story, 3)).toEqual(['baseline', 'second'])
})

test('a halt gives nobody anything and takes nothing away', () => {
  const halted = story.slice(0, 4)
  expect(releasesByOrders(halted, 1).at(-1)).toBe('second')
  expect(releasesByOrders(halted, 2).at(-1)).toBe('baseline')
})
