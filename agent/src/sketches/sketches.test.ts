/** The laws of sketches, on a real store, a real link and real processes. */
import { unwrap } from '@murram/ground'
import { createFrameMemory, decodeUp, FRAME_RECORD } from '@murram/wire'
import { isoWeek, planSketch, unpackSketch } from '@murram/score'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Agent } from '../open-agent.ts'
import { runChild, savedLines } from '../test-house/run-child.ts'
import { answerAll, enrolHere, openHere, saveHousehold, startTestAgent, testFolder } from '../test-house/test-agent.ts'
import { startTestCollector, type TestCollector } from '../test-house/test-collector.ts'
import { TEST_FORM_ID } from '../test-house/test-form.ts'
import { makeTestRelease } from '../test-house/test-release.ts'
import { sketchRecords } from '../bundle/work-records.ts'
import type { SketchReport } from './sketches.ts'

const plan = planSketch(
  [
    { name: 'roof', kind: 'category' },
    { name: 'members', kind: 'number' },
  ],
  {
    rows: 4,
    columns: new Map<string, readonly string[] | Float32Array>([
      ['roof', ['iron', 'iron', 'tile', 'thatch']],
      ['members', Float32Array.from([2, 4, 6, 8])],
    ]),
  },
)

let collector: TestCollector
beforeAll(async () => {
  collector = await startTestCollector()
  collector.publishForm()
  collector.publishRelease(makeTestRelease({ ...collector, counter: 1, watched: { drift: plan, region: 'roof' } }))
})
afterAll(() => collector[Symbol.asyncDispose]())

const told = (agent: Agent): readonly SketchReport[] =>
  collector.reports.flatMap(report =>
    report.kind === 'sketch' && report.storeId === agent.enrolment.storeId ? [report] : [],
  )
/** As a collector keeps it: the last of each key. */
const kept = (agent: Agent) => [...new Map(told(agent).map(one => [`${one.region} ${one.week}`, one])).values()]
const rowsOf = (agent: Agent) => kept(agent).reduce((sum, { rows }) => sum + rows, 0)

test('SK2 SK3 interviews are counted by region, corrections are not, and what is told again is the same', async () => {
  await using agent = await startTestAgent(collector)
  const first = await saveHousehold(agent, 'Asha', { roof: 'iron' })
  await saveHousehold(agent, 'Bola', { roof: 'iron', members: '7' })
  await saveHousehold(agent, 'Chidi', { roof: 'tile' })
  unwrap(await agent.capture.open(TEST_FORM_ID)) // a draft
  unwrap(await agent.sync.syncOnce())
  const correction = unwrap(await agent.capture.open(TEST_FORM_ID, { correct: first.instanceId }))
  answerAll(correction, { roof: 'thatch' })
  unwrap(await correction.finalise())
  unwrap(await agent.sync.syncOnce())

  const [iron, tile, ...others] = kept(agent).toSorted((a, b) => (a.region < b.region ? -1 : 1))
  expect([others, iron?.region, tile?.region]).toEqual([[], 'iron', 'tile'])
  expect(iron).toMatchObject({ releaseId: 'release-1', week: isoWeek(Date.now()), rows: 2, unscored: 0 })
  expect(iron?.scores.reduce((a, b) => a + b, 0)).toBe(2)
  expect(iron?.abstained).toEqual({ unmeasured: 2 })
  const { rows, counts } = unwrap(unpackSketch(plan, iron?.packed ?? new Uint8Array()))
  expect([rows, counts[0]]).toEqual([2, [2, 0, 0, 0, 0]])
  // Told once: a pong came.
  expect(told(agent)).toHaveLength(2)
  await saveHousehold(agent, 'Dada', { roof: 'iron' })
  unwrap(await agent.sync.syncOnce())
  expect(told(agent)).toHaveLength(3)
  expect(rowsOf(agent)).toBe(4)
})

test('SK3 a collector that was restored is told all of it again', async () => {
  await using other = await startTestCollector()
  other.publishForm()
  other.publishRelease(makeTestRelease({ ...other, counter: 1, watched: { drift: plan } }))
  await using agent = await startTestAgent(other)
  await saveHousehold(agent, 'Asha')
  unwrap(await agent.sync.syncOnce())
  other.restore(0)
  unwrap(await agent.sync.syncOnce())
  const reports = other.reports.filter(({ kind }) => kind === 'sketch')
  expect(reports).toHaveLength(2)
  expect(reports[1]).toEqual(reports[0])
})

test('ST2 an older collector is told nothing, and a stick for it neither', async () => {
  await using older = await startTestCollector({ speaks: { protocol: 2, minProtocol: 1 } })
  older.publishForm()
  older.publishRelease(makeTestRelease({ ...older, counter: 1, watched: { drift: plan } }))
  await using agent = await startTestAgent(older)
  await saveHousehold(agent, 'Asha')
  unwrap(await agent.sync.syncOnce())
  expect(older.stored()).toHaveLength(1)
  expect(older.reports.filter(({ kind }) => kind === 'sketch')).toEqual([])
})

test('a stick carries what was not told', () => {
  const report: SketchReport = {
    kind: 'sketch',
    storeId: 'a'.repeat(32) as SketchReport['storeId'],
    releaseId: 'release-1',
    region: 'north',
    week: '2026-W47',
    rows: 1,
    packed: new Uint8Array([1, 2]),
    scores: [1],
    abstained: {},
    unscored: 0,
  }
  const records = [...sketchRecords({ isHeard: () => true, untold: () => [report] })]
  expect(records.map(({ kind }) => kind)).toEqual([FRAME_RECORD])
  const message = unwrap(decodeUp(records[0]!.bytes, createFrameMemory()))
  expect(message).toEqual({ type: 'report', reports: [{ ...report, packed: Buffer.from(report.packed) }] })
  expect([...sketchRecords({ isHeard: () => false, untold: () => [report] })]).toEqual([])
})

test('SK1 killed anywhere around the commit, what is stored is counted, once', async () => {
  using folder = testFolder()
  unwrap(await enrolHere(folder, collector))
  const ready = unwrap(await openHere(folder))
  unwrap(await ready.sync.syncOnce())
  await ready.close()
  for (const point of ['agent.in-transaction#2', 'agent.committed-before-reply#2']) {
    const child = runChild(folder, { names: ['A', 'B'], sync: 'never', stay: false }, crashAt(point))
    expect(await child.ended).toBe('SIGKILL')
    expect(savedLines(child).length).toBeLessThanOrEqual(1)
  }
  const agent = unwrap(await openHere(folder))
  unwrap(await agent.sync.syncOnce())
  const stored = await agent.collections.submissions.count().exec()
  expect(stored).toBe(3)
  expect(rowsOf(agent)).toBe(stored)
  await agent.close()
}, 90_000)

const crashAt = (point: string) => ({ MURRAM_CRASH_ALLOWED: '1', MURRAM_CRASH_AT: point })
