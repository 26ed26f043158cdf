/** Backups of a collector's own PostgreSQL: made while it works, verified, put back. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { chmodSync, openSync, writeSync, closeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap, type ProjectId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProjectKeys } from '../config/project-keys.ts'
import type { BackupList, RecoveryReport, SubmissionList } from '../http/api-types.ts'
import { startCollector, type Collector, type CollectorOptions } from '../main/start-collector.ts'
import { apiOf, testAdminToken, type TestApi } from '../test-collector.ts'
import { enrolTestDevice, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'
import { findBackups, hasRoom } from './backup-folder.ts'
import { restoreBackup } from './restore-backup.ts'
import { takeBackup, type BackupOrder } from './take-backup.ts'
import { readMarksOf } from './told-backup.ts'
import { createUntar } from './untar.ts'
import { verifyCopy } from './verify-copy.ts'

const keys = createProjectKeys({ projectId: 'test' as ProjectId, demo: true, nowMs: 0 })
const log = pino({ level: 'silent' })
const root = mkdtempSync(join(tmpdir(), 'murram-backup-'))
chmodSync(root, 0o711)
const dataDir = join(root, 'centre')
const to = join(root, 'backups')
let collector: Collector & TestApi
let device: TestDevice

const start = async (options: Partial<CollectorOptions> = {}) => {
  const started = unwrap(
    await startCollector({
      dataDir,
      port: 0,
      keys,
      demo: true,
      adminToken: testAdminToken,
      now: Date.now,
      rooms: [],
      log,
      ...options,
    }),
  )
  collector = { ...started, ...apiOf((path, init) => started.request(path, init), testAdminToken) }
}
const backUp = (order: Partial<BackupOrder> = {}) => {
  const { write, databaseUrl } = collector
  return takeBackup({ write, databaseUrl, projectId: 'test', dataDir, now: Date.now }, { to, keep: 10, ...order })
}
const restore = (from: string, replace: boolean) => restoreBackup({ dataDir, from, replace, keys, now: Date.now, log })
/** The collector of the moment: it stops and starts. */
const present: TestApi & { readonly url: string } = {
  get: path => collector.get(path),
  post: (path, body) => collector.post(path, body),
  publish: form => collector.publish(form),
  send: (path, init) => collector.send(path, init),
  get url() {
    return collector.url
  },
}
const reconnect = async () => {
  await device.disconnect()
  return device.connect()
}
const say = (name: string) => device.submit({ answers: { name } })

beforeAll(async () => {
  await start()
  await collector.publish(householdXml())
  device = await enrolTestDevice({ collector: present })
  await device.connect()
})
afterAll(async () => {
  await device.disconnect()
  await collector.close()
  rmSync(root, { recursive: true, force: true })
})

test('B1 what stands in a verified copy is safe, what came after it is not', async () => {
  await say('one')
  expect(await say('two')).toMatchObject({ durableUpto: 2, safeUpto: 0 })
  const steps = new Set<string>()
  const done = unwrap(await backUp({ onStep: step => steps.add(step) }))
  expect([...steps]).toEqual(['copying', 'verifying'])
  expect(done).toMatchObject({ epoch: 1, submissions: 2, safeSubmissions: 2, gone: [] })
  expect(done.marks).toEqual([{ storeId: device.storeId, durableUpto: 2 }])
  expect(await say('three')).toMatchObject({ durableUpto: 3, safeUpto: 2 })
  expect(await reconnect()).toMatchObject({ durableUpto: 3, safeUpto: 2 })
  const { body } = await collector.get<BackupList>('/backups')
  expect(body.backups).toMatchObject([{ name: done.name, kind: 'own', safeSubmissions: 2, sizeBytes: done.sizeBytes }])
  expect(readdirSync(to)).toEqual([done.name])
})

test('B1 what is sent while the copy is made is safe only if it is in the copy', async () => {
  let sent = 3
  let isOver = false
  const sending = (async () => {
    for (; !isOver; sent += 1) await say(`load ${sent}`)
  })()
  const done = unwrap(await backUp())
  isOver = true
  await sending
  const mark = done.marks.find(({ storeId }) => storeId === device.storeId)?.durableUpto ?? 0
  expect(mark).toBe(done.submissions)
  expect(mark).toBeGreaterThanOrEqual(3)
  expect(await reconnect()).toMatchObject({ durableUpto: sent, safeUpto: mark })
})

