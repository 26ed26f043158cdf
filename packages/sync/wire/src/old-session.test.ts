/** What version 1 said, kept as bytes: this build reads both sides of it, member by member. */
import { readFileSync } from 'node:fs'
import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { decodeDown, encodeDown } from './down.ts'
import type { FeedRow } from './feed-row.ts'
import { createFrameMemory } from './frame-memory.ts'
import { encodeFrame } from './frame.ts'
import { pageChecksum } from './page-checksum.ts'
import { isKnownAt, protocolOfAgent } from './protocol-version.ts'
import { decodeUp } from './up.ts'
import { reportsKnownAt } from './up/report.ts'

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

test('a form is told to version 1 without its lists, under a checksum of its own', () => {
  const list = { name: 'villages.csv', sha256: 'a'.repeat(64), sizeBytes: 9 }
  const body = { formId: 'f', version: '1', title: 'F', sha256: 'b'.repeat(64), sizeBytes: 1, state: 'published' }
  const other = { number: 2, kind: 'entity' as const, key: 'e', body: { lists: 'its own property' } }
  const rows = [{ number: 1, kind: 'form' as const, key: 'f/1', body: { ...body, lists: [list] } }, other]
  const page = { type: 'page' as const, epoch: 1, from: 0, to: 2, rows, checksum: pageChecksum(rows), more: false }
  const told = (protocol: number) => unwrap(decodeDown(encodeDown(page, protocol)))
  const first = [{ ...rows[0], body }, other]
  expect(told(1)).toEqual({ ...page, rows: first, checksum: pageChecksum(first as FeedRow[]) })
  expect(told(2)).toEqual(page)
})

test('version 1 is told nothing of submissions, under a checksum of its own, and reads on behind them', () => {
  const key = 'uuid:0f0e0d0c-0b0a-4908-8706-050403020100'
  const rows = [
    { number: 3, kind: 'submission' as const, key, body: { instanceId: key, held: null } },
    { number: 4, kind: 'entity' as const, key: 'e', body: null },
  ]
  const page = { type: 'page' as const, epoch: 1, from: 2, to: 4, rows, checksum: pageChecksum(rows), more: false }
  const told = (protocol: number) => unwrap(decodeDown(encodeDown(page, protocol)))
  expect(told(1)).toEqual({ ...page, rows: rows.slice(1), checksum: pageChecksum(rows.slice(1)) })
  expect(told(2)).toEqual(page)
})

test('version 2 is told nothing of tasks, under a checksum of its own, and reads on behind them', () => {
  const rows = [
    { number: 3, kind: 'task' as const, key: 't', body: null },
    { number: 4, kind: 'entity' as const, key: 'e', body: null },
  ]
  const page = { type: 'page' as const, epoch: 1, from: 2, to: 4, rows, checksum: pageChecksum(rows), more: false }
  const told = (protocol: number) => unwrap(decodeDown(encodeDown(page, protocol)))
  expect(told(2)).toEqual({ ...page, rows: rows.slice(1), checksum: pageChecksum(rows.slice(1)) })
  expect(told(3)).toEqual(page)
})

test('an agent says by its version what it reads, where no protocol is agreed on', () => {
  expect(['', 'test', '0.1.0', '0.1.9'].map(protocolOfAgent)).toEqual([2, 2, 2, 2])
  expect(['0.2.0', '0.10.1', '1.0.0'].map(protocolOfAgent)).toEqual([3, 3, 3])
})

test('a return is told to version 1 without what it is about', () => {
  const key = 'uuid:0f0e0d0c-0b0a-4908-8706-050403020100'
  const body = { instanceId: key, entityId: null, comments: [], atMs: 1 }
  const about = { formId: 'f', version: '1', label: 'Nakato' }
  const rows = [{ number: 3, kind: 'return' as const, key, body: { ...body, about } }]
  const page = { type: 'page' as const, epoch: 1, from: 2, to: 3, rows, checksum: pageChecksum(rows), more: false }
  const first = [{ number: 3, kind: 'return' as const, key, body }]
  const told = (protocol: number) => unwrap(decodeDown(encodeDown(page, protocol)))
  expect(told(1)).toEqual({ ...page, rows: first, checksum: pageChecksum(first) })
  expect(told(2)).toEqual(page)
})

test('version 2 is told nothing of rollouts, under a checksum of its own, and reads on behind them', () => {
  const rows = [
    { number: 3, kind: 'rollout' as const, key: 'vulnerability', body: { order: {} } },
    { number: 4, kind: 'entity' as const, key: 'e', body: null },
  ]
  const page = { type: 'page' as const, epoch: 1, from: 2, to: 4, rows, checksum: pageChecksum(rows), more: false }
  const told = (protocol: number) => unwrap(decodeDown(encodeDown(page, protocol)))
  for (const protocol of [1, 2])
    expect(told(protocol)).toEqual({ ...page, rows: rows.slice(1), checksum: pageChecksum(rows.slice(1)) })
  expect(told(3)).toEqual(page)
})

test('before version 3 a release that was left again is one that was refused', () => {
  const report = { kind: 'release', releaseId: 'v-1', counter: 3, state: 'rolled-back', atMs: 1 } as const
  expect(reportsKnownAt(2, [report])).toEqual([{ ...report, state: 'refused' }])
  expect(reportsKnownAt(3, [report])).toEqual([report])
})
