/**
 * A collector on an older copy of its database, until a person says that it has recovered.
 * Copies are databases made from a template: what PostgreSQL holds at one moment.
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap, type ProjectId } from '@murram/ground'
import { verifyDocument } from '@murram/seal'
import { EPOCH_PURPOSE, EpochSuccessionSchema } from '@murram/wire'
import { sql } from 'drizzle-orm'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createProjectKeys } from '../config/project-keys.ts'
import type {
  ConflictList,
  DeviceList,
  DuplicateList,
  EntityList,
  FormList,
  ListHistory,
  RecoveryReport,
} from '../http/api-types.ts'
import { startCollector, type Collector, type CollectorOptions } from '../main/start-collector.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { apiOf, testAdminToken, type TestApi } from '../test-collector.ts'
import { enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

type OpenReport = Exclude<RecoveryReport, { state: 'none' }>

const keys = createProjectKeys({ projectId: 'test' as ProjectId, demo: true, nowMs: 0 })
let cluster: TestCluster
let dataDir: string
let databaseUrl: string
let collector: (Collector & TestApi) | undefined
let devices: TestDevice[] = []

const house = (): Collector & TestApi => {
  if (collector === undefined) throw new Error('it is not running')
  return collector
}
const start = async (options: Partial<CollectorOptions> = {}) => {
  const started = unwrap(
    await startCollector({
      dataDir,
      databaseUrl,
      port: 0,
      keys,
      demo: true,
      adminToken: testAdminToken,
      now: Date.now,
      rooms: [],
      log: pino({ level: 'silent' }),
      ...options,
    }),
  )
  collector = { ...started, ...apiOf((path, init) => started.request(path, init), testAdminToken) }
  return collector
}
const stop = async () => {
  await collector?.close()
  collector = undefined
}
/** The database as it stands now, under another name. The collector is down meanwhile. */
const copy = async (): Promise<string> => {
  const { pathname } = new URL(databaseUrl)
  const name = `copy${randomUUID().replaceAll('-', '')}`
  const client = new pg.Client({ connectionString: databaseUrl.replace(pathname, '/postgres') })
  await client.connect()
  await client.query(`create database ${name} template ${pathname.slice(1)}`)
  await client.end()
  return databaseUrl.replace(pathname, `/${name}`)
}
/** Copies, goes on, lets `after` happen, and comes back on the copy. */
const loseWhat = async (after: () => Promise<void>) => {
  await stop()
  const older = await copy()
  await start()
  for (const device of devices) await device.connect()
  await after()
  for (const device of devices) await device.disconnect()
  await stop()
  databaseUrl = older
  await start({ acceptRestore: true })
}
/** On an empty database, without the journal. The collector is down. */
const begunAnew = async (journal: string) => {
  rmSync(journal, { recursive: true })
  databaseUrl = await cluster.freshDatabase()
  await start({ acceptRestore: true })
}
const enrol = async (officer: string) => {
  const present = {
    get: (path: string) => house().get(path),
    post: (path: string, body?: unknown) => house().post(path, body),
    publish: (form: string | Uint8Array) => house().publish(form),
    send: (path: string, init: RequestInit) => house().send(path, init),
    get url() {
      return house().url
    },
  } as TestApi & { readonly url: string }
  const device = await enrolTestDevice({ collector: present, officer })
  await device.connect()
  devices.push(device)
  return device
}
const report = async () => (await house().get<OpenReport>('/recovering')).body

beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'murram-recovering-'))
  databaseUrl = await cluster.freshDatabase()
  devices = []
  await start()
  await house().publish(householdXml())
})
afterEach(async () => {
  for (const device of devices) await device.disconnect()
  await stop()
  rmSync(dataDir, { recursive: true, force: true })
})

test('RC1 a project that was never restored recovers from nothing', async () => {
  expect(await report()).toEqual({ state: 'none', epoch: 1, earlier: [] })
  expect(await house().post('/recovering/close', {})).toMatchObject({ status: 404 })
})

