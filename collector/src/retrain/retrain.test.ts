/** The whole loop of a model on real parts: PostgreSQL, the queue, processes, ONNX Runtime. */
import type { ChildProcess } from 'node:child_process'
import { unwrap } from '@murram/ground'
import type { RunEvent } from '@murram/lineage'
import { verifyRelease, type Manifest } from '@murram/score'
import { openScorer } from '@murram/score/onnx'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { getBlob } from '../blobs/blobs.ts'
import { startFakeMlflow } from '../mlflow/fake-mlflow.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { makeAgain, type Making } from './making.ts'
import { startRunProcess, type StartProcess } from './run-process.ts'
import {
  drawVisits,
  NOW,
  openTestHouse,
  outcomeRows,
  recipe,
  storeVisits,
  type RunReply,
  type SyntheticVisit,
  type TestHouse,
} from './test-house.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

const begin = async (house: TestHouse, visits: readonly SyntheticVisit[], text = recipe) => {
  await storeVisits(house.house, visits)
  await house.post('/models', { recipe: text, card: '# Vulnerability' })
}
/** No rest between two runs. */
const noRest = `${recipe}triggers: { hoursBetween: 0 }\n`
/** Trains only once it may. */
const heldUntil =
  (held: Promise<void>): StartProcess =>
  limits => {
    const child = startRunProcess(limits)
    const send = child.send.bind(child) as (message: unknown, told?: () => void) => boolean
    child.send = (message: unknown, told?: unknown) => {
      if ((message as { type: string }).type !== 'train') return send(message, told as () => void)
      void held.then(() => child.connected && send(message))
      if (typeof told === 'function') told()
      return true
    }
    return child
  }
const runsOf = async (house: TestHouse) => (await house.get<{ runs: RunReply[] }>('/runs')).runs
const failedLines = ({ report }: RunReply) =>
  report?.lines.filter(({ verdict }) => verdict === 'failed').map(({ name }) => name)

