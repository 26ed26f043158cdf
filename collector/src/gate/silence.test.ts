import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchSilence } from './silence.ts'

const TIMES = { firstMs: 20_000, longestMs: 60_000, pongMs: 15_000 }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A socket whose other end answers a ping, or does not. */
function start({ answers }: { answers: boolean }) {
  const emitter = new EventEmitter()
  const seen = { pings: [] as number[], endedAtMs: null as number | null }
  const socket = {
    isPaused: false,
    ping: () => {
      seen.pings.push(Date.now() - startedAtMs)
      if (answers) setTimeout(() => emitter.emit('pong'))
    },
    terminate: () => void (seen.endedAtMs = Date.now() - startedAtMs),
    on: emitter.on.bind(emitter),
  }
  const startedAtMs = Date.now()
  return { socket, seen, silence: watchSilence(socket as never, TIMES) }
}

test('a socket that says nothing is asked after 20 s and ended 15 s later', () => {
  const { seen, silence } = start({ answers: false })
  vi.advanceTimersByTime(34_999)
  expect(seen).toEqual({ pings: [20_000], endedAtMs: null })
  vi.advanceTimersByTime(1)
  expect(seen.endedAtMs).toBe(35_000)
  silence.stop()
})

test('one that answers is asked more and more seldom, and never ended', () => {
  const { seen, silence } = start({ answers: true })
  vi.advanceTimersByTime(3_600_000)
  expect(seen.endedAtMs).toBeNull()
  const spans = seen.pings.map((atMs, i) => Math.round((atMs - (seen.pings[i - 1] ?? 0)) / 1_000))
  expect(spans.slice(0, 5)).toEqual([20, 30, 45, 60, 60])
  silence.stop()
})

test('whoever speaks is not asked, and is asked again when they fall silent', () => {
  const { seen, silence } = start({ answers: false })
  for (let i = 0; i < 30; i += 1) {
    vi.advanceTimersByTime(19_000)
    silence.heard()
  }
  expect(seen).toEqual({ pings: [], endedAtMs: null })
  vi.advanceTimersByTime(35_000)
  expect(seen.endedAtMs).not.toBeNull()
  silence.stop()
})

test('a word instead of the answer counts as one', () => {
  const { seen, silence } = start({ answers: false })
  vi.advanceTimersByTime(30_000)
  silence.heard()
  vi.advanceTimersByTime(10_000)
  expect(seen).toEqual({ pings: [20_000], endedAtMs: null })
  silence.stop()
})

test('one that is not read from, because it is told to wait, is neither asked nor ended', () => {
  const { socket, seen, silence } = start({ answers: false })
  socket.isPaused = true
  vi.advanceTimersByTime(600_000)
  expect(seen).toEqual({ pings: [], endedAtMs: null })
  socket.isPaused = false
  vi.advanceTimersByTime(40_000)
  expect(seen.endedAtMs).not.toBeNull()
  silence.stop()
})

test('after it is stopped nobody is asked or ended', () => {
  const { seen, silence } = start({ answers: false })
  silence.stop()
  vi.advanceTimersByTime(600_000)
  expect(seen).toEqual({ pings: [], endedAtMs: null })
})
