import { createSigningKey } from '@murram/seal'
import type { StoreId } from '@murram/ground'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fillBatch } from './fill-batch.ts'
import { fromPushBatch, toPushBatch, verifyPushBatch, verifyPushBatchInTurns } from './push-columns.ts'
import { decodeFrame, encodeFrame } from './frame.ts'
import { packPush, type PushBatch } from './up/push-batch.ts'
import { decodeUp, encodeUp, UpSchema } from './up.ts'
import { contents, headOf, queueOf, sender, type Content } from './wire-fixtures.ts'

const overTheWire = (batch: PushBatch): PushBatch => {
  const read = decodeUp(encodeUp(batch))
  if (!read.ok || read.value.type !== 'push') throw new Error(JSON.stringify(read))
  return read.value
}
const visit = (roof: string): Content => ({ answers: { roof }, base: {}, audit: null, assessment: null })

describe('B1 B2 submissions', () => {
  test('come back as they went, digests and blanks included', async () => {
    await fc.assert(
      fc.asyncProperty(contents, fc.constantFrom('', 'ab'.repeat(32)), async (all, previous) => {
        const queue = queueOf(all)
        const batch = overTheWire(toPushBatch(queue, headOf(queue, previous)))
        expect(fromPushBatch(batch, sender)).toEqual(queue)
        expect(verifyPushBatch(batch, sender)).toEqual({ ok: true, value: queue })
        expect(await verifyPushBatchInTurns(batch, sender, () => Promise.resolve())).toEqual({ ok: true, value: queue })
      }),
      { numRuns: 300 },
    )
  })

  test('of another form, version or place do not enter a batch', () => {
    const [a, b, c] = queueOf([visit('iron'), visit('tile'), visit('slate')])
    if (a === undefined || b === undefined || c === undefined) throw new Error('three were made')
    expect(() => toPushBatch([], headOf([a]))).toThrow('no submissions')
    expect(() => toPushBatch([a, c], headOf([a, c]))).toThrow('submission 3 does not belong')
    expect(() => toPushBatch([a, { ...b, version: '2' }], headOf([a, b]))).toThrow('submission 2 does not belong')
  })
})

describe('a batch is refused', () => {
  const queue = queueOf([visit('iron'), visit('tile'), visit('')])
  const batch = toPushBatch(queue, headOf(queue))
  const faultOf = (changed: PushBatch, from = sender): string | null => {
    const result = verifyPushBatch(changed, from)
    return result.ok ? null : result.error.fault
  }

  test('where an answer was changed, blanked or dropped', () => {
    for (const other of ['Iron', '', null]) {
      expect(faultOf({ ...batch, columns: [[other, 'tile', '']] })).toBe('sync.digest-mismatch')
    }
    expect(faultOf({ ...batch, columns: [['tile', 'iron', '']] })).toBe('sync.digest-mismatch')
    expect(faultOf(batch)).toBeNull()
  })

  test('where it is signed by another device, for another store, or for another place', () => {
    expect(faultOf(batch, { ...sender, publicKey: createSigningKey().publicKey })).toBe('sync.bad-signature')
    expect(faultOf(batch, { ...sender, storeId: 'c'.repeat(32) as StoreId })).toBe('sync.bad-signature')
    const moved = { ...batch, firstN: 2, head: { ...batch.head, n: 4 } }
    expect(faultOf(moved)).toBe('sync.bad-signature')
  })

  test('where its columns do not fit together, before anybody reads them', () => {
    const packed = packPush(batch)
    const wrong: Partial<ReturnType<typeof packPush>>[] = [
      { count: 2 },
      { answers: { names: ['roof'], values: [['iron', 'tile']], codes: new Uint8Array() } },
      { answers: { names: ['roof'], values: [], codes: new Uint8Array() } },
      {
        answers: {
          names: ['roof', 'roof'],
          values: [
            ['', '', ''],
            ['', '', ''],
          ],
          codes: new Uint8Array(),
        },
      },
      { answers: { names: ['roof'], values: [{ words: ['iron'] }], codes: Uint8Array.from([0, 0]) } },
      { answers: { names: ['roof'], values: [{ words: ['iron'] }], codes: Uint8Array.from([0, 0, 1]) } },
      { answers: { names: ['roof'], values: [{ words: ['iron'] }], codes: Uint8Array.from([0, 0, 0, 0]) } },
      {
        answers: {
          names: ['roof'],
          values: [{ prefix: '', kinds: new Uint8Array(), uuids: new Uint8Array(47) }],
          codes: new Uint8Array(),
        },
      },
      { instanceIds: ['a', 'b', 'c'] },
      { instanceIds: 'instanceIds' },
      { stamps: packed.stamps.slice(1) },
      { salts: new Uint8Array(47) },
      { deprecated: ['x', null, null] },
      { assessed: Uint8Array.from([1, 1]) },
      {
        assessments: { names: ['p'], values: [['{', null, null]], codes: new Uint8Array() },
        assessed: Uint8Array.from([1, 0, 0]),
      },
      { head: { ...packed.head, n: 4 } },
    ]
    expect(decodeFrame(UpSchema, encodeFrame(packed)).ok).toBe(true)
    for (const [i, change] of wrong.entries()) {
      const read = decodeFrame(UpSchema, encodeFrame({ ...packed, ...change }))
      expect(read.ok ? 'read' : read.error.fault, `${i} ${Object.keys(change).join()}`).toBe('wire.malformed')
    }
  })
})

