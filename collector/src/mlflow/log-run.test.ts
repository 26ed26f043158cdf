import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { startFakeMlflow } from './fake-mlflow.ts'
import { batchesOf, logRun, type RunFacts } from './log-run.ts'
import { readMlflowTarget } from './mlflow-target.ts'

const facts: RunFacts = {
  runId: '6f9619ff-8b86-4011-b42d-00cf4fc964ff',
  modelName: 'vulnerability',
  status: 'FINISHED',
  startedAtMs: 1_000,
  endedAtMs: 2_000,
  params: { l2: 4, rung: 'logistic' },
  metrics: { auc: 0.81, 'log-loss, north': 0.5, none: Number.NaN },
  tags: { because: '50 new outcomes' },
}
const never = new AbortController().signal

test('M1 a run is logged with its parameters and figures, and twice is one run', async () => {
  await using mlflow = await startFakeMlflow()
  const env = {
    MLFLOW_TRACKING_URI: `${mlflow.url}/`,
    MLFLOW_TRACKING_USERNAME: 'okello',
    MLFLOW_TRACKING_PASSWORD: 'p',
  }
  const target = unwrap(readMlflowTarget(env))!
  const first = await logRun(target, facts, never)
  expect(await logRun(target, facts, never)).toEqual(first)
  expect([...mlflow.runs.values()]).toEqual([
    {
      experiment: 'murram/vulnerability',
      params: { l2: '4', rung: 'logistic' },
      metrics: { auc: 0.81, 'log-loss_ north': 0.5 },
      tags: { 'murram.runId': facts.runId, because: '50 new outcomes' },
      status: 'FINISHED',
    },
  ])
  expect([...mlflow.authorizations]).toEqual([`Basic ${btoa('okello:p')}`])
})

test('M2 what would be refused is cut, or sent in several requests', async () => {
  await using mlflow = await startFakeMlflow()
  const many = (count: number) => Array.from({ length: count }, (_, i) => [`entry ${i}`, i] as const)
  const large: RunFacts = {
    ...facts,
    params: { ...Object.fromEntries(many(150)), long: 'x'.repeat(9_000) },
    metrics: Object.fromEntries(many(2_000)),
    tags: { because: 'y'.repeat(9_000) },
  }
  expect(batchesOf(large)).toHaveLength(3)
  const target = unwrap(readMlflowTarget({ MLFLOW_TRACKING_URI: mlflow.url, MLFLOW_TRACKING_TOKEN: 't' }))!
  await logRun(target, large, never)
  const [run] = mlflow.runs.values()
  expect(Object.keys(run!.params)).toHaveLength(151)
  expect(Object.keys(run!.metrics)).toHaveLength(2_000)
  expect(run!.params['long']).toHaveLength(500)
  expect([...mlflow.authorizations]).toEqual(['Bearer t'])
})

test('M3 what stands in the way is said in words', async () => {
  await using mlflow = await startFakeMlflow()
  const target = unwrap(readMlflowTarget({ MLFLOW_TRACKING_URI: mlflow.url }))!
  mlflow.setDown(503)
  await expect(logRun(target, facts, never)).rejects.toThrow('it refused experiments/get-by-name: HTTP 503')
  mlflow.setDown(200)
  await expect(logRun(target, facts, never)).rejects.toThrow(/as no MLflow server does: experiment/)
  const nobody = { ...target, baseUrl: 'http://127.0.0.1:1' }
  await expect(logRun(nobody, facts, never)).rejects.toThrow(/could not be reached/)
})

test('a target that cannot be used names its variable', () => {
  expect(unwrap(readMlflowTarget({}))).toBeNull()
  for (const uri of ['mlruns', 'sqlite:///mlruns.db', 'https://a:b@example.org'])
    expect(readMlflowTarget({ MLFLOW_TRACKING_URI: uri })).toMatchObject({
      ok: false,
      error: { fault: 'mlflow.unusable', detail: expect.stringMatching(/^MLFLOW_TRACKING_URI/) },
    })
})
