/** Rings, halts and challengers on a real database: what devices sent decides, and people do. */
import { createHash } from 'node:crypto'
import { ringOf, verifyRolloutOrder, type Manifest, type RolloutOrder } from '@murram/score'
import type { DeviceId } from '@murram/ground'
import type { Signed } from '@murram/seal'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inTransaction } from '../db/handles.ts'
import { findCandidate, findModel, putCandidate } from '../registry/registry-repo.ts'
import { NOW, openTestHouse, recipe, type TestHouse } from '../retrain/test-house.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { orderInForce } from './order-repo.ts'
import { orderAgain } from './release-again.ts'
import { releaseCandidate } from './release-candidate.ts'
import { createSteering } from './steer-rollout.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

const idOf = (n: number) => createHash('sha256').update(`laptop ${n}`).digest('hex').slice(0, 32) as DeviceId
const laptops = Array.from({ length: 60 }, (_, n) => idOf(n))
const shares = [0.1, 0.5, 1]
const inRing = (ring: number, staff: readonly string[] = []) =>
  laptops.filter(id => ringOf({ modelName: 'vulnerability', shares, staff }, id) === ring)

async function enrol({ house: { write } }: TestHouse): Promise<void> {
  await write.execute(sql`
    insert into devices (device_id, public_key, officer, certificate, state, enrolled_at_ms)
    select id, id, 'officer', '{}'::json, 'active', ${NOW} from unnest(${sql.param(laptops)}::text[]) as one (id)`)
}

let stored = 0
interface Scored {
  readonly deviceId: string
  /** `null`: it came without a score. */
  readonly releaseId: string | null
  readonly shadow?: { readonly releaseId: string; readonly label: string; readonly probability: number }
}
/** Interviews as ingest leaves them; each label is `coping` at .3. */
async function score({ house: { write } }: TestHouse, interviews: readonly Scored[]): Promise<readonly string[]> {
  const rows = interviews.map(({ deviceId, releaseId, shadow }) => {
    stored += 1
    const assessed = { releaseId, label: 'coping', probability: 0.3, ...(shadow === undefined ? {} : { shadow }) }
    const assessment = releaseId === null ? null : assessed
    return { deviceId, n: stored, id: `uuid:${stored}`, body: JSON.stringify({ answers: {}, assessment }) }
  })
  const column = <T>(pick: (row: (typeof rows)[number]) => T) => sql.param(rows.map(pick))
  await write.execute(sql`
    insert into submissions (store_id, n, instance_id, device_id, form_id, version, digest, stamp, body, state, received_at_ms)
    select device, n, id, device, 'household', '1', 'd', ${`${NOW.toString(16).padStart(12, '0')}-0000-0badcafe`}, body::json, 'applied', ${NOW}
    from unnest(${column(row => row.deviceId)}::text[], ${column(row => row.n)}::bigint[], ${column(row => row.id)}::text[],
                ${column(row => row.body)}::text[]) as one (device, n, id, body)`)
  return rows.map(({ id }) => id)
}

async function promote({ house }: TestHouse): Promise<string> {
  const model = (await findModel(house.read, 'vulnerability'))!
  const prior = (await findCandidate(house.read, model.championId!))!.candidate
  const candidate = { ...prior, kind: 'logistic' as const, candidateId: `other-${stored}` }
  const row = await inTransaction(house.write, async tx => {
    await putCandidate(tx, candidate, null, NOW)
    return releaseCandidate(house, tx, { candidate, recipe: model.recipe, reason: 'promotion', note: null })
  })
  return row.releaseId
}

interface Row {
  readonly kind: string
  readonly body: {
    readonly signed: Signed<Manifest>
    readonly order: Signed<RolloutOrder>
    readonly release: { readonly signed: Signed<Manifest> }
    readonly challenger?: { readonly signed: Signed<Manifest> }
    readonly chain: unknown
  } | null
}
async function inFeed({ house: { read } }: TestHouse) {
  const { rows } = await read.execute<Row & Record<string, unknown>>(
    sql`select kind, body from feed where kind in ('release', 'rollout') and key = 'vulnerability'`,
  )
  const of = (kind: string) => rows.find(row => row.kind === kind)?.body ?? null
  return { release: of('release')?.signed.body.releaseId ?? null, rollout: of('rollout') }
}
const begin = async () => {
  const house = await openTestHouse(cluster)
  await house.post('/models', { recipe, card: '# V' })
  await enrol(house)
  return { house, steering: createSteering(house.house) }
}
const many = <T>(count: number, make: (n: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, n) => make(n))
const by = { who: 'Akello', reason: 'odd scores in the north' }

