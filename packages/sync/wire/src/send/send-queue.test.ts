import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PRIORITIES, priorityOf, type Priority } from './priority-of.ts'
import { createReadingWindow } from './reading-window.ts'
import { createSendQueue, PATIENCE } from './send-queue.ts'

const frameOf = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes)

/** A line that says by hand when it took the frame. */
function slowLine() {
  const sent: Uint8Array[] = []
  let taken: (() => void) | null = null
  return {
    sent,
    send: (frame: Uint8Array, done: () => void) => {
      if (taken !== null) throw new Error('two frames at a time')
      sent.push(frame)
      taken = done
    },
    take: () => {
      const done = taken
      taken = null
      done?.()
      return done !== null
    },
  }
}

const anyPriority = fc.constantFrom(...PRIORITIES)
const anyStep = fc.oneof(
  fc.record({ do: fc.constant('put' as const), priority: anyPriority, sizeBytes: fc.integer({ min: 1, max: 16_000 }) }),
  fc.record({ do: fc.constant('take' as const) }),
)

describe('the send queue', () => {
  test('S1, S5 one frame at a time, each once, whatever is put and taken when', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), steps => {
        const line = slowLine()
        const queue = createSendQueue({ send: line.send })
        let put = 0
        for (const step of steps) {
          if (step.do === 'take') line.take()
          else {
            put += 1
            void queue.put(frameOf(step.sizeBytes), step.priority)
          }
        }
        while (line.take()) continue
        expect(line.sent.length).toBe(put)
        expect(new Set(line.sent).size).toBe(put)
        expect(queue.waitingBytes()).toBe(0)
      }),
      { seed: 4, numRuns: 200 },
    )
  })

  test('S2 the most urgent of what waits goes first, and in order among its like', async () => {
    const line = slowLine()
    const queue = createSendQueue({ send: line.send })
    const put = (size: number, priority: Priority) => queue.put(frameOf(size), priority)
    const all = [put(1, 'models'), put(2, 'models'), put(3, 'deltas'), put(4, 'control'), put(5, 'deltas')]
    while (line.take()) continue
    await Promise.all(all)
    expect(line.sent.map(frame => frame.length)).toEqual([1, 4, 3, 5, 2])
  })

  test('S3 what is least urgent still moves while urgent frames never end', () => {
    const line = slowLine()
    const queue = createSendQueue({ send: line.send })
    for (let i = 0; i < 100; i += 1) void queue.put(frameOf(7), 'models')
    for (let turn = 0; turn < 200; turn += 1) {
      void queue.put(frameOf(1), 'submissions')
      line.take()
    }
    const models = line.sent.filter(frame => frame.length === 7).length
    expect(models).toBeGreaterThanOrEqual(Math.floor(200 / (PATIENCE + 2)))
    expect(models).toBeLessThan(20)
  })

  test('S4 what must be acked stays within the credit; control and pages pass by it', () => {
    const sent: number[] = []
    const queue = createSendQueue({
      creditBytes: 100,
      send: (frame, taken) => {
        sent.push(frame.length)
        taken()
      },
    })
    void queue.put(frameOf(60), 'submissions')
    void queue.put(frameOf(61), 'submissions')
    void queue.put(frameOf(9), 'control')
    expect(sent).toEqual([60, 9])
    queue.acked(60)
    expect(sent).toEqual([60, 9, 61])
    void queue.put(frameOf(500), 'attachments')
    queue.acked(61)
    expect(sent).toEqual([60, 9, 61, 500]) // larger than the whole credit, and alone
  })

  test('S5 what waits when the queue ends is told that it was not sent', async () => {
    const line = slowLine()
    const queue = createSendQueue({ send: line.send })
    const first = queue.put(frameOf(1), 'control')
    const second = queue.put(frameOf(1), 'control')
    queue.end()
    expect(await second).toBe(false)
    line.take()
    expect(await first).toBe(false)
    expect(await queue.put(frameOf(1), 'control')).toBe(false)
  })

  test('who waits for the end of all that was put hears of it, also when the queue ends', async () => {
    const line = slowLine()
    const queue = createSendQueue({ send: line.send })
    await queue.drained()
    void queue.put(frameOf(1), 'models')
    void queue.put(frameOf(1), 'models')
    let isDrained = false
    const drained = queue.drained().then(() => (isDrained = true))
    line.take()
    await Promise.resolve()
    expect(isDrained).toBe(false)
    line.take()
    await drained
    void queue.put(frameOf(1), 'models')
    const ended = queue.drained()
    queue.end()
    await ended
  })

  test('a line that takes at once costs no stack', () => {
    let sent = 0
    const queue = createSendQueue({
      send: (_, taken) => {
        sent += 1
        taken()
      },
    })
    for (let i = 0; i < 50_000; i += 1) void queue.put(frameOf(1), 'deltas')
    expect(sent).toBe(50_000)
  })
})