test('U2 a better model is promoted, released and scores; the same outcomes again start nothing', async () => {
  await using house = await openTestHouse(cluster)
  const visits = drawVisits(950)
  const triggers = '{ hoursBetween: 0, freshAtLeast: 45, degradation: { atLeast: 45 } }'
  await begin(house, visits, `${recipe}triggers: ${triggers}\n`)
  expect(await house.post('/outcomes', outcomeRows(visits))).toMatchObject({ imported: 950, known: 0, refused: [] })
  const [started, ...more] = await runsOf(house)
  expect(more).toEqual([])
  const run = await house.runEnds(started!.runId)
  expect(run).toMatchObject({ state: 'finished', verdict: 'promote', attempts: 1, reason: null })
  expect(run.rows).toMatchObject({ used: 950, leftOut: {} })
  expect(run.report?.summary).toMatch(/failed at no line/)
  // Nobody had looked at these households; the look is in the ledger, and for it promoted it cost nothing.
  const { rows: looks } = await house.house.read.execute(
    sql`select is_promoted, holdout = fresh as fresh from holdout_looks`,
  )
  expect(looks).toEqual([{ is_promoted: true, fresh: true }])
  expect(run.because).toBe('950 verified outcomes since the last run, 50 start one')

  // What it was made with, what came out, and where both are found again.
  expect(run.record).toMatchObject({
    rung: 'logistic',
    crossValidated: { logistic: expect.any(Number), trees: null },
    hyperParameters: { l2: expect.any(Number) },
    metrics: { auc: expect.any(Number) },
    recipeDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  for (const { sha256 } of run.record!.artefacts) expect(await getBlob(house.house.read, sha256)).toBeDefined()
  const { events } = await house.get<{ events: RunEvent[] }>(`/runs/${run.runId}/lineage`)
  expect(events.map(({ eventType, inputs, outputs }) => [eventType, inputs.length, outputs.length])).toEqual([
    ['START', 1, 0],
    ['RUNNING', 2, 0],
    ['COMPLETE', 2, 2],
  ])
  const { triggers: weighed } = await house.get<{ triggers: { trigger: string; verdict: string }[] }>(
    '/models/vulnerability/triggers',
  )
  expect(weighed.map(({ trigger, verdict }) => [trigger, verdict])).toEqual([
    ['outcomes', 'waits'],
    ['degradation', 'too-few'],
    ['calibration', 'off'],
    ['schedule', 'off'],
    ['person', 'waits'],
  ])

  // Whoever may see the rows makes the same model again, byte for byte.
  const { making: text } = await house.get<{ making: string }>(`/releases/${run.releaseId}/making`)
  const making = JSON.parse(text) as Making
  expect(unwrap(makeAgain(making))).toEqual({ differing: [] })
  const other = { ...making, recipe: { ...making.recipe, holdout: { ratio: 0.4 } } }
  expect(unwrap(makeAgain(other)).differing).toContain('model.onnx')

  // What a device receives is signed, complete, and scores.
  const { rows } = await house.house.read.execute<{ body: { signed: { body: Manifest }; chain: unknown } }>(
    sql`select body from feed where kind = 'release' and key = 'vulnerability'`,
  )
  const manifest = unwrap(
    verifyRelease({
      ...rows[0]!.body,
      rootPublicKey: house.house.keys.root.publicKey,
      projectId: 'test',
      highestCounter: 1,
      nowMs: NOW,
      formVersions: ['1'],
      allowDemo: true,
    }),
  )
  expect(manifest).toMatchObject({
    releaseId: run.releaseId,
    reason: 'promotion',
    parent: 'vulnerability-1',
    snapshot: run.snapshot,
  })
  expect(manifest.counter).toBe(NOW / 1000)
  const files = new Map<string, Uint8Array>()
  for (const { name, sha256 } of manifest.files) files.set(name, (await getBlob(house.house.read, sha256))!)
  await using scorer = unwrap(await openScorer({ manifest, files }))
  const score = async (food: number) =>
    unwrap(await scorer.score({ roof: 'thatch', region: 'north', food, size: 5 })).probability
  expect(await score(8)).toBeGreaterThan((await score(0)) + 0.2)

  expect(await house.post('/outcomes', outcomeRows(visits))).toMatchObject({ imported: 0, known: 950, refused: [] })
  expect(await runsOf(house)).toHaveLength(1)
  expect(house.events.map(({ kind }) => kind)).toEqual(['release', 'outcomes', 'run', 'release', 'run'])

  // N1 Households that chance chose turn out otherwise: fewer than fifty, and more than chance.
  const late = drawVisits(45, { seed: 2, from: 5_000 })
  await storeVisits(house.house, late)
  const found = outcomeRows(late.map(visit => ({ ...visit, vulnerable: !visit.vulnerable })))
  await house.post(
    '/outcomes',
    found.map(row => ({ ...row, selection: 'audit', probability: 0.1 })),
  )
  const [next, ...before] = await runsOf(house)
  expect(before).toHaveLength(1)
  expect(next).toMatchObject({ trigger: 'degradation', because: expect.stringMatching(/become worse: .* 45 outcomes/) })
  await house.runEnds(next!.runId)
})

test('V1 the fiftieth new outcome starts exactly one run, however they came in', async () => {
  await using house = await openTestHouse(cluster)
  const visits = drawVisits(60)
  await begin(house, visits)
  await house.post('/outcomes', outcomeRows(visits.slice(0, 49)))
  expect(await runsOf(house)).toEqual([])
  await Promise.all([49, 50, 51, 52, 53].map(i => house.post('/outcomes', outcomeRows(visits.slice(i, i + 1)))))
  const runs = await runsOf(house)
  expect(runs).toHaveLength(1)
  const run = await house.runEnds(runs[0]!.runId)

  // Two hundred are needed to judge: a handful is never enough, whatever they say.
  expect(run).toMatchObject({ verdict: 'refused', releaseId: null })
  expect(failedLines(run)).toContain('holdout outcomes')
  await house.post('/outcomes', outcomeRows(visits.slice(54, 60)))
  expect(await runsOf(house)).toHaveLength(1)
})

test('G2 with fewer than 200 holdout outcomes even a much better model is not promoted', async () => {
  await using house = await openTestHouse(cluster)
  const visits = drawVisits(500)
  await begin(house, visits, recipe.replace('baseRate: 0.4', 'baseRate: 0.03'))
  await house.post('/outcomes', outcomeRows(visits))
  const run = await house.runEnds((await runsOf(house))[0]!.runId)
  expect(run.verdict).toBe('refused')
  expect(failedLines(run)).toEqual(['holdout outcomes'])
  expect(run.report?.lines.find(({ name }) => name === 'log-loss gain, mean')?.value).toBeGreaterThan(0.2)
})

test('V3 shuffled labels are refused with the failed lines named, and cannot be released by hand', async () => {
  await using house = await openTestHouse(cluster)
  const visits = drawVisits(1_000)
  await begin(house, visits, `${recipe}triggers: { newOutcomes: 100000 }\n`)
  await house.post('/outcomes', outcomeRows(visits))
  const { run: started } = await house.post<{ run: RunReply }>('/runs', {
    modelName: 'vulnerability',
    handicap: 'shuffled-labels',
  })
  const second = await house.ask<{ fault: string }>('/runs', {
    method: 'POST',
    body: JSON.stringify({ modelName: 'vulnerability' }),
    headers: { 'Content-Type': 'application/json' },
  })
  expect(second).toMatchObject({ status: 409, body: { fault: 'run.in-progress' } })

  const run = await house.runEnds(started.runId)
  expect(run).toMatchObject({ verdict: 'refused', handicap: 'shuffled-labels', releaseId: null })
  expect(failedLines(run)).toEqual(expect.arrayContaining(['log-loss gain, mean', 'AUC drop']))
  expect(run.report?.summary).toMatch(/not promoted: .*AUC drop/)
  expect(await house.post('/releases', { candidateId: run.candidateId })).toMatchObject({ fault: 'gate.refused' })
  const { models } = await house.get<{
    models: { championId: string; candidates: { kind: string; champion: boolean }[] }[]
  }>('/models')
  expect(models[0]!.candidates.find(({ champion }) => champion)).toMatchObject({ kind: 'prior' })
})

test('U1 U5 a run whose process is killed is tried again, on the same rows, and makes the same candidate; its look is paid for before', async () => {
  const visits = drawVisits(880)
  const killed: StartProcess = limits => {
    const child = startRunProcess(limits)
    child.on('message', (message: { type: string }) => {
      if (message.type === 'look' && deaths++ === 0) child.kill('SIGKILL')
    })
    if (deaths > 0) ledgers.push(ledger())
    return child
  }
  let deaths = 0
  let ledger = async (): Promise<unknown> => null
  const ledgers: Promise<unknown>[] = []
  const runWith = async (startProcess: StartProcess) => {
    await using house = await openTestHouse(cluster, { startProcess })
    if (startProcess === killed)
      ledger = async () => {
        const { rows } = await house.house.read.execute(
          sql`select stake > .03 as pays, is_promoted, (select max(looks) from looked_at) as looks from holdout_looks`,
        )
        return rows
      }
    await begin(house, visits)
    await house.post('/outcomes', outcomeRows(visits))
    const run = await house.runEnds((await runsOf(house))[0]!.runId)
    if (startProcess === killed) ledgers.push(ledger())
    await Promise.all(ledgers)
    return run
  }
  const [again, once] = await Promise.all([runWith(killed), runWith(startRunProcess)])
  expect(again).toMatchObject({ state: 'finished', attempts: 2 })
  expect(once).toMatchObject({ state: 'finished', attempts: 1 })
  expect(again.snapshot).toBe(once.snapshot)
  expect(again.candidateId).toBe(once.candidateId)
  // While it was tried again, and when it was over.
  const noted = { pays: true, looks: 1 }
  expect(await Promise.all(ledgers)).toEqual([
    [{ ...noted, is_promoted: false }],
    [{ ...noted, is_promoted: again.verdict === 'promote' }],
  ])
})

test('V2 U3 U6 what changes during a run counts after it: new outcomes, and another champion; a batch that is withdrawn counts at once', async () => {
  let letGo = () => {}
  const held = new Promise<void>(settle => (letGo = settle))
  await using house = await openTestHouse(cluster, { startProcess: heldUntil(held) })
  const visits = drawVisits(120)
  await begin(house, visits, noRest)
  const wrong = await house.post<{ importId: string }>('/outcomes?name=office.csv', outcomeRows(visits.slice(0, 60)))
  const [first] = await runsOf(house)
  await expect.poll(async () => (await runsOf(house))[0]?.snapshot, { timeout: 25_000 }).not.toBeNull()
  await house.post('/outcomes', outcomeRows(visits.slice(60)))
  await house.post(`/outcomes/imports/${wrong.importId}/withdraw`, { reason: 'the columns were mixed up', by: 'Grace' })
  await house.post('/models', { recipe: noRest.replace('0.4', '0.5'), card: '# Vulnerability' })
  expect(await runsOf(house)).toHaveLength(1)
  letGo()
  const late = await house.runEnds(first!.runId)
  expect(late).toMatchObject({ state: 'finished', attempts: 2, rows: { used: 60 }, verdict: 'refused' })
  expect(late.report?.summary).toMatch(/60 of the 60 outcomes .* withdrawn .*“office.csv”\. Start a new run/)
  // The next one is considered once the first has ended, and that is told before.
  await expect.poll(() => runsOf(house), { timeout: 25_000 }).toHaveLength(2)
  const [second] = await runsOf(house)
  expect(await house.runEnds(second!.runId)).toMatchObject({ state: 'finished', attempts: 1, rows: { used: 60 } })
})

test('U4 E1 V5 a run that is cancelled leaves nothing, is not begun again, and says by whom and why', async () => {
  let letGo = () => {}
  const held = new Promise<void>(settle => (letGo = settle))
  const processes: ChildProcess[] = []
  const startProcess: StartProcess = limits => {
    const child = heldUntil(held)(limits)
    processes.push(child)
    return child
  }
  await using house = await openTestHouse(cluster, { startProcess })
  const visits = drawVisits(60)
  await begin(house, visits, noRest)
  await house.post('/outcomes', outcomeRows(visits))
  const [started] = await runsOf(house)
  const { runId } = started!
  const cancel = () =>
    house.ask<{ fault?: string }>(`/runs/${runId}/cancel`, {
      method: 'POST',
      body: JSON.stringify({ who: 'Akello', why: 'the import was a test' }),
      headers: { 'Content-Type': 'application/json' },
    })
  await expect.poll(async () => (await runsOf(house))[0]?.snapshot, { timeout: 25_000 }).not.toBeNull()
  expect(await cancel()).toMatchObject({ status: 200, body: { run: { state: 'cancelled' } } })
  expect(await cancel()).toMatchObject({ status: 409, body: { fault: 'run.over' } })
  await expect.poll(() => processes.map(({ signalCode }) => signalCode), { timeout: 25_000 }).toEqual(['SIGKILL'])
  letGo()
  // One that is queued behind it runs, so the first was taken from the queue for good.
  const { run: next } = await house.post<{ run: RunReply }>('/runs', { modelName: 'vulnerability', who: 'Okello' })
  expect(await house.runEnds(next.runId)).toMatchObject({ state: 'finished', because: 'Okello asked for it' })
  const run = await house.runEnds(runId)
  expect(run).toMatchObject({ state: 'cancelled', attempts: 1, candidateId: null, releaseId: null, reason: null })
  expect(run).toMatchObject({ cancelled: { who: 'Akello', why: 'the import was a test' } })
  expect(await runsOf(house)).toHaveLength(2)
  const { events } = await house.get<{ events: RunEvent[] }>(`/runs/${runId}/lineage`)
  expect(events.map(({ eventType }) => eventType)).toEqual(['START', 'RUNNING', 'ABORT'])
})

test('a run that cannot be done says why, and is not tried again; where runs are logged, a fault there is no fault here', async () => {
  await using mlflow = await startFakeMlflow()
  mlflow.setDown(503)
  await using house = await openTestHouse(cluster, { mlflow: { baseUrl: mlflow.url, authorization: null } })
  const visits = drawVisits(220).map(visit => ({ ...visit, vulnerable: false }))
  await begin(house, visits)
  await house.post('/outcomes', outcomeRows(visits))
  const [first] = await runsOf(house)
  expect(await house.runEnds(first!.runId)).toMatchObject({
    state: 'failed',
    attempts: 1,
    verdict: null,
    reason: { fault: 'learn.too-few', detail: expect.stringMatching(/vulnerable/) },
  })
  const loggedOf = async (runId: string) => (await house.get<RunReply>(`/runs/${runId}`)).mlflow
  const refused = { state: 'waiting', tries: 1, said: expect.stringMatching(/HTTP 503/) }
  await expect.poll(() => loggedOf(first!.runId), { timeout: 25_000 }).toMatchObject(refused)
  mlflow.setDown(null)
  const { run } = await house.post<{ run: RunReply }>('/runs', { modelName: 'vulnerability' })
  await house.runEnds(run.runId)
  await expect
    .poll(() => loggedOf(run.runId), { timeout: 25_000 })
    .toMatchObject({ state: 'logged', mlflowRunId: 'm0' })
  expect(mlflow.runs.get('m0')).toMatchObject({
    experiment: 'murram/vulnerability',
    status: 'FAILED',
    tags: { 'murram.trigger': 'person', 'murram.error': expect.stringMatching(/too-few/) },
  })
})
