/** What version 1 said, kept as bytes: this build reads both sides of it, member by member. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { decodeDown } from './down.ts'
import { createFrameMemory } from './frame-memory.ts'
import { encodeFrame } from './frame.ts'
import { isKnownAt } from './protocol-version.ts'
import { decodeUp } from './up.ts'

interface Recorded {
  readonly frames: readonly { readonly from: 'agent' | 'collector'; readonly type: string; readonly base64: string }[]
}
const { frames } = JSON.parse(
  readFileSync(new URL('../../../../tests/fixtures/versions/session-1.json', import.meta.url), 'utf8'),
) as Recorded

test('V2 every frame of a version 1 session is read, from either side', () => {
  const memory = createFrameMemory()
  const read = frames.map(({ from, base64 }) => {
    const frame = new Uint8Array(Buffer.from(base64, 'base64'))
    const message = from === 'agent' ? decodeUp(frame, memory) : decodeDown(frame)
    return message.ok ? message.value.type : message.error
  })
  expect(read).toEqual(frames.map(({ type }) => type))
  expect(new Set(read).size).toBe(15)
})

test('V2 each type of version 1 is known at 1, and any other only since 2', () => {
  for (const { type } of frames) expect(isKnownAt(1, type), type).toBe(true)
  expect(isKnownAt(1, 'offer')).toBe(false)
  expect(isKnownAt(2, 'offer')).toBe(true)
})

test('what a later version adds to `more` is passed over, a new member beside it is not', () => {
  const welcome = {
    type: 'welcome',
    epoch: 1,
    durableUpto: 0,
    safeUpto: 0,
    serverTimeMs: 1,
    feedNumber: 0,
    creditBytes: 1,
    maxFrameBytes: 1,
  }
  expect(decodeDown(encodeFrame({ ...welcome, more: { tomorrow: [1], view: 'all' } })).ok).toBe(true)
  expect(decodeDown(encodeFrame({ ...welcome, tomorrow: [1] })).ok).toBe(false)
})
