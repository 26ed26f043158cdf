/** One submission that wrote two entities (rows of a repeat), which were declared one since. */
import type { EntityId } from '@murram/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EntityWrite } from './entity-write.ts'
import { foldEntity } from './fold-entity.ts'
import { asDevice, entity, shuffled, writesOf } from './fold-fixtures.ts'

const OTHER = '22222222-2222-4222-8222-222222222222' as EntityId

/** Some of the submissions write the other entity as well. */
const writesWithRows: fc.Arbitrary<readonly EntityWrite[]> = fc
  .tuple(writesOf(), fc.infiniteStream(fc.nat(3)), fc.infiniteStream(fc.constantFrom('iron', 'slate', 'straw')))
  .map(([writes, dice, answers]) =>
    writes.flatMap(write => {
      if (write.kind === 'settlement' || dice.next().value !== 0) return [write]
      return [write, { ...write, part: OTHER, set: { roof: String(answers.next().value) } }]
    }),
  )

const tile = entity('visit', { at: 1, set: { roof: 'tile' }, kind: 'create' })
const thatch: EntityWrite = { ...tile, part: OTHER, set: { roof: 'thatch' } }

test('what two rows of one submission say differently is in the ledger, and the submission counts once', () => {
  const folded = foldEntity([tile, thatch])
  expect(folded.properties['roof']?.answer).toBe('thatch')
  expect(folded.conflicts).toMatchObject([{ stands: { answer: 'thatch' }, other: { answer: 'tile' } }])
  expect(folded.live).toEqual([tile.instanceId])
})

test('F6 a correction replaces both rows, each in its place; a row that it drops is gone', () => {
  const iron = entity('correction', { at: 5, by: asDevice('a'), corrects: tile, set: { roof: 'iron' } })
  const slate: EntityWrite = { ...iron, part: OTHER, set: { roof: 'slate' } }
  const both = foldEntity([tile, thatch, iron, slate])
  expect(both.conflicts).toMatchObject([{ stands: { answer: 'slate' }, other: { answer: 'iron' } }])
  expect([both.live, both.superseded]).toEqual([[iron.instanceId], [tile.instanceId]])
  const dropped = foldEntity([tile, thatch, iron])
  expect([dropped.properties['roof']?.answer, dropped.conflicts]).toEqual(['iron', []])
})

test('F1, F2 neither order nor repetition matters', () => {
  fc.assert(
    fc.property(writesWithRows, fc.infiniteStream(fc.nat()), (writes, dice) => {
      expect(foldEntity(shuffled([...writes, ...writes], dice))).toEqual(foldEntity(writes))
    }),
    { numRuns: 1_000 },
  )
})

test('F3, F5 what stands was said, and what was said by the live and not seen is kept', () => {
  fc.assert(
    fc.property(writesWithRows, writes => {
      const { properties, conflicts, live } = foldEntity(writes)
      for (const { property, stands, other } of conflicts)
        for (const { answer, instanceId } of [stands, other]) {
          expect(writes.some(w => w.instanceId === instanceId && w.set[property] === answer)).toBe(true)
          expect(live).toContain(instanceId)
        }
      for (const [property, { answer, instanceId }] of Object.entries(properties))
        expect(writes.some(w => w.instanceId === instanceId && w.set[property] === answer)).toBe(true)
      expect(new Set(conflicts.map(c => c.conflictId)).size).toBe(conflicts.length)
    }),
    { numRuns: 1_000 },
  )
})