test('a release goes from ring to ring by what the devices of each ring show, and to old devices when all have it', async () => {
  const { house, steering } = await begin()
  await using _ = house
  expect((await inFeed(house)).release).toBe('vulnerability-1')
  const releaseId = await promote(house)
  const state = async () => {
    await steering.evaluate()
    const { openRing, state: is } = (await orderInForce(house.house.read, 'vulnerability'))!
    return `${openRing} ${is}`
  }
  expect(await state()).toBe('1 advancing')
  const told = await inFeed(house)
  expect(told.release).toBe('vulnerability-1')
  expect(told.rollout?.release.signed.body.releaseId).toBe(releaseId)
  const { root } = house.house.keys
  const heard = verifyRolloutOrder({
    order: told.rollout?.order,
    chain: told.rollout?.chain,
    rootPublicKey: root.publicKey,
    projectId: 'test',
    heard: () => 0,
    allowDemo: true,
    nowMs: Date.now(),
  })
  expect(heard).toMatchObject({ ok: true, value: { releaseId, openRing: 1, state: 'advancing', shares } })

  const ring1 = inRing(1)
  const from = (devices: readonly string[], count: number) =>
    score(
      house,
      many(count, n => ({ deviceId: devices[n % devices.length]!, releaseId })),
    )
  await from(ring1.slice(0, 2), 250)
  expect(await state()).toBe('1 advancing') // from too few devices
  await from(ring1, 30)
  expect(await state()).toBe('2 advancing')
  await from(ring1, 250)
  expect(await state()).toBe('2 advancing') // of a ring that was open before
  expect(await house.get('/models/vulnerability/rollout')).toMatchObject({
    order: { openRing: 2, who: 'evidence' },
    evidence: { scores: 250, scoredDevices: 0, devices: inRing(2).length },
    next: { do: 'wait', why: expect.stringContaining('5 devices are asked for') },
  })
  await from(inRing(2), 200)
  expect(await state()).toBe('3 complete')
  expect((await inFeed(house)).release).toBe(releaseId)
  const numbers = (await house.get<{ history: { orderNumber: number }[] }>('/models/vulnerability/rollout')).history
  expect(numbers.map(({ orderNumber }) => orderNumber)).toEqual(
    [...new Set(numbers.map(one => one.orderNumber))].toSorted((a, b) => b - a),
  )
})

test('two devices on which it fails halt it with the reason in words; a person resumes it, or takes it back from all who have it', async () => {
  const { house, steering } = await begin()
  await using _ = house
  const releaseId = await promote(house)
  const counter = Number(releaseId.split('-').at(-1))
  const report = (deviceId: DeviceId, state: 'rolled-back' | 'refused', fault: 'score.not-finite' | 'sync.disk-full') =>
    house.models.onReports?.(deviceId, [
      { kind: 'release', releaseId, counter, state, fault: { fault }, atMs: NOW } as never,
    ])
  await report(laptops[0]!, 'refused', 'sync.disk-full') // says nothing of the model
  await report(laptops[1]!, 'rolled-back', 'score.not-finite')
  await steering.evaluate()
  expect(await orderInForce(house.house.read, 'vulnerability')).toMatchObject({ state: 'advancing' })
  await report(laptops[2]!, 'rolled-back', 'score.not-finite')
  await expect
    .poll(() => orderInForce(house.house.read, 'vulnerability'), { timeout: 10_000 })
    .toMatchObject({ state: 'halted', reason: 'it failed on 2 of 2 devices (score.not-finite)' })
  expect(house.events.filter(({ kind }) => kind === 'rollout').at(-1)).toMatchObject({
    state: 'halted',
    who: 'evidence',
  })
  expect(await house.post('/models/vulnerability/halt', by)).toMatchObject({ fault: 'rollout.not-now' })

  expect(await house.post('/models/vulnerability/resume', by)).toMatchObject({
    order: { state: 'advancing', who: 'Akello' },
  })
  await steering.evaluate()
  expect(await orderInForce(house.house.read, 'vulnerability')).toMatchObject({ state: 'advancing' })

  // Everybody else has these bytes already: the way back is open to all at once.
  const { release } = await house.post<{ release: { releaseId: string; counter: number } }>(
    '/models/vulnerability/rollback',
    by,
  )
  expect(release.counter).toBeGreaterThan(counter)
  expect(await orderInForce(house.house.read, 'vulnerability')).toMatchObject({
    state: 'complete',
    openRing: 3,
    who: 'Akello',
  })
  expect((await inFeed(house)).release).toBe(release.releaseId)
})

test('interviews that come without a score from devices that have it halt it; those of a new laptop do not', async () => {
  const { house, steering } = await begin()
  await using _ = house
  const releaseId = await promote(house)
  const has = (deviceId: DeviceId, id: string) =>
    house.models.onReports?.(deviceId, [{ kind: 'release', releaseId: id, counter: 1, state: 'installed', atMs: NOW }])
  const [first, second] = inRing(1)
  for (const id of ['vulnerability-1', releaseId]) await has(first!, id)
  await has(second!, releaseId)
  const blank = (deviceId: string, count: number) =>
    score(
      house,
      many(count, () => ({ deviceId, releaseId: null })),
    )
  await score(
    house,
    many(50, () => ({ deviceId: first!, releaseId })),
  )
  await blank(second!, 20)
  await steering.evaluate()
  expect(await orderInForce(house.house.read, 'vulnerability')).toMatchObject({ state: 'advancing' })
  await blank(first!, 4)
  await steering.evaluate()
  expect(await orderInForce(house.house.read, 'vulnerability')).toMatchObject({
    state: 'halted',
    reason: '4 of 54 interviews came without a score',
  })
})

