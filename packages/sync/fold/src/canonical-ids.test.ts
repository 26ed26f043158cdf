import type { DeviceId, EntityId } from '@murram/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalIds, type Alias } from './canonical-ids.ts'
import { shuffled, stampAt } from './fold-fixtures.ts'

const id = (letter: string): EntityId => letter as EntityId
const alias = (from: string, of: string, at: number, undone = false): Alias => ({
  alias: id(from),
  of: id(of),
  stamp: stampAt(at, 'a'.repeat(32) as DeviceId),
  undone,
})
const ids = ['a', 'b', 'c', 'd', 'e']
const aliases = fc.array(
  fc.tuple(fc.constantFrom(...ids), fc.constantFrom(...ids), fc.nat(9), fc.boolean()).map(t => alias(...t)),
  { maxLength: 8 },
)
const readAll = (list: readonly Alias[]): EntityId[] => ids.map(i => canonicalIds(list)(id(i)))

test('aliases are followed to the end', () => {
  expect(readAll([alias('a', 'b', 1), alias('b', 'c', 2)])).toEqual(['c', 'c', 'c', 'd', 'e'])
})

test('of two aliases of one id the later decides', () => {
  expect(readAll([alias('a', 'd', 2), alias('a', 'b', 1)])).toEqual(['d', 'b', 'c', 'd', 'e'])
})

test('A1 the canonical id of a canonical id is itself, circles or not', () => {
  fc.assert(
    fc.property(aliases, list => {
      const canonical = canonicalIds(list)
      for (const i of ids) expect(canonical(canonical(id(i)))).toBe(canonical(id(i)))
    }),
  )
})

test('A2 the order of the aliases does not matter', () => {
  fc.assert(
    fc.property(aliases, fc.infiniteStream(fc.nat()), (list, dice) => {
      expect(readAll(shuffled(list, dice))).toEqual(readAll(list))
    }),
  )
})

test('A3 an undone alias leaves no trace', () => {
  fc.assert(
    fc.property(aliases, list => {
      expect(readAll(list)).toEqual(readAll(list.filter(a => a.undone !== true)))
    }),
  )
})

test('A4 a circle is not closed: the later alias gives way', () => {
  expect(readAll([alias('a', 'b', 1), alias('b', 'a', 2)])).toEqual(['b', 'b', 'c', 'd', 'e'])
  expect(readAll([alias('a', 'a', 1)])).toEqual(ids)
})
