/** The scorers' thread: the same answers as here, and an answer whatever becomes of the thread. */
import { Worker } from 'node:worker_threads'
import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { fixtureBundle } from './fixture-bundle.ts'
import type { FeatureRow } from './answers.ts'
import { openScorer } from './open-scorer.ts'
import { createScorerThread } from './scorer-thread.ts'

const household: FeatureRow = { roof: 'thatch', water: '', size: 10, distance: Number.NaN }
const trees = fixtureBundle('trees')

test('what the thread says of a household is what is said here, reasons included', async () => {
  await using thread = createScorerThread()
  await using there = unwrap(await thread.open(trees))
  await using here = unwrap(await openScorer(trees))
  expect(unwrap(await there.score(household))).toEqual(unwrap(await here.score(household)))
  expect(unwrap(await there.scoreMany([household, { ...household, size: 1 }]))).toEqual(
    unwrap(await here.scoreMany([household, { ...household, size: 1 }])),
  )
  expect(unwrap(await there.explain(household))).toEqual(unwrap(await here.explain(household)))
  const table = {
    rows: 2,
    columns: new Map<string, Float32Array | string[]>([
      ['roof', ['thatch', 'iron']],
      ['size', Float32Array.of(10, 2)],
    ]),
  }
  expect(unwrap(await there.predictColumns(table))).toEqual(unwrap(await here.predictColumns(table)))
})

test('several models share one thread, and one that is closed is not asked again', async () => {
  let started = 0
  const startWorker = () => {
    started += 1
    return new Worker(new URL('scorer-worker.ts', import.meta.url))
  }
  await using thread = createScorerThread({ startWorker })
  const first = unwrap(await thread.open(trees))
  await using second = unwrap(await thread.open(fixtureBundle('linear')))
  await first[Symbol.asyncDispose]()
  expect(await first.score(household)).toMatchObject({ ok: false })
  expect(unwrap(await second.score(household)).label).toBe('poor')
  expect(started).toBe(1)
})

test('a bundle that may not be used is refused by the thread as it is here', async () => {
  await using thread = createScorerThread()
  const files = new Map([...trees.files, ['model.onnx', new Uint8Array(10)]])
  expect(await thread.open({ manifest: trees.manifest, files })).toMatchObject({
    ok: false,
    error: { fault: 'bundle.hash-mismatch' },
  })
})

test('T1 T2 a thread that ends answers with a fault, and the next household is scored by a fresh one', async () => {
  const workers: Worker[] = []
  const startWorker = () => {
    const worker = new Worker(new URL('scorer-worker.ts', import.meta.url))
    workers.push(worker)
    return worker
  }
  await using thread = createScorerThread({ startWorker })
  await using scorer = unwrap(await thread.open(trees))
  const asked = scorer.score(household)
  void workers[0]!.terminate()
  expect(await asked).toMatchObject({ ok: false, error: { fault: 'score.thread-ended' } })
  expect(unwrap(await scorer.score(household)).label).toBe('poor')
  expect(workers.length).toBe(2)
})

test('T1 a thread that is silent for too long is given up', async () => {
  const silent = () => new Worker('setInterval(() => {}, 1000)', { eval: true })
  await using thread = createScorerThread({ limitMs: 200, startWorker: silent })
  expect(await thread.open(trees)).toMatchObject({ ok: false, error: { fault: 'score.thread-ended' } })
})