test('B3 of two that are asked for at once one is made', async () => {
  const both = await Promise.all([backUp(), backUp()])
  expect(both.filter(({ ok }) => ok)).toHaveLength(1)
  expect(both.find(({ ok }) => !ok)).toMatchObject({ error: { fault: 'backup.in-progress' } })
})

test('the newest are kept, what a process left that died is cleared away, other things stay', async () => {
  mkdirSync(join(to, '2020-01-01T00-00-00Z.unfinished', 'pg'), { recursive: true })
  mkdirSync(join(to, 'holiday-pictures'))
  const before = findBackups(to).map(({ name }) => name)
  const done = unwrap(await backUp({ keep: 2 }))
  expect(done.gone).toEqual(before.slice(0, -1))
  expect(readdirSync(to).toSorted()).toEqual([...before.slice(-1), done.name, 'holiday-pictures'].toSorted())
})

test('B2 a folder that cannot hold backups is named, and nothing is made', async () => {
  const file = join(root, 'a-file')
  writeFileSync(file, '')
  for (const folder of [join(dataDir, 'backups'), dataDir, file, join(file, 'below'), '/proc/nowhere'])
    expect(await backUp({ to: folder })).toMatchObject({ ok: false, error: { fault: 'backup.folder-unusable' } })
  expect(await hasRoom(root, 2 ** 60)).toMatchObject({ ok: false, error: { fault: 'backup.disk-full' } })
})

test('B2 a copy with one changed bit in a page is no backup', async () => {
  const [backup] = findBackups(to)
  const copy = join(root, 'spoilt')
  execFileSync('cp', ['-a', backup?.folder ?? '', copy])
  expect(await verifyCopy(join(copy, 'pg'), 'test')).toMatchObject({ ok: true })
  expect(await verifyCopy(join(copy, 'pg'), 'other')).toMatchObject({ error: { fault: 'backup.not-verified' } })
  const { rows } = await collector.read.execute<{ path: string }>(
    sql`select pg_relation_filepath('submissions') as path`,
  )
  const handle = openSync(join(copy, 'pg', 'data', rows[0]?.path ?? ''), 'r+')
  writeSync(handle, Buffer.from([1, 2, 3]), 0, 3, 8_000) // in the middle of the first page
  closeSync(handle)
  expect(await verifyCopy(join(copy, 'pg'), 'test')).toMatchObject({
    ok: false,
    error: { fault: 'backup.not-verified', detail: expect.stringContaining('invalid page') },
  })
  rmSync(copy, { recursive: true })
})

test('RB1 a database is never written over unasked; what is replaced is kept beside it', async () => {
  const { submission: lost } = await say('after the backup')
  const { durableUpto } = await reconnect()
  await device.disconnect()
  expect(await restore(to, false)).toMatchObject({ ok: false, error: { fault: 'store.in-use' } }) // it is running
  await collector.close()
  expect(await restore(root, false)).toMatchObject({ ok: false, error: { fault: 'backup.folder-unusable' } })
  expect(await restore(to, false)).toMatchObject({ ok: false, error: { fault: 'restore.database-present' } })
  const others = createProjectKeys({ projectId: 'other' as ProjectId, demo: true, nowMs: 0 })
  const newest = findBackups(to).at(-1)
  expect(
    await restoreBackup({ dataDir, from: newest?.folder ?? '', replace: true, keys: others, now: Date.now, log }),
  ).toMatchObject({ ok: false, error: { fault: 'backup.other-project' } })

  const done = unwrap(await restore(to, true))
  expect(done).toMatchObject({ epoch: 2, backup: { name: newest?.name } })
  expect(existsSync(join(done.former ?? '', 'data', 'PG_VERSION'))).toBe(true)
  await start() // the restore was asked for by name: the next start needs no word
  expect(collector.epoch).toBe(2)
  const welcome = await reconnect()
  expect(welcome).toMatchObject({ epoch: 2, durableUpto: newest?.submissions })
  expect(welcome.durableUpto).toBeLessThan(durableUpto)
  expect((await collector.get<SubmissionList>('/submissions?limit=1')).status).toBe(200)
  expect((await collector.get<RecoveryReport>('/recovering')).body).toMatchObject({
    state: 'open',
    backup: newest?.name,
  })
  expect(await device.push([lost])).toMatchObject({ results: [{ result: 'applied' }], durableUpto })
})

