/** Laws IB1 to IB3, on a real collector: from a table of words to a program that asks. */
import { unwrap } from '@murram/ground'
import { trainModel } from '@murram/learn'
import { toOnnx } from '@murram/onnx-writer'
import { makeBundle } from '@murram/score'
import { createSigningKey, sha256, signDocument } from '@murram/seal'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ModelList, RolloutReply } from '../http/api-types.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'

const folder = resolve(import.meta.dirname, '..', '..', '..', 'models', 'sentiment')
const recipe = readFileSync(`${folder}/recipe.yaml`, 'utf8')
const said = {
  negative: ['the water is dirty', 'no food came to us', 'the school is closed'],
  neutral: ['the meeting is on monday', 'they asked about the road', 'the office is in town'],
  positive: ['thank you for the food', 'we are glad of the school', 'the water is clean'],
}
const classes = Object.keys(said)

let cluster: TestCluster
let collector: TestCollector
let body: Record<string, unknown> & {
  readonly signed: { readonly body: object }
  readonly files: Record<string, string>
}
beforeAll(async () => {
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster })
  const rows = Array.from({ length: 90 }, (_, i) => i)
  const values = rows.map(i => Object.values(said)[i % 3]![Math.floor(i / 3) % 3]!)
  const { model } = unwrap(
    await trainModel(
      { rows: rows.length, columns: [{ name: 'words', kind: 'text', values }] },
      { task: 'multiclass', classes, codes: Uint8Array.from(rows, i => i % 3) },
      { seed: 1, groups: rows.map(i => `h${i}`), learner: 'text' },
    ),
  )
  const bundle = makeBundle({ model, onnx: toOnnx(model, { name: 'sentiment', metadata: {} }), card: '# Words' })
  const manifest = {
    format: 1,
    projectId: 'local',
    modelName: 'sentiment',
    releaseId: 'made-elsewhere',
    counter: 1,
    reason: 'promotion',
    demo: false,
    formId: 'what_people_say',
    formVersions: ['2026112101'],
    inputs: [{ name: 'words', kind: 'text' }],
    classes,
    positive: 'negative',
    threshold: 0.5,
    conformal: null,
    metrics: { accuracy: 0.9 },
    parent: null,
    snapshot: null,
    ring: 3,
    createdAtMs: 1,
    expiresAtMs: 2,
    files: bundle.entries,
  }
  body = {
    recipe,
    card: readFileSync(`${folder}/card.md`, 'utf8'),
    signed: signDocument(createSigningKey(), 'release', manifest as never),
    files: Object.fromEntries([...bundle.files].map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')])),
    by: 'Ruth Akello',
    reason: 'The pilot of the message line begins on Monday.',
  }
}, 60_000)
afterAll(async () => {
  await collector.close()
  await cluster.stop()
})

const send = (more: object = {}) =>
  collector.post<{ releaseId: string; ring: number; fault?: string; detail?: string }>('/models/import', {
    ...body,
    ...more,
  })
const signedWith = (more: object) => ({ signed: { ...body.signed, body: { ...body.signed.body, ...more } } })

test('IB2 a bundle that is not whole, too large, or does not fit recipe and form is refused, and says why', async () => {
  expect(await send()).toMatchObject({ status: 404, body: { fault: 'form.not-found' } })
  const form = readFileSync(`${folder}/form.md`, 'utf8')
  expect((await collector.send('/forms?fileName=form.md', { method: 'POST', body: form })).status).toBeLessThan(300)
  const spoilt = Buffer.from(body.files['model.onnx']!, 'base64')
  spoilt[spoilt.length >> 1]! ^= 1
  const empty = new Uint8Array(0)
  const emptied = (body.signed.body as { files: { name: string }[] }).files.map(file =>
    file.name === 'model.onnx' ? { ...file, sha256: sha256(empty), sizeBytes: 0 } : file,
  )
  const cases: readonly (readonly [object, string, RegExp])[] = [
    [{ files: { ...body.files, 'model.onnx': spoilt.toString('base64') } }, 'bundle.hash-mismatch', /model\.onnx/],
    [signedWith({ inputs: 'words' }), 'bundle.malformed', /inputs/],
    [{ signed: 'nothing' }, 'bundle.malformed', /./],
    [
      signedWith({ classes: ['good', 'negative'] }),
      'bundle.incompatible',
      /good, negative; the recipe negative, neutral/,
    ],
    [signedWith({ modelName: 'other' }), 'bundle.incompatible', /of other, the recipe of sentiment/],
    [signedWith({ inputs: [{ name: 'smell', kind: 'text' }] }), 'bundle.incompatible', /does not ask/],
    [{ recipe: recipe.replace('2000000', '2000') }, 'bundle.too-large', /maxBundleBytes of the recipe is 2000/],
    [{ ...signedWith({ files: emptied }), files: { ...body.files, 'model.onnx': '' } }, 'bundle.load-failed', /./],
    [{ recipe: 'name: [' }, 'recipe.invalid', /line 1/],
  ]
  for (const [more, code, why] of cases) {
    const { body: reply } = await send(more)
    expect(reply).toMatchObject({ fault: code, detail: expect.stringMatching(why) as unknown })
  }
  expect((await collector.get<ModelList>('/models')).body.models).toEqual([])
})

test('IB1 nobody’s word, or no reason, is not enough', async () => {
  for (const more of [{ by: '' }, { reason: 'so' }, { by: undefined }])
    expect(await send(more)).toMatchObject({ status: 400 })
})

test('IB3 it begins at ring 0, a person opens ring after ring, and then programs that ask get it', async () => {
  const { status, body: released } = await send()
  expect({ status, ...released }).toMatchObject({ status: 200, ring: 0 })
  expect(await send()).toMatchObject({ status: 400, body: { detail: expect.stringContaining('champion') } })
  const [model] = (await collector.get<ModelList>('/models')).body.models
  expect(model).toMatchObject({
    classes,
    candidates: [{ kind: 'imported', champion: true, report: null, approval: { by: 'Ruth Akello' } }],
  })
  const key = (await collector.post<{ key: string }>('/api-keys', { name: 'line', scopes: ['predict'] })).body.key
  const ask = async () => {
    const reply = await collector.request('/api/v1/predict', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-API-Key': key },
      body: JSON.stringify({ model: 'sentiment', texts: ['no food, and the school is closed', 'thank you, glad'] }),
    })
    return { status: reply.status, body: (await reply.json()) as object }
  }
  expect(await ask()).toMatchObject({ status: 404, body: { fault: 'predict.no-model' } })
  const rollout = async () => (await collector.get<RolloutReply>('/models/sentiment/rollout')).body.order
  for (let ring = 0; (await rollout())?.state !== 'complete' && ring < 5; ring += 1)
    await collector.post('/models/sentiment/advance', { who: 'Grace', reason: 'the pilot went well' })
  expect(await rollout()).toMatchObject({ state: 'complete', releaseId: released.releaseId })
  await expect
    .poll(ask, { timeout: 5_000 })
    .toMatchObject({ status: 200, body: { predictions: [{ label: 'negative' }, { label: 'positive' }] } })
  // What the collector cannot train it does not try to; it watches, and says what it says.
  expect(await collector.post('/runs', { modelName: 'sentiment' })).toMatchObject({ body: { fault: 'recipe.invalid' } })
  expect((await collector.get('/models/sentiment/triggers')).status).toBe(200)
  expect((await collector.get('/models/sentiment/watch')).status).toBe(200)
})
