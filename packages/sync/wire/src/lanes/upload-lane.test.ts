import type { Sha256 } from '@murram/ground'
import { seededRandom } from '@murram/testkit'
import { describe, expect, test } from 'vitest'
import { createUploadLane, type UploadAction, type UploadFile } from './upload-lane.ts'
import { createUploadPace, type SentPiece } from './upload-pace.ts'
import { uploadWeatherOf } from './upload-weather.ts'

const fileOf = (i: number, sizeBytes: number): UploadFile => ({
  sha256: (i + 1).toString(16).padStart(8, '0').padEnd(64, 'a') as Sha256,
  sizeBytes,
  mediaType: 'image/jpeg',
  purpose: 'attachment',
})

describe('files go up through bad weather', () => {
  test('U1 to U5, U7 all arrives, each byte where it belongs, each file completed once', () => {
    const sum = { cuts: 0, files: 0, pieces: 0 }
    for (let seed = 1; seed <= 150; seed += 1) {
      const random = seededRandom(seed)
      const files = Array.from({ length: 1 + Math.floor(random() * 6) }, (_, i) =>
        fileOf(seed * 10 + i, Math.floor(random() ** 3 * 60_000)),
      )
      const bytesPerSecond = 1_000 + Math.floor(random() * 20_000)
      const wayMs = random() * 500
      const { broken, completed, setAside, cuts, pieces } = uploadWeatherOf({
        files: files.map(file => (file.sizeBytes === 0 ? { ...file, sizeBytes: 1 } : file)),
        random,
        restartEvery: 1 + (seed % 5),
        link: { bytesPerSecond, wayMs, lastsMs: () => 4 * wayMs + 2_600 + random() * 9_000 },
        endMs: 3_600_000,
      })
      expect([broken, setAside, completed.length], `seed ${seed}`).toEqual([[], [], files.length])
      expect(new Set(completed).size).toBe(files.length)
      sum.cuts += cuts
      sum.files += files.length
      sum.pieces += pieces.length
    }
    // The weather was bad indeed.
    expect(sum.cuts).toBeGreaterThan(150)
    expect(sum.pieces).toBeGreaterThan(sum.files * 3)
  })

  test.each([
    ['a way of 800 ms', 400],
    ['a way of 100 ms', 50],
  ])('U3 at 32 kbit/s, reset each 30 s, with %s: 5 MB cost at most a tenth more', (_, wayMs) => {
    const { broken, completed, bytesUp, cuts, pieces } = uploadWeatherOf({
      files: [fileOf(1, 5_000_000)],
      random: seededRandom(7),
      link: { bytesPerSecond: 4_000, wayMs, lastsMs: () => 30_000 },
    })
    expect([broken, completed.length]).toEqual([[], 1])
    expect(cuts).toBeGreaterThan(30)
    expect(bytesUp / 5_000_000).toBeLessThan(1.1)
    // UP1: what is urgent waits for no more than a second.
    expect(Math.max(...pieces.map(({ tookMs }) => tookMs))).toBeLessThan(1_000)
  })

  test('UP2 UP3 a fast link is filled, with pieces of 16 kB', () => {
    const { bytesUp, tookMs, pieces } = uploadWeatherOf({
      files: [fileOf(1, 10_000_000)],
      random: seededRandom(7),
      link: { bytesPerSecond: 1_250_000, wayMs: 50, lastsMs: () => 1e9 },
    })
    expect(tookMs).toBeLessThan(12_000) // 8 s of link, and the beginning
    expect(bytesUp).toBeLessThan(10_100_000)
    expect(Math.max(...pieces.map(({ sizeBytes }) => sizeBytes))).toBeGreaterThan(16_000)
  })

  test('U6 one spoilt piece costs the file once more; a file that never arrives whole is given up, and the others go on', () => {
    let spoilt = 0
    const once = uploadWeatherOf({
      files: [fileOf(1, 50_000), fileOf(2, 20_000)],
      random: seededRandom(3),
      link: { bytesPerSecond: 20_000, wayMs: 20, lastsMs: () => 1e9 },
      spoil: () => (spoilt += 1) === 3,
    })
    expect([once.broken, once.setAside, once.completed.length]).toEqual([[], [], 2])
    expect(once.bytesUp).toBeGreaterThan(110_000)
    const [bad, good] = [fileOf(1, 50_000), fileOf(2, 20_000)]
    const never = uploadWeatherOf({
      files: [bad, good],
      random: seededRandom(3),
      link: { bytesPerSecond: 20_000, wayMs: 20, lastsMs: () => 1e9 },
      spoil: ({ sha256, offset }) => sha256 === bad.sha256 && offset === 0,
    })
    expect([never.broken, never.setAside, never.completed]).toEqual([[], [bad.sha256], [good.sha256]])
    expect(never.bytesUp).toBeLessThan(180_000)
  })
})

