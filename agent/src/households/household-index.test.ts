import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap, type EntityId } from '@murram/ground'
import { openEncrypted } from '@murram/rxdb-sqlite'
import type { EntityBody } from '@murram/wire'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isFound, openHouseholdIndex, type HouseholdQuery } from './household-index.ts'

function temporaryIndex() {
  const folder = mkdtempSync(join(tmpdir(), 'murram-index-'))
  const handle = unwrap(openEncrypted({ path: join(folder, 'store.db'), key: randomBytes(32), create: true }))
  return {
    index: openHouseholdIndex(handle),
    handle,
    [Symbol.dispose]: () => {
      handle.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const idOf = (i: number): EntityId => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}` as EntityId
const bodyOf = (i: number, parts: Partial<EntityBody> = {}): EntityBody => ({
  entityId: idOf(i),
  canonicalId: idOf(i),
  dataset: 'households',
  label: `Household ${i}`,
  properties: {},
  conflicted: [],
  ...parts,
})

const anyWord = fc.constantFrom('Akello', 'Amina', 'Zoé', 'okot', 'Kapeli', '0772123456', 'iron', 'tile', 'x', '')
const anyBody = fc.record({
  i: fc.integer({ min: 1, max: 8 }),
  label: fc.option(fc.tuple(anyWord, anyWord).map(words => words.join(' '))),
  dataset: fc.constantFrom('households', 'people'),
  roof: anyWord,
  village: anyWord,
  of: fc.option(fc.integer({ min: 1, max: 8 }), { freq: 8 }),
  gone: fc.boolean(),
})
const anyQuery: fc.Arbitrary<HouseholdQuery> = fc.record(
  {
    text: fc.constantFrom('', 'a', 'ak', 'zoe', 'AMINA o', 'ka', '0772', 'iron', '"', 'words:', '*'),
    filters: fc.dictionary(fc.constantFrom('roof', 'village'), anyWord, { maxKeys: 2, noNullPrototype: true }),
    dataset: fc.constantFrom('households', 'people'),
  },
  { requiredKeys: [] },
)

test('HI1, HI2 the index finds what a look at every household finds, newest change first, whatever was written', () => {
  fc.assert(
    fc.property(
      fc.array(anyBody, { maxLength: 25 }),
      fc.array(anyQuery, { minLength: 1, maxLength: 4 }),
      (writes, queries) => {
        using store = temporaryIndex()
        const held = new Map<string, EntityBody>()
        for (const { i, label, dataset, roof, village, of, gone } of writes) {
          const body = bodyOf(i, { label, dataset, properties: { roof, village }, canonicalId: idOf(of ?? i) })
          held.delete(idOf(i))
          if (!gone) held.set(idOf(i), body)
          store.index.put(idOf(i), gone ? null : body)
        }
        for (const query of queries) {
          const expected = [...held.values()]
            .filter(body => body.canonicalId === body.entityId && isFound(query, body))
            .map(body => body.entityId)
            .reverse()
          expect(store.index.find(query, 100)).toEqual(expected)
          expect(store.index.find(query, 2)).toEqual(expected.slice(0, 2))
          expect(store.index.count(query)).toBe(expected.length)
          const some = [idOf(1), idOf(2), idOf(99)]
          expect([...store.index.among(query, some)].sort()).toEqual(expected.filter(id => some.includes(id)).sort())
        }
        for (let i = 1; i <= 8; i += 1)
          expect(store.index.canonicalOf(idOf(i))).toBe(held.get(idOf(i))?.canonicalId ?? null)
      },
    ),
    { seed: 4, numRuns: 60 },
  )
})