test('RC2 the report names who has come again and with how much, who has not, and each number that is missing', async () => {
  const [amina, baraka] = [await enrol('Amina'), await enrol('Baraka')]
  await amina.submit({ answers: { name: 'kept' } })
  const lost: Awaited<ReturnType<TestDevice['submit']>>['submission'][] = []
  await loseWhat(async () => {
    for (const name of ['a', 'b', 'c', 'd']) lost.push((await amina.submit({ answers: { name } })).submission)
    await baraka.submit({ answers: { name: 'of Baraka' } })
  })
  expect(await report()).toMatchObject({
    state: 'open',
    epoch: 2,
    backup: null,
    closedAtMs: null,
    devices: [
      { officer: 'Amina', seen: false, resent: 0 },
      { officer: 'Baraka', seen: false, resent: 0 },
    ],
    // Noted outside the database: nobody has come yet.
    missing: [
      { officer: 'Amina', storeId: amina.storeId, fromN: 2, toN: 5 },
      { officer: 'Baraka', storeId: baraka.storeId, fromN: 1, toN: 1 },
    ],
  })
  rmSync(join(dataDir, 'marks.json'))
  const { durableUpto } = await amina.connect({ lastN: 7 }) // two more were saved on the laptop meanwhile
  expect(durableUpto).toBe(1)
  const [second, , fourth] = lost
  if (second === undefined || fourth === undefined) throw new Error('nothing was lost')
  await amina.push([second])
  await amina.push([fourth])
  expect(await report()).toMatchObject({
    devices: [
      { officer: 'Baraka', seen: false, resent: 0 },
      { officer: 'Amina', seen: true, resent: 2 },
    ],
    missing: [
      { officer: 'Amina', fromN: 3, toN: 3 },
      { officer: 'Amina', fromN: 5, toN: 7 },
      { officer: 'Baraka', fromN: 1, toN: 1 },
    ],
  })
})

test('RC1 it is open until somebody closes it, also at other collectors and over restarts', async () => {
  await loseWhat(async () => {
    await (await enrol('Amina')).submit({ answers: { name: 'lost' } })
  })
  const other = unwrap(
    await startCollector({
      dataDir: mkdtempSync(join(tmpdir(), 'murram-recovering-')),
      databaseUrl,
      join: true,
      port: 0,
      keys,
      demo: true,
      adminToken: testAdminToken,
      now: Date.now,
      rooms: [],
      log: pino({ level: 'silent' }),
    }),
  )
  const there = apiOf((path, init) => other.request(path, init), testAdminToken)
  expect((await there.get<RecoveryReport>('/recovering')).body.state).toBe('open')
  await stop()
  await start()
  const closed = await house().post<OpenReport>('/recovering/close', { note: 'all laptops have come' })
  expect(closed).toMatchObject({ status: 200, body: { state: 'closed', closedNote: 'all laptops have come' } })
  expect((await there.get<RecoveryReport>('/recovering')).body.state).toBe('closed')
  expect(await there.post('/recovering/close', {})).toMatchObject({ status: 404 })
  await other.close()
})

test('a journal brings back what people decided, whom they enrolled and revoked, and which forms they published', async () => {
  const [amina, baraka] = [await enrol('Amina'), await enrol('Baraka')]
  const entityId = randomUUID()
  await amina.submit({ answers: { name: 'x', roof: 'iron', ...namingEntity(entityId, 'create', 'x') } })
  const naming = namingEntity(entityId, 'update')
  await amina.submit({ answers: { name: 'x', roof: 'tile', ...naming }, base: { roof: 'iron' } })
  await baraka.submit({ answers: { name: 'x', roof: 'thatch', ...naming }, base: { roof: 'iron' } })
  const conflicts = async () => (await house().get<ConflictList>('/conflicts')).body.conflicts
  const roof = async () =>
    (await house().get<EntityList>(`/entities?q=${entityId}`)).body.entities[0]?.properties['roof']
  const before = await roof()
  const open = (await conflicts()).find(({ property }) => property === 'roof')
  let settled: string | undefined
  let late: TestDevice | undefined
  await loseWhat(async () => {
    await house().publish(householdXml('2'))
    late = await enrol('Chebet')
    await house().post(`/devices/${baraka.deviceId}/revoke`)
    expect(await house().post(`/conflicts/${open?.conflictId}/settle`, { choose: 'other' })).toMatchObject({
      status: 200,
    })
    settled = await roof()
    expect(settled).not.toBe(before)
  })
  const [journal] = (await report()).journals
  expect(journal).toMatchObject({
    counts: {
      form: { replayed: 1, known: 1 },
      device: { replayed: 1, known: 2 },
      decision: { replayed: 1, known: 0, failed: 0 },
    },
    failures: [],
  })
  expect(await roof()).toBe(settled)
  expect((await house().get<FormList>('/forms')).body.forms.map(({ version }) => version).toSorted()).toEqual([
    '1',
    '2',
  ])
  const { body } = await house().get<DeviceList>('/devices')
  expect(body.devices.map(({ officer }) => officer).toSorted()).toEqual(['Amina', 'Baraka', 'Chebet'])
  expect(body.devices.find(({ officer }) => officer === 'Baraka')?.state).not.toBe('active')
  await expect(baraka.connect()).rejects.toThrow(/revoked/)
  expect(await late?.connect()).toMatchObject({ epoch: 2 })
  // A decision of the new epoch goes on from there.
  expect((await house().post('/aliases', { alias: entityId, of: randomUUID() })).status).toBe(404)
})

