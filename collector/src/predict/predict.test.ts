/**
 * Programs that ask the model in force, on a real collector; laws of read-record.ts have their own test.
 *
 *   P1 a record says what the model says of it, with reasons in the language that was asked for
 *   P2 in a batch each record has its answer in its place
 *   P3 a text is scored by a model that reads one
 *   P4 a hostile body is refused as what it is: it never fails, and nothing in it is more than data
 *   and K1 to K3 (access/api-keys.ts), CS1 and CS2 (champion-scorers.ts)
 */
import { unwrap } from '@murram/ground'
import { trainModel } from '@murram/learn'
import { toOnnx } from '@murram/onnx-writer'
import { makeBundle } from '@murram/score'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { putBlob } from '../blobs/blobs.ts'
import { inTransaction } from '../db/handles.ts'
import type { ReleaseList } from '../http/api-types.ts'
import { journalKinds, type KindDeps } from '../journal/kinds.ts'
import { createLive } from '../live/live.ts'
import type { Candidate } from '../registry/candidate.ts'
import { parseRecipe } from '../registry/recipe.ts'
import { findCandidate, putCandidate, putModel } from '../registry/registry-repo.ts'
import { releaseCandidate } from '../rollout/release-candidate.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'

const formMd = `| survey | | | | | | |
| --- | --- | --- | --- | --- | --- | --- |
| | type | name | label::English (en) | label::Swahili (sw) | required | feature |
| | select_one roof | roof | Roof | Paa | yes | yes |
| | integer | rooms | Rooms | Vyumba | yes | |
| | integer | people | People | Watu | yes | |
| | text | words | What was said | Yaliyosemwa | | |
| choices | | | | | | |
| | list_name | name | label::English (en) | label::Swahili (sw) | | |
| | roof | thatch | Thatch | Nyasi | | |
| | roof | iron | Iron | Mabati | | |
| settings | | | | | | |
| | form_title | form_id | version | default_language | | |
| | Household | FORM | 1 | English (en) | | |
`
const recipeOf = (baseRate: number) => `name: vulnerability
form: household
outcome: { classes: [coping, vulnerable], positive: vulnerable }
features: [roof, { name: crowding, kind: number, expression: "\${people} div \${rooms}" }]
prior:
  baseRate: ${baseRate}
  points:
    roof: { thatch: 1 }
    crowding: { perUnit: 0.5, centre: 2 }
`

let cluster: TestCluster
let collector: TestCollector
let key = ''
let clockAheadMs = 0
const logged: string[] = []
beforeAll(async () => {
  cluster = await startTestCluster()
  collector = await startTestCollector({
    cluster,
    now: () => Date.now() + clockAheadMs,
    log: pino({ level: 'trace' }, { write: line => void logged.push(line) }),
  })
  await publish('household')
  await collector.post('/models', { recipe: recipeOf(0.4), card: '# Vulnerability' })
  key = (await makeKey({ recordsPerSecond: 1_000_000 })).key
}, 60_000)
afterAll(async () => {
  await collector.close()
  await cluster.stop()
})

async function publish(formId: string): Promise<void> {
  const body = formMd.replace('FORM', formId)
  expect((await collector.send('/forms?fileName=form.md', { method: 'POST', body })).status).toBeLessThan(300)
}

