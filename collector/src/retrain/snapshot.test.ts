import type { InstanceId } from '@murram/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UNPLANNED } from './test-house.ts'
import { answersByName, decodeSnapshot, encodeSnapshot, freezeRows, thawRows, type SnapshotOrder } from './snapshot.ts'

const order: SnapshotOrder = {
  asked: { '1': ['roof', 'food'], '0': ['roof'] },
  modelName: 'vulnerability',
  formId: 'household',
  classes: ['coping', 'vulnerable'],
  inputs: [{ name: 'roof', kind: 'category' }],
  championInputs: [
    { name: 'food', kind: 'number' },
    { name: 'roof', kind: 'category' },
  ],
}
const visit = fc.record({
  instanceId: fc.uuid().map(id => `uuid:${id}` as InstanceId),
  household: fc.constantFrom('a', 'b', 'c'),
  version: fc.constant('1'),
  surveyedAtMs: fc.integer({ min: 0, max: 1e12 }),
  observedAtMs: fc.integer({ min: 0, max: 2e12 }),
  selection: fc.constantFrom('audit' as const, 'decision' as const, 'unplanned' as const),
  probability: fc.constantFrom(null, 1, 0.25, 0.1, 0.001),
  value: fc.constantFrom('coping', 'vulnerable'),
  answers: fc.record({
    'home/roof': fc.constantFrom('thatch', 'iron', ''),
    'home/food': fc.constantFrom('', '3', '0.1', 'x'),
  }),
})
const visits = fc.uniqueArray(visit, { selector: ({ instanceId }) => instanceId, maxLength: 12 })

test('S1 the same rows make the same bytes in whatever order they came', () => {
  fc.assert(
    fc.property(visits, rows => {
      expect(encodeSnapshot(freezeRows(order, rows.toReversed()))).toEqual(encodeSnapshot(freezeRows(order, rows)))
    }),
  )
})

test('S2 thawing gives back what was answered, number for number', () => {
  fc.assert(
    fc.property(visits, rows => {
      const thawed = thawRows(decodeSnapshot(encodeSnapshot(freezeRows(order, rows))))
      const { table, labels, groups } = thawed
      const sorted = rows.toSorted((a, b) => (a.instanceId < b.instanceId ? -1 : 1))
      expect(groups).toEqual(sorted.map(({ household }) => household))
      expect([...thawed.observedAtMs]).toEqual(sorted.map(({ observedAtMs }) => observedAtMs))
      expect([...thawed.surveyedAtMs]).toEqual(sorted.map(({ surveyedAtMs }) => surveyedAtMs))
      expect(thawed.selections).toEqual(sorted.map(({ selection }) => selection))
      expect([...thawed.weights]).toEqual(
        sorted.map(({ probability }) => (probability === null ? 1 : Math.min(10, 1 / probability))),
      )
      expect([...labels.codes]).toEqual(sorted.map(({ value }) => Number(value === 'vulnerable')))
      expect(table.columns.map(({ name }) => name)).toEqual(['roof', 'food'])
      expect(table.columns[0]!.values).toEqual(sorted.map(({ answers }) => answers['home/roof']))
      expect([...table.columns[1]!.values]).toEqual(
        sorted.map(({ answers }) =>
          answers['home/food'] === '' ? Number.NaN : Math.fround(Number(answers['home/food'])),
        ),
      )
    }),
  )
})

test('S3 what cannot be used is left out and counted by its reason', () => {
  const instanceId = 'uuid:1' as InstanceId
  const row = { instanceId, household: 'a', version: '1', value: 'coping', answers: {}, ...UNPLANNED }
  const { rows, leftOut } = freezeRows(order, [
    row,
    { ...row, value: 'rich' },
    { ...row, version: '0' },
    { instanceId, leftOut: 'the outcome is disputed' },
  ])
  expect(rows).toHaveLength(1)
  expect(leftOut).toEqual({
    'the outcome is none of the classes': 1,
    'the outcome is disputed': 1,
    'version 0 of the form does not ask food': 1,
  })
})

test('what stands inside a repeat has no name of its own', () => {
  expect([...answersByName({ 'home/food': '3', 'roster[1]/food': '9', note: 'x' })]).toEqual([
    ['food', '3'],
    ['note', 'x'],
  ])
})

test('S4 what was frozen before rows had weights thaws, and each row counts once', () => {
  const old = {
    format: 1,
    modelName: 'vulnerability',
    formId: 'household',
    classes: ['coping', 'vulnerable'],
    readable: 1,
    inputs: [
      { name: 'roof', kind: 'category' },
      { name: 'food', kind: 'number' },
    ],
    leftOut: {},
    rows: [['uuid:1', 'a', 1, 'thatch', null]],
  }
  const thawed = thawRows(decodeSnapshot(new TextEncoder().encode(JSON.stringify(old))))
  expect(thawed).toMatchObject({ groups: ['a'], weights: Float64Array.of(1), selections: ['unplanned'] })
  expect(thawed.table.columns).toEqual([
    { name: 'roof', kind: 'category', values: ['thatch'] },
    { name: 'food', kind: 'number', values: Float32Array.of(Number.NaN) },
  ])
  expect([...thawed.observedAtMs, ...thawed.surveyedAtMs]).toEqual([Number.NaN, Number.NaN])
})