test('what was halted after all had it is told to nobody new; restored from a journal it is still halted', async () => {
  const { house } = await begin()
  await using _ = house
  const releaseId = await promote(house)
  for (let ring = 1; ring < 3; ring += 1) await house.post('/models/vulnerability/advance', by)
  expect(await inFeed(house)).toMatchObject({ release: releaseId, rollout: { order: { body: { state: 'complete' } } } })
  await house.post('/models/vulnerability/halt', by)
  expect(await inFeed(house)).toMatchObject({
    release: 'vulnerability-1',
    rollout: { order: { body: { state: 'halted' } } },
  })
  const halt = (await orderInForce(house.house.read, 'vulnerability'))!
  await house.house.write.execute(sql`delete from rollout_orders where order_number = ${halt.orderNumber}`)
  expect(await orderAgain(house.house, JSON.parse(JSON.stringify(halt)))).toBeUndefined()
  expect(await inFeed(house)).toMatchObject({
    release: 'vulnerability-1',
    rollout: { order: { body: { state: 'halted' } } },
  })
  await house.post('/models/vulnerability/resume', by)
  expect((await inFeed(house)).release).toBe(releaseId)

  // The way back from one that all have passes over one that only a ring had.
  for (let n = 0; n < 2; n += 1) {
    await score(house, [{ deviceId: laptops[0]!, releaseId }])
    await promote(house)
  }
  for (let ring = 1; ring < 3; ring += 1) await house.post('/models/vulnerability/advance', by)
  const releases = async () =>
    (await house.get<{ releases: { candidateId: string; releaseId: string }[] }>('/releases')).releases
  await house.post('/models/vulnerability/rollback', by)
  const [back, ...before] = await releases()
  expect(back!.candidateId).toBe(before.find(one => one.releaseId === releaseId)!.candidateId)
})

test('staff first; too many changed decisions in shadow halt it; a challenger is judged by outcomes', async () => {
  const { house, steering } = await begin()
  await using _ = house
  const staff = inRing(3).slice(0, 2)
  const put = {
    method: 'PUT',
    body: JSON.stringify({ devices: staff, who: 'Akello' }),
    headers: { 'Content-Type': 'application/json' },
  }
  expect((await house.ask('/rollout/staff', put)).body).toEqual({ devices: staff.toSorted() })
  const releaseId = await promote(house)
  expect(await orderInForce(house.house.read, 'vulnerability')).toMatchObject({ openRing: 0, state: 'advancing' })
  const shadow = (n: number, id = releaseId) => ({
    releaseId: id,
    label: n % 2 === 0 ? 'vulnerable' : 'coping',
    probability: 0.3,
  })
  await score(
    house,
    many(80, n => ({ deviceId: laptops[n % 60]!, releaseId: 'vulnerability-1', shadow: shadow(n) })),
  )
  await steering.evaluate()
  expect(await orderInForce(house.house.read, 'vulnerability')).toMatchObject({
    state: 'halted',
    reason: expect.stringContaining('it changes 50.0 % of 80 decisions'),
  })

  const challenge = (candidateId: string | null) =>
    house.post<{ order: { challenger: string } }>('/models/vulnerability/challenger', { candidateId, ...by })
  const { championId } = (await findModel(house.house.read, 'vulnerability'))!
  expect(await challenge(championId)).toMatchObject({ fault: 'rollout.not-now' })
  const { releases } = await house.get<{ releases: { candidateId: string }[] }>('/releases')
  const named = await challenge(releases.at(-1)!.candidateId)
  expect((await inFeed(house)).rollout?.challenger?.signed.body.releaseId).toBe(named.order.challenger)
  const ids = await score(
    house,
    many(60, n => ({
      deviceId: laptops[n]!,
      releaseId: 'vulnerability-1',
      shadow: { releaseId: named.order.challenger, label: 'coping', probability: 0.9 },
    })),
  )
  await house.house.write.execute(sql`
    insert into outcomes (outcome_id, instance_id, form_id, value, method, verifier, observed_at_ms, imported_at_ms)
    select id, id, 'household', 'coping', 'visit', 'Akello', ${NOW}, ${NOW} from unnest(${sql.param(ids)}::text[]) as one (id)`)
  const { challengers } = await house.get<{ challengers: { releaseId: string }[] }>('/models/vulnerability/challengers')
  expect(challengers.find(one => one.releaseId === named.order.challenger)).toMatchObject({
    kind: 'named',
    pairs: 60,
    verdict: 'worse',
    words: expect.stringMatching(/^Worse/),
  })
})