test('a database that is lost altogether gets back from the journal all that people at the centre did', async () => {
  const amina = await enrol('Amina')
  const { submission } = await amina.submit({ answers: { name: 'lost' } })
  await amina.disconnect()
  await stop()
  databaseUrl = await cluster.freshDatabase()
  await start({ acceptRestore: true })
  expect((await report()).journals).toMatchObject([{ counts: { form: { replayed: 1 }, device: { replayed: 1 } } }])
  expect(await amina.connect()).toMatchObject({ epoch: 2, durableUpto: 0 })
  expect(await amina.push([submission])).toMatchObject({ results: [{ result: 'applied' }] })
  expect((await report()).missing).toEqual([])
})

test('RC3 outcomes come back from the journal, and without it the report names the batches that are lost', async () => {
  const store = async (outcomeId: string, importId: string | null) => {
    const { write } = house()
    await write.execute(sql`
      insert into outcomes (outcome_id, instance_id, form_id, value, method, verifier, observed_at_ms, imported_at_ms, import_id, source)
      values (${outcomeId}, 'uuid:1', 'household', 'poor', 'visit', 'Akello', 1, 2, ${importId}, ${importId === null ? 'review' : 'import'})`)
    if (importId !== null)
      await write.execute(sql`
        insert into outcome_imports (import_id, name, by, state, imported, known, refused, created_at_ms)
        values (${importId}, ${`${importId}.csv`}, 'Grace', 'standing', 1, 0, 0, 3) on conflict do nothing`)
  }
  await store('o-1', 'march')
  await stop()
  const [journal, noted] = [join(dataDir, 'journal'), join(dataDir, 'outcomes.json')]
  await start()
  await loseWhat(async () => {
    for (const [outcome, batch] of [
      ['o-2', 'april'],
      ['o-3', 'april'],
      ['o-4', null],
    ] as const)
      await store(outcome, batch)
  })
  expect(await report()).toMatchObject({
    journals: [{ counts: { outcome: { replayed: 3, known: 1 }, batch: { replayed: 1 } }, failures: [] }],
    lostOutcomes: { batches: [], reviews: 0, words: 0, looks: 0 },
  })
  await stop()
  // The same, and the disk of the journal is gone too.
  await begunAnew(journal)
  expect((await report()).lostOutcomes).toEqual({
    batches: [
      { importId: 'april', name: 'april.csv', by: 'Grace', createdAtMs: 3, outcomes: 2 },
      { importId: 'march', name: 'march.csv', by: 'Grace', createdAtMs: 3, outcomes: 1 },
    ],
    reviews: 1,
    words: 0,
    looks: 0,
  })
  await stop()
  rmSync(noted)
  await begunAnew(journal)
  expect((await report()).lostOutcomes).toBeNull()
})

test('a pair that was dismissed after the backup stays dismissed after it was put back', async () => {
  const amina = await enrol('Amina')
  const rules = { name: ['name'], threshold: 0.2 }
  await house().send('/duplicates/rules/households', {
    method: 'PUT',
    body: JSON.stringify(rules),
    headers: { 'Content-Type': 'application/json' },
  })
  const [a, b] = [randomUUID(), randomUUID()]
  for (const entityId of [a, b])
    await amina.submit({ answers: { name: 'Auma Grace', ...namingEntity(entityId, 'create', 'Auma Grace') } })
  const pairs = async (state: string) => {
    await house().post('/duplicates/look')
    return (await house().get<DuplicateList>(`/duplicates?state=${state}`)).body.total
  }
  expect(await pairs('open')).toBe(1)
  await loseWhat(async () => void (await house().post('/duplicates/dismiss', { a, b })))
  expect([await pairs('open'), await pairs('dismissed')]).toEqual([0, 1])
})