/**
 * A link of `rate` bytes a second that hides a buffer without end: whatever is written is taken
 * at once, as by the kernel and the boxes of a mobile network. What comes first leaves first.
 */
function hiddenBuffer(rateBytesPerS: number, wayMs: number) {
  let freeAtMs = 0
  return (nowMs: number, sizeBytes: number): number => {
    freeAtMs = Math.max(freeAtMs, nowMs) + (sizeBytes / rateBytesPerS) * 1_000
    return freeAtMs + wayMs
  }
}

/** A file comes down by the window; now and then the collector has something urgent to say. */
function download(options: { readonly rate: number; readonly wayMs: number; readonly fileBytes: number }) {
  const down = hiddenBuffer(options.rate, options.wayMs)
  const window = createReadingWindow()
  const events: { atMs: number; run: () => void }[] = []
  const at = (atMs: number, run: () => void) => void events.push({ atMs, run })
  const urgentMs: number[] = []
  let [now, asked, have] = [0, 0, 0]
  let endedAtMs = 0
  const ask = () => {
    while (asked < options.fileBytes && asked - have < window.windowBytes()) {
      const sizeBytes = Math.min(window.chunkBytes(), options.fileBytes - asked)
      asked += sizeBytes
      const askedAtMs = now
      at(now + options.wayMs, () =>
        at(down(now, sizeBytes), () => {
          have += sizeBytes
          window.onArrival(sizeBytes, now - askedAtMs)
          if (have >= options.fileBytes) endedAtMs = now
          ask()
        }),
      )
    }
  }
  ask()
  for (let saidAtMs = 5_000; saidAtMs < 120_000; saidAtMs += 7_000)
    at(saidAtMs, () => at(down(now, 100), () => urgentMs.push(now - saidAtMs)))
  while (events.length > 0) {
    events.sort((a, b) => a.atMs - b.atMs)
    const next = events.shift()
    if (next === undefined) break
    now = next.atMs
    next.run()
  }
  return { urgentMs: urgentMs.filter((_, i) => 5_000 + i * 7_000 < endedAtMs), seconds: endedAtMs / 1_000 }
}

describe('the reading window', () => {
  test('R2 at 32 kbit/s an ack, a hint or a pong comes through a model within two seconds, and the link stays full', () => {
    const { urgentMs, seconds } = download({ rate: 4_000, wayMs: 400, fileBytes: 1_000_000 })
    expect(urgentMs.length).toBeGreaterThan(10)
    expect(Math.max(...urgentMs)).toBeLessThan(2_000)
    expect(seconds).toBeLessThan(1.1 * (1_000_000 / 4_000))
  })

  test('R3 a fast link far away is filled too', () => {
    const { seconds } = download({ rate: 1_000_000, wayMs: 150, fileBytes: 5_000_000 })
    expect(seconds).toBeLessThan(9) // 5 s of link, and the beginning
  })

  test('R1 pieces are 1 to 16 kB; a link on which nothing came begins smaller', () => {
    const window = createReadingWindow()
    for (let i = 0; i < 500; i += 1) {
      window.onArrival(window.chunkBytes(), i % 7 === 0 ? 5_000 : 10)
      expect(window.chunkBytes()).toBeGreaterThanOrEqual(1_000)
      expect(window.chunkBytes()).toBeLessThanOrEqual(16_000)
    }
    const before = window.windowBytes()
    window.onLinkUp()
    expect(window.windowBytes()).toBe(before)
    window.onLinkUp()
    expect(window.windowBytes()).toBeLessThanOrEqual(Math.max(2_000, before / 2))
  })
})

test('small questions and answers are control; a piece is as urgent as what its file is for', () => {
  expect(['ack', 'hint', 'refused', 'pull', 'want'].map(type => priorityOf({ type } as never))).toEqual(
    Array.from({ length: 5 }, () => 'control'),
  )
  expect(priorityOf({ type: 'push' })).toBe('submissions')
  expect(priorityOf({ type: 'page' })).toBe('deltas')
  expect(priorityOf({ type: 'chunk' })).toBe('models')
  expect(priorityOf({ type: 'chunk' }, 'form')).toBe('deltas')
})