test('UP3 after a fast link a slow one is not flooded: no more is on its way than two seconds of it', () => {
  const pace = createUploadPace()
  const run = (bytesPerSecond: number, wayMs: number, pieces: number): number => {
    pace.onLinkUp()
    let [nowMs, freeAtMs, most] = [0, 0, 0]
    let waiting: { readonly piece: SentPiece; readonly atMs: number }[] = []
    for (let answered = 0; answered < pieces;) {
      const onTheWay = waiting.reduce((sum, { piece }) => sum + piece.sizeBytes, 0)
      if (onTheWay === 0 || pace.windowBytes() - onTheWay >= pace.pieceBytes() / 2) {
        const piece = pace.onSent(pace.pieceBytes(), nowMs)
        freeAtMs = Math.max(freeAtMs, nowMs) + (piece.sizeBytes / bytesPerSecond) * 1_000
        waiting.push({ piece, atMs: freeAtMs + 2 * wayMs })
        most = Math.max(most, freeAtMs - nowMs)
        continue
      }
      const [first, ...later] = waiting
      if (first === undefined) break
      waiting = later
      nowMs = Math.max(nowMs, first.atMs)
      pace.onArrived(first.piece, nowMs)
      answered += 1
    }
    return most
  }
  expect(run(5_000_000, 2, 300)).toBeLessThan(1_000)
  expect(run(4_000, 50, 60)).toBeLessThan(2_500)
  expect(run(12_000, 5, 60)).toBeLessThan(2_500)
})