test('a backup of the former epoch raises no mark of the present one; the next backup does', async () => {
  const { durableUpto } = await reconnect()
  const old = findBackups(to).at(-1)
  expect(await collector.post('/backups/done', { marks: { ...old, projectId: 'test' } })).toMatchObject({
    status: 409,
    body: { fault: 'backup.other-project' },
  })
  expect(await collector.post('/backups/done', { atMs: Date.now() - 3_600_000 })).toMatchObject({ status: 409 })
  expect(await collector.post('/backups/done', { atMs: Date.now() + 3_600_000 })).toMatchObject({ status: 400 })
  expect(unwrap(await backUp()).epoch).toBe(2)
  expect(await reconnect()).toMatchObject({ safeUpto: durableUpto })
})

test('TB1 a backup that is told by its time counts what had arrived a good while before', async () => {
  await say('late')
  const { n } = (await say('later')).submission
  expect((await collector.post('/backups/done', { atMs: Date.now() })).status).toBe(201)
  expect((await reconnect()).safeUpto).toBe(n - 2) // a moment ago is not a good while
  const old = Date.now() - 400_000
  await collector.write.execute(sql`update submissions set received_at_ms = ${old} where n = ${n - 1}`)
  await collector.post('/backups/done', { atMs: Date.now() })
  expect((await reconnect()).safeUpto).toBe(n - 1)
})

test('a backup that is told by the marks of its restored copy counts them', async () => {
  const marks = unwrap(await readMarksOf(collector.databaseUrl)) // as if read from the copy
  const { durableUpto } = await reconnect()
  expect((await collector.post('/backups/done', { marks })).status).toBe(201)
  expect((await reconnect()).safeUpto).toBe(durableUpto)
  expect(await readMarksOf('postgresql://nobody@127.0.0.1:1/none')).toMatchObject({ ok: false })
})

test('a schedule makes the first backup at once and the next when it is time', async () => {
  await device.disconnect()
  await collector.close()
  const scheduled = join(root, 'scheduled')
  await start({ backup: { to: scheduled, everyMs: 500, keep: 2 } })
  const endAt = Date.now() + 20_000
  while (findBackups(scheduled).length < 2 && Date.now() < endAt) await new Promise(settle => setTimeout(settle, 100))
  const [first, second] = findBackups(scheduled)
  expect((second?.takenAtMs ?? 0) - (first?.takenAtMs ?? 0)).toBeGreaterThanOrEqual(500)
  const url = collector.databaseUrl
  expect(
    await startCollector({
      dataDir: join(root, 'other'),
      databaseUrl: url,
      join: true,
      backup: { to: scheduled, everyMs: 1_000, keep: 1 },
      port: 0,
      keys,
      demo: true,
      adminToken: 'a',
      now: Date.now,
      rooms: [],
      log,
    }),
  ).toMatchObject({ ok: false, error: { fault: 'backup.not-here' } })
})

test('an archive is unpacked the same however it is cut into pieces', async () => {
  const source = join(root, 'source')
  mkdirSync(join(source, 'deep', 'er'), { recursive: true })
  const contents = { a: '', 'deep/b': 'x'.repeat(511), 'deep/er/c': 'y'.repeat(512), 'deep/er/d': 'z'.repeat(1_300) }
  for (const [name, text] of Object.entries(contents)) writeFileSync(join(source, name), text)
  const names = Object.keys(contents)
  const archive = execFileSync('tar', ['--format=ustar', '-C', source, '-cf', '-', 'deep', 'a'])
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 20 }), async cuts => {
      const target = mkdtempSync(join(root, 'unpacked-'))
      const untar = createUntar(target)
      for (let at = 0, k = 0; at < archive.length; k += 1) {
        const length = cuts[k % cuts.length] ?? 1
        await untar.write(archive.subarray(at, at + length))
        at += length
      }
      await untar.end()
      expect([...untar.files.keys()].toSorted()).toEqual(names.toSorted())
      for (const [name, text] of Object.entries(contents)) expect(readFileSync(join(target, name), 'utf8')).toBe(text)
    }),
    { numRuns: 30, seed: 4 },
  )
  await expect(createUntar(source).write(linkIn(archive))).rejects.toThrow('neither a file nor a folder')
})

/** The first entry becomes a symbolic link. */
function linkIn(archive: Buffer): Buffer {
  const changed = Buffer.from(archive)
  changed[156] = '2'.charCodeAt(0)
  return changed
}