describe('a batch is filled', () => {
  const noisy = (i: number): Content => ({ ...visit(`roof ${Math.sin(i)}`), audit: null })
  const queue = queueOf(Array.from({ length: 300 }, (_, i) => noisy(i)))
  const [first, ...rest] = queue
  if (first === undefined) throw new Error('300 were made')
  const waiting = [first, ...rest] as const

  test('by bytes, never by rows, whatever was expected of one submission', () => {
    for (const maxBytes of [300, 2_000, 8_000]) {
      for (const expectBytesEach of [5, 100, 1_000]) {
        const filled = fillBatch(waiting, { maxBytes, headOf, expectBytesEach })
        if (!filled.ok) throw new Error(filled.error.fault)
        const { firstN, lastN, sizeBytes, frame, bytesEach } = filled.value
        expect(firstN).toBe(1)
        expect(sizeBytes).toBe(frame.length)
        expect(lastN === 1 || sizeBytes <= maxBytes).toBe(true)
        const again = fillBatch(waiting, { maxBytes, headOf, expectBytesEach: bytesEach })
        expect((again.ok && again.value.sizeBytes > maxBytes * 0.6) || maxBytes === 300).toBe(true)
      }
    }
  })

  test('with one form version', () => {
    const [other] = queueOf([visit('iron')], { firstN: 3, version: '2' })
    if (other === undefined || rest[0] === undefined) throw new Error('made')
    const filled = fillBatch([first, rest[0], other], { maxBytes: 16_000, headOf, expectBytesEach: 1 })
    expect(filled.ok && filled.value.lastN).toBe(2)
  })

  test('with one submission at least, and with none that no frame can hold', () => {
    const one = fillBatch(waiting, { maxBytes: 1, headOf })
    expect(one.ok && [one.value.firstN, one.value.lastN]).toEqual([1, 1])
    let text = ''
    for (let i = 0; text.length < 3_000_000; i += 1) text += Math.sin(i).toString(36)
    const [huge] = queueOf([{ ...visit('iron'), audit: text }])
    if (huge === undefined) throw new Error('made')
    const refused = fillBatch([huge], { maxBytes: 16_000, headOf })
    expect(refused.ok ? null : refused.error.fault).toBe('wire.frame-too-large')
  })
})