describe('the upload lane', () => {
  const opened = (files: readonly UploadFile[]) => {
    const lane = createUploadLane()
    lane.handle({ type: 'linkUp' })
    lane.handle({ type: 'queued', files, atMs: 0 })
    return { lane, actions: lane.handle({ type: 'held', held: false, atMs: 0 }) }
  }
  const have = (offer: number, haveBytes: number, more = {}) =>
    ({ type: 'have', offer, haveBytes, complete: false, atMs: 100, ...more }) as const

  test('U1 nothing is sent before the welcome, nor while something goes first', () => {
    const lane = createUploadLane()
    expect(lane.handle({ type: 'queued', files: [fileOf(1, 9)], atMs: 0 })).toEqual([])
    expect(lane.handle({ type: 'held', held: false, atMs: 0 })).toEqual([])
    expect(lane.handle(have(1, 0))).toEqual([])
    lane.handle({ type: 'linkUp' })
    expect(lane.handle({ type: 'queued', files: [fileOf(1, 9)], atMs: 0 })).toEqual([])
    expect(lane.handle({ type: 'held', held: false, atMs: 0 })).toMatchObject([{ do: 'offer', offer: 1 }])
    expect(lane.handle({ type: 'held', held: true, atMs: 0 })).toEqual([])
    expect(lane.handle(have(1, 0))).toMatchObject([{ do: 'progress' }])
    expect(lane.handle({ type: 'held', held: false, atMs: 0 })).toMatchObject([{ do: 'piece', offset: 0, length: 9 }])
  })

  test('U3 it goes on where the collector is, also when the agent knows nothing of it', () => {
    const { lane } = opened([fileOf(1, 5_000)])
    expect(lane.handle(have(1, 4_500))).toMatchObject([{ do: 'progress' }, { do: 'piece', offset: 4_500, length: 500 }])
  })

  test('U4 what is there already costs an offer', () => {
    const { lane } = opened([fileOf(1, 5_000), fileOf(2, 5_000)])
    expect(lane.handle(have(1, 5_000, { complete: true }))).toMatchObject([{ do: 'complete' }])
    expect(lane.isIdle()).toBe(false)
    expect(lane.handle(have(2, 5_000, { complete: true }))).toMatchObject([{ do: 'complete' }])
    expect(lane.isIdle()).toBe(true)
    expect(lane.handle(have(2, 5_000, { complete: true }))).toEqual([])
  })

  test('U5 what is turned away waits for the next session; what comes after it goes on', () => {
    const files = [1, 2, 3, 4, 5].map(i => fileOf(i, 100))
    const { lane, actions } = opened(files)
    expect(actions.map(action => action.do)).toEqual(['offer', 'offer', 'offer', 'offer'])
    const why = { fault: 'sync.not-awaited' } as const
    expect(lane.handle(have(1, 0, { fault: why }))).toMatchObject([{ do: 'setAside', fault: why }, { do: 'offer' }])
    for (const offer of [2, 3, 4, 5]) lane.handle(have(offer, 100, { complete: true }))
    expect(lane.isIdle()).toBe(true)
    lane.handle({ type: 'linkDown' })
    lane.handle({ type: 'linkUp' })
    expect(lane.handle({ type: 'held', held: false, atMs: 0 })[0]).toMatchObject({ do: 'offer', offer: 6 })
  })

  const offerIn = (actions: readonly UploadAction[]): number =>
    actions.find(action => action.do === 'offer')?.offer ?? expect.unreachable('nothing is offered')

  test('U8 a collector elsewhere than expected is asked where it is, and another session of ours is no failure', () => {
    const { lane } = opened([fileOf(1, 20_000)])
    let [offer, sent] = [1, lane.handle(have(1, 0))]
    for (let round = 1; round <= 4; round += 1) {
      expect(sent.filter(action => action.do === 'piece')).toHaveLength(2)
      const again = offerIn(lane.handle(have(offer, round * 2_100)))
      // What is still said to the earlier offer says nothing.
      expect(lane.handle(have(offer, 0))).toEqual([])
      sent = lane.handle(have(again, round * 2_100))
      expect(sent).toMatchObject([{ do: 'progress' }, { do: 'piece', offset: round * 2_100 }, { do: 'piece' }])
      offer = again
    }
  })

  test('a collector that takes nothing is not asked for ever', () => {
    const { lane } = opened([fileOf(1, 9_000)])
    let [offer, pieces] = [1, 0]
    for (let i = 0; i < 50 && !lane.isIdle(); i += 1)
      for (const action of lane.handle(have(offer, 0))) {
        if (action.do === 'offer') offer = action.offer
        if (action.do === 'piece') pieces += 1
      }
    expect(lane.isIdle()).toBe(true)
    expect(pieces).toBeLessThan(10)
    lane.handle({ type: 'linkDown' })
    lane.handle({ type: 'linkUp' })
    expect(lane.handle({ type: 'held', held: false, atMs: 0 })).toEqual([])
  })

  /** One link: what is sent and what is said of it arrive in order, some of it twice. */
  const repeating = (sizeBytes: number, random: () => number) => {
    const { lane, actions } = opened([fileOf(1, sizeBytes)])
    const completed: UploadAction[] = []
    let stored = 0
    let up: readonly UploadAction[] = actions
    let down: readonly ReturnType<typeof have>[] = []
    const times = (): number => (random() < 0.4 ? 2 : 1)
    for (let turn = 0; turn < 2_000 && !lane.isIdle(); turn += 1) {
      const [action, ...others] = up
      if (action !== undefined && (down.length === 0 || random() < 0.5)) {
        up = others
        if (action.do === 'setAside') return 'given up'
        if (action.do === 'complete') completed.push(action)
        if (action.do !== 'offer' && action.do !== 'piece') continue
        for (let i = times(); i > 0; i -= 1) {
          if (action.do === 'piece' && action.offset === stored) stored += action.length
          const said = have(action.offer, stored, { complete: stored === sizeBytes })
          down = [...down, ...Array.from({ length: times() }, () => said)]
        }
        continue
      }
      const [said, ...later] = down
      if (said === undefined) return 'stalled'
      down = later
      up = [...up, ...lane.handle(said)]
    }
    return lane.isIdle() && stored === sizeBytes ? 'done' : 'stalled'
  }

  test('U6 U8 however often pieces and answers come twice, no file is given up', () => {
    for (let seed = 1; seed <= 200; seed += 1)
      expect([seed, repeating(20_000 + (seed % 7) * 9_000, seededRandom(seed))]).toEqual([seed, 'done'])
  })

  test('U4 one that was given up, and is complete after all, is so', () => {
    const { lane } = opened([fileOf(1, 500)])
    lane.handle(have(1, 0))
    let offer = offerIn(lane.handle(have(1, 0)))
    for (let i = 0; i < 2; i += 1) {
      lane.handle(have(offer, 0))
      const again = lane.handle(have(offer, 0)).find(action => action.do === 'offer')
      if (again !== undefined) offer = again.offer
    }
    const last = lane.handle(have(offer, 0))
    expect(last.map(({ do: what }) => what)).toContain('setAside')
    const { sha256 } = fileOf(1, 500)
    expect(lane.handle(have(1, 500, { complete: true }))).toContainEqual({ do: 'complete', sha256 })
    expect(lane.handle(have(offer, 500, { complete: true }))).toEqual([])
  })

  test('what is not queued any more is let go', () => {
    const { lane } = opened([fileOf(1, 9_000)])
    lane.handle(have(1, 0))
    expect(lane.handle({ type: 'queued', files: [], atMs: 0 })).toEqual([])
    expect(lane.isIdle()).toBe(true)
    expect(lane.handle(have(1, 1_000))).toEqual([])
  })
})
