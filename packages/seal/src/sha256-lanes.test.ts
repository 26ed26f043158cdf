import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createLanes, HASH_BYTES, MOST_LANE_BYTES } from './sha256-lanes.ts'

const lanes = createLanes()

test('whatever stands beside it, a message has the hash that the runtime gives it', () => {
  if (lanes === null) throw new Error('this processor has no vectors, and the tests need them')
  const messages = fc.array(fc.uint8Array({ maxLength: MOST_LANE_BYTES, size: 'max' }), { maxLength: 40 })
  fc.assert(
    fc.property(messages, all => {
      for (const [i, message] of all.entries()) lanes.bytes.set(message, lanes.startOf(i))
      const hashes = Buffer.from(lanes.hash(all.map(({ length }) => length)))
      expect(hashes.toString('hex')).toBe(all.map(m => createHash('sha256').update(m).digest('hex')).join(''))
    }),
    { numRuns: 300 },
  )
})

test('every length that fits, in every lane, and a full batch', () => {
  if (lanes === null) throw new Error('this processor has no vectors, and the tests need them')
  const messages = Array.from({ length: lanes.most }, (_, i) =>
    Buffer.alloc((i * 7) % (MOST_LANE_BYTES + 1), `message ${i}`),
  )
  expect(new Set(messages.map(({ length }) => length)).size).toBe(MOST_LANE_BYTES + 1)
  for (const [i, message] of messages.entries()) lanes.bytes.set(message, lanes.startOf(i))
  const hashes = Buffer.from(lanes.hash(messages.map(({ length }) => length)))
  for (const [i, message] of messages.entries())
    expect(hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES).toString('hex')).toBe(
      createHash('sha256').update(message).digest('hex'),
    )
})