interface Made {
  readonly key: string
  readonly apiKey: { readonly keyId: string }
}
const makeKey = async (more: object = {}): Promise<Made> => {
  const made = await collector.post<Made>('/api-keys', { name: 'The app', scopes: ['predict'], ...more })
  expect(made.status).toBe(201)
  return made.body
}
interface Said {
  readonly model: { readonly releaseId: string }
  readonly prediction: {
    readonly probability: number
    readonly label: string
    readonly reasons: readonly { sentence: string }[]
  }
  readonly predictions: readonly { readonly probability?: number; readonly fault?: string; readonly detail?: string }[]
}
async function ask(body: object, { query = '', as = key, path = '/api/v1/predict' } = {}) {
  const reply = await collector.request(`${path}${query}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(as === '' ? {} : { 'X-API-Key': as }) },
    body: JSON.stringify(body),
  })
  const retryAfter = reply.headers.get('Retry-After')
  return { status: reply.status, retryAfter, body: (await reply.json()) as Said & { readonly fault: string } }
}
const record = { roof: 'thatch', people: 8, rooms: 2 }
const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit))

test('P1 a record: class, probability, what is missing, and reasons in the language asked for', async () => {
  const { status, body } = await ask({ model: 'vulnerability', record }, { query: '?language=sw' })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    model: { modelName: 'vulnerability', formId: 'household', formVersion: '1', ageMs: expect.any(Number) as number },
    prediction: { label: 'vulnerable', positive: 'vulnerable', sure: false, abstains: 'unmeasured', missing: [] },
  })
  expect(body.prediction.probability).toBeCloseTo(sigmoid(Math.log(0.4 / 0.6) + 1 + 0.5 * (4 - 2)), 5)
  expect(body.prediction.reasons.map(({ sentence }) => sentence)).toContain('Paa: Nyasi. Inaashiria sana “vulnerable”.')

  const blank = await ask(
    { model: 'vulnerability', record: { roof: 'iron' } },
    { query: '?reasons=false', path: '/predict' },
  )
  expect(blank.body.prediction).toMatchObject({ missing: ['crowding'] })
  expect(blank.body.prediction).not.toHaveProperty('reasons')
})

test('P1 a name that the form does not know, and a model that is not here, are said', async () => {
  const wrong = await ask({ model: 'vulnerability', record: { roofs: 'thatch' } })
  expect(wrong).toMatchObject({
    status: 422,
    body: { fault: 'predict.record-refused', detail: 'roofs is no question of household 1' },
  })
  expect(await ask({ model: 'poverty', record })).toMatchObject({ status: 404, body: { fault: 'predict.no-model' } })
  expect(await ask({ model: 'vulnerability', record, text: 'x' })).toMatchObject({
    status: 400,
    body: { fault: 'http.bad-request' },
  })
  const text = await ask({ model: 'vulnerability', text: 'we are hungry' })
  expect(text).toMatchObject({ status: 422, body: { fault: 'predict.record-refused' } })
})

test('P4 what is no request is told so, and fails nothing', async () => {
  const send = async (body: string, type = 'application/json') => {
    const headers = { 'Content-Type': type, 'X-API-Key': key }
    return (await collector.request('/predict', { method: 'POST', headers, body })).status
  }
  const good = JSON.stringify({ model: 'vulnerability', record })
  expect([
    await send(good),
    await send(good, 'text/plain'),
    await send('a=b', 'application/x-www-form-urlencoded'),
  ]).toEqual([200, 400, 400])
  for (const body of ['', 'null', '[]', '{"model":', '{"model":"vuln\\u0000","record":{}}', '{"record":{}}'])
    expect([body, await send(body)]).toEqual([body, 400])
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  for (const answers of [
    `{"people":${deep}}`,
    '{"people":1e999}',
    '{"people":"NaN"}',
    '{"people":true}',
    '{"roof":"\\ud800"}',
  ])
    expect([answers, await send(`{"model":"vulnerability","record":${answers}}`)]).toEqual([answers, 422])
})

test('P2 a batch: a record that is refused says why in its place, and the others are scored', async () => {
  const records: unknown[] = Array.from({ length: 200 }, (_, i) => ({ ...record, people: i % 9 }))
  records[70] = { roof: 'straw' }
  records[150] = 'thatch'
  const { status, body } = await ask({ model: 'vulnerability', records })
  expect({ status, body }).toMatchObject({ status: 200, body: { scored: 198, refused: 2 } })
  expect(body.predictions[70]).toMatchObject({
    fault: 'predict.record-refused',
    detail: expect.stringContaining('straw') as string,
  })
  expect(body.predictions[150]).toMatchObject({ fault: 'predict.record-refused' })
  const scored = [...body.predictions.entries()].filter(([i]) => i !== 70 && i !== 150)
  for (const [i, one] of scored)
    expect(one.probability).toBeCloseTo(sigmoid(Math.log(0.4 / 0.6) + 1 + 0.5 * ((i % 9) / 2 - 2)), 5)
  const tooMany = await ask({ model: 'vulnerability', records: Array.from({ length: 10_001 }, () => ({})) })
  expect(tooMany.status).toBe(400)
})

test('K1, K2 without a key that is good now nothing is opened; it is shown once and stands in no log', async () => {
  expect(await ask({ model: 'vulnerability', record }, { as: '' })).toMatchObject({
    status: 401,
    body: { fault: 'access.key-refused' },
  })
  const made = await makeKey({ expiresInDays: 1 })
  const guessed = `${made.key.slice(0, -1)}${made.key.endsWith('A') ? 'B' : 'A'}`
  expect((await ask({ model: 'vulnerability', record }, { as: guessed })).status).toBe(401)
  expect((await ask({ model: 'vulnerability', record }, { as: made.key })).status).toBe(200)
  const asAdmin = await collector.request('/api/v1/models', { headers: { 'X-API-Key': made.key } })
  expect(asAdmin.status).toBe(401)

  clockAheadMs = 2 * 86_400_000
  expect((await ask({ model: 'vulnerability', record }, { as: made.key })).body).toMatchObject({
    fault: 'access.key-refused',
    detail: expect.stringContaining('expired') as string,
  })
  clockAheadMs = 0
  const listed = await collector.get<{ apiKeys: readonly { lastUsedAtMs: number | null }[] }>('/api-keys')
  expect(listed.body.apiKeys.length).toBe(2)
  expect(listed.body.apiKeys.every(({ lastUsedAtMs }) => lastUsedAtMs !== null)).toBe(true)
  const secret = made.key.slice(17)
  expect(JSON.stringify(listed.body)).not.toContain(secret)
  expect(logged.join('')).not.toContain(secret)
  expect(logged.join('')).toContain('an API key was made')
})

test('K2 a revoked key stays revoked, over a restored database too', async () => {
  const { key: revoked, apiKey } = await makeKey()
  await collector.post(`/api-keys/${apiKey.keyId}/revoke`)
  const told = async () => (await ask({ model: 'vulnerability', record }, { as: revoked })).body
  expect(await told()).toMatchObject({
    fault: 'access.key-refused',
    detail: expect.stringContaining('revoked') as string,
  })

  const { read, write } = collector
  const kind = journalKinds({ read, write } as KindDeps).find(one => one.kind === 'key')!
  const kept = await (await kind.known()).get(apiKey.keyId)!()
  await write.execute(`update api_keys set revoked_at_ms = null where key_id = '${apiKey.keyId}'`)
  expect(await told()).toMatchObject({ prediction: { label: 'vulnerable' } })
  expect(await kind.replay(kept)).toBeUndefined()
  expect(await told()).toMatchObject({ fault: 'access.key-refused' })
  expect((await collector.post('/api-keys/000000000000/revoke')).status).toBe(404)
})

test('K3 what a key asks beyond its records a second is owed and waited for', async () => {
  const { key: slow } = await makeKey({ recordsPerSecond: 1 })
  const records = Array.from({ length: 20 }, () => record)
  expect((await ask({ model: 'vulnerability', records }, { as: slow })).status).toBe(200)
  const refused = await ask({ model: 'vulnerability', record }, { as: slow })
  expect(refused).toMatchObject({ status: 429, body: { fault: 'access.too-much' } })
  expect(Number(refused.retryAfter)).toBeGreaterThan(5)
  expect(Number(refused.retryAfter)).toBeLessThanOrEqual(11)
})

const rooms = () => {
  const { feed, forms, keys } = collector
  return { feed, forms, keys, live: createLive(), now: Date.now }
}

test('CS1, CS2 another champion answers at once; one that is still tried on a few devices does not', async () => {
  const before = (await ask({ model: 'vulnerability', record })).body
  await collector.post('/models', { recipe: recipeOf(0.2), card: '# Vulnerability' })
  const after = (await ask({ model: 'vulnerability', record })).body
  expect(after.model.releaseId).not.toBe(before.model.releaseId)
  expect(after.prediction.probability).toBeCloseTo(sigmoid(Math.log(0.2 / 0.8) + 1 + 1), 5)

  const { releases } = (await collector.get<ReleaseList>('/releases')).body
  const first = releases.find(({ releaseId }) => releaseId === before.model.releaseId)!
  await inTransaction(collector.write, async tx => {
    const { candidate } = (await findCandidate(tx, first.candidateId))!
    const recipe = unwrap(parseRecipe(recipeOf(0.2)))
    await releaseCandidate(rooms(), tx, { candidate, recipe, reason: 'promotion', note: null, fromRing: 0 })
    return { ok: true, value: null }
  })
  const tried = (await ask({ model: 'vulnerability', record })).body
  expect(tried.model.releaseId).toBe(after.model.releaseId)
})

test('CS2 while one champion follows another each request is answered by one of them', async () => {
  const asked: ReturnType<typeof ask>[] = []
  const asking = setInterval(() => asked.push(ask({ model: 'vulnerability', record })), 3)
  for (const share of [0.3, 0.35]) await collector.post('/models', { recipe: recipeOf(share), card: '# V' })
  clearInterval(asking)
  const replies = await Promise.all(asked)
  expect(replies.filter(({ status }) => status !== 200)).toEqual([])
  expect(new Set(replies.map(({ body }) => body.model.releaseId)).size).toBeGreaterThan(1)
})

test('P3 a text, by a model that reads one', async () => {
  await publish('what_people_say')
  const good = ['the water is clean', 'thank you for the food', 'we are glad of the school', 'the road is good now']
  const bad = ['the water is dirty', 'no food came to us', 'the school is closed', 'the road is broken']
  const values = Array.from({ length: 40 }, (_, i) => `${(i % 2 === 0 ? good : bad)[Math.floor(i / 2) % 4]!}`)
  const { model } = unwrap(
    await trainModel(
      { rows: 40, columns: [{ name: 'words', kind: 'text', values }] },
      { task: 'binary', classes: ['good', 'bad'], codes: Uint8Array.from(values, (_, i) => i % 2) },
      { seed: 1, groups: values.map((_, i) => `h${i}`), learner: 'text' },
    ),
  )
  const bundle = makeBundle({ model, onnx: toOnnx(model, { name: 'sentiment', metadata: {} }), card: '# Words' })
  const candidate: Candidate = {
    candidateId: 'words-1',
    modelName: 'sentiment',
    kind: 'logistic',
    formId: 'what_people_say',
    inputs: [{ name: 'words', kind: 'text' }],
    classes: ['good', 'bad'],
    positive: 'bad',
    threshold: 0.5,
    conformal: null,
    metrics: {},
    snapshot: null,
    runId: null,
    handicap: null,
    files: bundle.entries,
  }
  const recipe = unwrap(
    parseRecipe(`name: sentiment
form: what_people_say
outcome: { classes: [good, bad], positive: bad }
features: [{ name: words, kind: text }]
prior: { baseRate: 0.5 }
learner: text
`),
  )
  await inTransaction(collector.write, async tx => {
    for (const bytes of bundle.files.values()) await putBlob(tx, bytes, Date.now())
    await putModel(tx, { recipe, card: '# Words' }, Date.now())
    await putCandidate(tx, candidate, null, Date.now())
    await releaseCandidate(rooms(), tx, { candidate, recipe, reason: 'baseline', note: null })
    return { ok: true, value: null }
  })
  const texts = ['no food, and the school is closed', 'thank you, the water is clean']
  const { status, body } = await ask({ model: 'sentiment', texts })
  expect({ status, body }).toMatchObject({ status: 200, body: { predictions: [{ label: 'bad' }, { label: 'good' }] } })
  const one = await ask({ model: 'sentiment', text: texts[0]! })
  expect(one.body.prediction.label).toBe('bad')
  expect(one.body.prediction.reasons[0]!.sentence).toMatch(/^What was said: .*(closed|food|no).*“bad”/)
})

test('the API describes it, with its key', async () => {
  const described = (await (await collector.request('/openapi.json')).json()) as {
    readonly paths: Readonly<Record<string, { readonly post?: { readonly security?: unknown } }>>
  }
  expect(described.paths['/api/v1/predict']?.post?.security).toEqual([{ apiKey: [] }])
  expect(described.paths).not.toHaveProperty(['/predict'])
})
