import { expect, test } from 'vitest'
import { idOf, kindOf, unitOf } from './line-ids.ts'

test('a line is known by its id whatever it is called; one of an older report by the name it had then', () => {
  expect(idOf({ id: 'flips', name: 'classes that change' })).toBe('flips')
  const before = [
    'log-loss gain, mean',
    'flips (share)',
    'looks',
    'calibration, region: north',
    'region: north',
    'toString',
  ]
  expect(before.map(name => idOf({ name }))).toEqual([
    'gain-mean',
    'flips',
    'looks',
    'part-calibration/region: north',
    'part-gain/region: north',
    'part-gain/toString',
  ])
  expect(kindOf('part-gain/area: a/b')).toBe('part-gain')
  expect([unitOf('part-calibration/region: north'), unitOf('gain-mean')]).toEqual(['points', null])
})
