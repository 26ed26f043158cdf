import type { InstanceId } from '@murram/ground'
import { expect, test } from 'vitest'
import type { SeenOutcome } from '../outcomes/outcome-repo.ts'
import { withdrawnOf } from './rows-withdrawn.ts'

const id = (name: string) => name as InstanceId
const DAY = 86_400_000
let seq = 0
const said = (instance: string, change: Partial<SeenOutcome> = {}): SeenOutcome => ({
  seq: (seq += 1),
  instanceId: id(instance),
  value: 'poor',
  verifier: 'Akello',
  observedAtMs: 10 * DAY,
  settledAtMs: null,
  state: 'verified',
  selection: 'unplanned',
  probability: null,
  withdrawnBatch: null,
  ...change,
})

test('RW1 RW2 what was withdrawn, disputed, corrected in value or returned no longer holds; what was found later does', () => {
  const seen = [
    said('a'),
    said('b', { state: 'withdrawn', withdrawnBatch: 'office.csv' }),
    said('c', { state: 'disputed' }),
    said('d'),
    said('e'),
    said('f', { value: 'fine' }), // as it is read now; the run had read poor
    said('g'),
  ]
  const uptoSeq = seq
  seen.push(said('d', { verifier: 'Okello', value: 'fine' })) // contradicts on the same day
  seen.push(said('e', { observedAtMs: 40 * DAY, value: 'fine' })) // has changed since
  const interviews = ['a', 'b', 'c', 'd', 'e', 'f', 'corrected']
  const now = new Map(interviews.map(name => [id(name), { instanceId: id(name), surveyedAtMs: 0 }]))
  now.set(id('a'), { instanceId: id('corrected'), surveyedAtMs: 0 }) // its answers; the outcome stands
  const rows = new Map(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(name => [name, 'poor']))
  const of = (names: string) =>
    withdrawnOf(seen, now, {
      horizon: undefined,
      uptoSeq,
      rows: new Map([...rows].filter(([name]) => names.includes(name))),
    })
  expect(of('abcdefg')).toEqual({ rows: 7, withdrawn: 5, batches: ['office.csv'] })
  expect(of('ae')).toEqual({ rows: 2, withdrawn: 0, batches: [] })
})
