import type { EntityId } from '@murram/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeDown, encodeDown } from '../down.ts'
import type { Page } from '../down/page.ts'
import type { FeedRow } from '../feed-row.ts'
import { encodeFrame } from '../frame.ts'
import { pageChecksum } from '../page-checksum.ts'
import { packRows, PackedRowsSchema, unpackRows } from './pack-rows.ts'
import { decodeBlock, decodeManifest, encodeBlock, encodeManifest } from './snapshot.ts'

const anyUuid = fc.uuid() as fc.Arbitrary<EntityId>
const anyProperties = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 8 }).filter(name => name !== '__proto__'),
  fc.oneof(fc.constantFrom('', 'iron', 'tile'), fc.string({ unit: 'grapheme' })),
  { maxKeys: 5, noNullPrototype: true },
)
const anyEntity = fc
  .record({
    entityId: anyUuid,
    dataset: fc.constantFrom('households', 'people'),
    label: fc.option(fc.string()),
    properties: anyProperties,
    conflicted: fc.array(fc.constantFrom('roof', 'members'), { maxLength: 2 }),
    other: fc.option(anyUuid),
  })
  .map(({ other, ...body }) => ({
    kind: 'entity' as const,
    key: body.entityId as string,
    body: { ...body, canonicalId: other ?? body.entityId } as unknown,
  }))
const anyRow = fc.oneof(
  { weight: 5, arbitrary: anyEntity },
  {
    weight: 1,
    arbitrary: anyUuid.map(key => ({ kind: 'entity' as const, key: key as string, body: null as unknown })),
  },
  {
    weight: 1,
    arbitrary: fc
      .string({ minLength: 1, maxLength: 9 })
      .map(key => ({ kind: 'form' as const, key, body: { any: 1 } as unknown })),
  },
)
const anyRows: fc.Arbitrary<readonly FeedRow[]> = fc
  .array(fc.tuple(anyRow, fc.integer({ min: 1, max: 1_000 })), { maxLength: 40 })
  .map(rows => {
    let number = 0
    return rows.map(([row, step]) => ({ number: (number += step), ...row }))
  })

test('X1 rows come back as they were, in their order, also as a page of either version and as a block', () => {
  fc.assert(
    fc.property(anyRows, rows => {
      expect(unpackRows(packRows(rows))).toEqual(rows)
      const block = decodeBlock(encodeBlock(rows))
      expect(block).toEqual({ ok: true, value: rows })
      const page: Page = {
        type: 'page',
        epoch: 1,
        from: 0,
        to: 99_999,
        rows,
        checksum: pageChecksum(rows),
        more: false,
      }
      for (const protocol of [1, 2]) {
        const read = decodeDown(encodeDown(page, protocol))
        expect(read).toEqual({ ok: true, value: page })
        expect(pageChecksum(read.ok && read.value.type === 'page' ? read.value.rows : [])).toBe(page.checksum)
      }
    }),
    { seed: 4, numRuns: 150 },
  )
})

test('X2 columns that do not fit their count are refused', () => {
  fc.assert(
    fc.property(anyRows, fc.integer({ min: 1, max: 1_000 }), (rows, count) => {
      const { groups, others } = packRows(rows)
      const [first] = groups
      fc.pre(first !== undefined && first.count !== count)
      if (first === undefined) return
      const packed = PackedRowsSchema.parse({ groups: [{ ...first, count }], others })
      expect(unpackRows(packed)).toBeNull()
    }),
    { seed: 4, numRuns: 100 },
  )
})

test('V2 bytes that are no block or manifest are a fault; a manifest comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      expect(decodeManifest(bytes).ok).toBe(false)
      decodeBlock(bytes)
    }),
    { seed: 4, numRuns: 300 },
  )
  expect(decodeBlock(new Uint8Array(3)).ok).toBe(false)
  const manifest = { epoch: 3, number: 9, view: '', rows: 0, blocks: [] }
  expect(decodeManifest(encodeManifest(manifest))).toEqual({ ok: true, value: manifest })
})

test('a thousand households cost half of what they cost row by row', () => {
  const random = (n: number, m: number): number => (n * 2_654_435_761) % m
  const rows = Array.from({ length: 1_000 }, (_, i): FeedRow => {
    const entityId = `00000000-0000-4000-8000-${String(random(i + 1, 999_999_999_989)).padStart(12, '0')}`
    const properties = {
      village: `Village ${random(i + 3, 97)}`,
      roof: ['iron', 'thatch', 'tile'][random(i + 5, 3)] ?? '',
      members: String(random(i + 7, 11)),
      income: String(random(i + 9, 400) * 1_000),
    }
    const body = {
      entityId,
      dataset: 'households',
      label: `Okello ${i}`,
      properties,
      conflicted: [],
      canonicalId: entityId,
    }
    return { number: i + 1, kind: 'entity', key: entityId, body }
  })
  expect(encodeBlock(rows).length).toBeLessThan(encodeFrame({ rows }).length / 2)
})
