import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createLanes, HASH_BYTES, MOST_LANE_BYTES } from './sha256-lanes.ts'

const lanes = createLanes()

/** In hex, each where `places` says; as they stand, without. */
function hashesOf(messages: readonly Uint8Array[], places = messages.map((_, i) => i)): readonly string[] {
  if (lanes === null) throw new Error('this processor has no vectors, and the tests need them')
  for (const [i, message] of messages.entries()) lanes.bytes.set(message, lanes.startOf(i))
  const hashes = Buffer.alloc(messages.length * HASH_BYTES)
  lanes.hash(
    messages.map(({ length }) => length),
    places,
    hashes,
  )
  return messages.map((_, i) => hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES).toString('hex'))
}

const byRuntime = (message: Uint8Array): string => createHash('sha256').update(message).digest('hex')

test('whatever stands beside it, a message has the hash that the runtime gives it, where it is asked for', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: MOST_LANE_BYTES, size: 'max' }), { maxLength: 40 })
  fc.assert(
    fc.property(messages, fc.nat(), (all, turn) => {
      const places = all.map((_, i) => (i + turn) % all.length)
      const hashes = hashesOf(all, places)
      expect(places.map(place => hashes[place])).toEqual(all.map(byRuntime))
    }),
    { numRuns: 300 },
  )
})

test('every length that fits, in every lane, and a full batch', () => {
  const messages = Array.from({ length: lanes?.most ?? 0 }, (_, i) =>
    Buffer.alloc((i * 7) % (MOST_LANE_BYTES + 1), `message ${i}`),
  )
  expect(new Set(messages.map(({ length }) => length)).size).toBe(MOST_LANE_BYTES + 1)
  expect(hashesOf(messages)).toEqual(messages.map(byRuntime))
})