test('lists beside forms come back from the journal under their numbers, and the highest is in force', async () => {
  const village = (rows: string): FormData => {
    const data = new FormData()
    data.append('list', new File([`name,label\n${rows}`], 'villages.csv'))
    return data
  }
  const select = `<select1 ref="/data/remark"><label>Village</label><itemset nodeset="instance('v')/root/item"><value ref="name"/><label ref="label"/></itemset></select1>`
  const asks = (version: string) =>
    householdXml(version)
      .replace('</instance>', '</instance><instance id="v" src="jr://file-csv/villages.csv"/>')
      .replace('<input ref="/data/remark"><label>Remark</label></input>', select)
  const lists = async () => (await house().get<ListHistory>('/forms/household/lists')).body.lists
  await loseWhat(async () => {
    const first = village('a,A\n')
    first.append('form', new File([asks('2')], 'form.xml'))
    expect((await house().send('/forms', { method: 'POST', body: first })).status).toBe(201)
    await house().send('/forms/household/lists', { method: 'POST', body: village('a,A\nb,B\n') })
    await house().publish(asks('3')) // takes what version 2 has
    await house().send('/forms/household/lists?version=3', { method: 'POST', body: village('c,C\n') })
  })
  const brought = (await lists()).map(({ version, number, rows }) => `${version}: ${number} of ${rows}`)
  expect(brought).toEqual(['2: 1 of 1', '2: 2 of 2', '3: 1 of 2', '3: 2 of 1'])
  expect((await report()).journals).toMatchObject([{ counts: { list: { replayed: 4, failed: 0 } }, failures: [] }])
  const amina = await enrol('Amina')
  const { rows } = await amina.pull({ epoch: 2, number: 0 })
  const told = rows.flatMap(({ kind, body }) => (kind === 'form' ? [(body as { lists?: object[] }).lists?.length] : []))
  expect(told).toEqual([undefined, 1, 1])
})

test('a journal is replayed once an epoch, and replaying what is there changes nothing', async () => {
  await loseWhat(async () => {
    await house().publish(householdXml('2'))
  })
  const first = (await report()).journals
  await stop()
  await start()
  expect((await report()).journals).toEqual(first)
  await house().write.execute(sql`delete from replays`)
  await stop()
  await start()
  expect((await report()).journals).toMatchObject([{ counts: { form: { replayed: 0, known: 2 } }, failures: [] }])
})

test('what was decided without a journal, or between a commit and its line, is in the journal after the next start', async () => {
  await stop()
  const folder = join(dataDir, 'journal')
  const read = () => readFileSync(join(folder, readFileSync(join(dataDir, 'journal-name'), 'utf8')), 'utf8')
  const whole = read()
  expect(whole).toContain('"kind":"form"')
  rmSync(folder, { recursive: true })
  await start()
  expect(read().replaceAll(/"atMs":\d+|1 [0-9a-f]{16}/g, '')).toBe(whole.replaceAll(/"atMs":\d+|1 [0-9a-f]{16}/g, ''))
})

test('a release of another life of the database is stood above by the next one', async () => {
  await house().write.execute(sql`
    insert into releases (release_id, model_name, counter, candidate_id, reason, signed, chain, created_at_ms)
    values ('m-1900000000', 'm', 1900000000, 'c', 'promotion', '{}', '{}', 0)`)
  await stop() // the journal takes it at close
  databaseUrl = await cluster.freshDatabase()
  await start({ acceptRestore: true })
  expect((await report()).journals).toMatchObject([
    { counts: { release: { failed: 1 } }, failures: [expect.stringContaining('not in the restored database')] },
  ])
  const { rows } = await house().read.execute<{ floor: string }>(sql`select release_floor as floor from projects`)
  expect(Number(rows[0]?.floor)).toBe(1_900_000_000)
})

test('the welcome carries the successor, signed by the root key, over what it follows', async () => {
  const amina = await enrol('Amina')
  const first = (await amina.connect({ protocol: 2 })).more?.succession
  const before = EpochSuccessionSchema.parse(first?.body)
  expect(before).toMatchObject({ epoch: 1, previous: null, projectId: 'test' })
  await loseWhat(async () => {
    await amina.submit({ answers: { name: 'lost' } })
  })
  const signed = (await amina.connect({ protocol: 2 })).more?.succession
  if (signed === undefined) throw new Error('no succession')
  const verified = unwrap(verifyDocument(keys.root.publicKey, EPOCH_PURPOSE, signed))
  expect(verified).toMatchObject({ epoch: 2, previous: { epoch: 1, lineage: before.lineage } })
  expect((await amina.connect({ protocol: 1 })).more).toBeUndefined()
})

test('nothing is concluded from a database that is not complete: what waits begins when it is closed', async () => {
  const done = vi.fn<() => void>()
  const rooms: CollectorOptions['rooms'] = [
    ({ recovering }) => ({
      name: 'sweep',
      start: async () => {
        if (!recovering.isOpen()) return
        recovering.onClosed(done)
      },
    }),
  ]
  await loseWhat(async () => {
    await (await enrol('Amina')).submit({ answers: { name: 'lost' } })
  })
  await stop()
  await start({ rooms })
  await house().get('/recovering')
  expect(done).not.toHaveBeenCalled()
  await house().post('/recovering/close', {})
  expect(done).toHaveBeenCalledOnce()
})
