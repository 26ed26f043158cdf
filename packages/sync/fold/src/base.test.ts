import type { EntityId } from '@murram/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seenOf, toBase } from './base.ts'

const [mango, lemon] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'] as [
  EntityId,
  EntityId,
]
const seen = fc.dictionary(
  fc.string().map(name => name.replaceAll('/', '')),
  fc.string(),
)

test('what was seen of each entity is told apart again', () => {
  fc.assert(
    fc.property(seen, seen, seen, (main, first, second) => {
      const base = { ...main, ...toBase(mango, first), ...toBase(lemon, second) }
      expect(seenOf(base, null)).toEqual({ ...main })
      expect(seenOf(base, mango)).toEqual({ ...first })
      expect(seenOf(base, lemon)).toEqual({ ...second })
    }),
  )
})
