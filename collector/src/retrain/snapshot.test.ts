import type { InstanceId } from '@murram/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
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
      const { table, labels, groups } = thawRows(decodeSnapshot(encodeSnapshot(freezeRows(order, rows))))
      const sorted = rows.toSorted((a, b) => (a.instanceId < b.instanceId ? -1 : 1))
      expect(groups).toEqual(sorted.map(({ household }) => household))
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
  const row = { instanceId: 'uuid:1' as InstanceId, household: 'a', version: '1', value: 'coping', answers: {} }
  const { rows, leftOut } = freezeRows(order, [row, { ...row, value: 'rich' }, { ...row, version: '0' }])
  expect(rows).toHaveLength(1)
  expect(leftOut).toEqual({
    'the outcome is none of the classes': 1,
    'version 0 of the form does not ask food': 1,
  })
})

test('what stands inside a repeat has no name of its own', () => {
  expect([...answersByName({ 'home/food': '3', 'roster[1]/food': '9', note: 'x' })]).toEqual([
    ['food', '3'],
    ['note', 'x'],
  ])
})
