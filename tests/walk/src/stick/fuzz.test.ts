/**
 * Files that were changed, cut, made up or repeated, at both doors.
 *
 *   FZ1 nothing that was not saved appears, nothing comes twice, and no door stops answering
 *   FZ2 an answer that was changed marks nothing that the centre has not received
 *   FZ3 a file whose lengths lie costs no memory
 *   FZ4 a kill during an export or an import leaves nothing half; the same call again does the rest
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { unwrap } from '@murram/ground'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStickHouse, save, type Laptop, type StickHouse } from './stick-house.ts'

let house: StickHouse
beforeAll(async () => {
  house = await openStickHouse('fuzzed')
})
afterAll(() => house.close())

const held = async (prefix: string) => (await house.names()).filter(name => name.startsWith(prefix))
const spoilt = (whole: Buffer, at: number, how: number): Buffer => {
  const place = at % whole.length
  if (how === 0) return whole.subarray(0, place)
  if (how === 1) return Buffer.concat([whole.subarray(0, place), whole.subarray(Math.min(whole.length, place + 97))])
  if (how === 2) return Buffer.concat([whole, whole])
  const changed = Buffer.from(whole)
  changed[place] = (changed[place] ?? 0) ^ (1 << (how % 8))
  return changed
}
const anyHarm = [fc.nat(1_000_000), fc.nat(9)] as const

test('FZ1 FZ3 spoilt files of a laptop at the centre', async () => {
  await using laptop = await house.laptop('Uma')
  const saved = Array.from({ length: 120 }, (_, i) => `u-${String(i).padStart(3, '0')}`)
  for (const name of saved) await save(laptop.agent, name)
  const { path } = unwrap(await laptop.agent.bundles.exportTo(join(house.stick, 'u.murram'), 'unsent'))
  const whole = readFileSync(path)
  await fc.assert(
    fc.asyncProperty(...anyHarm, async (at, how) => {
      writeFileSync(path, spoilt(whole, at, how))
      const { status, body } = await house.importFile(path)
      expect(status === 200 || (status >= 400 && status < 500 && body.fault !== undefined)).toBe(true)
    }),
    { numRuns: 50, seed: 11 },
  )
  const some = await held('u-')
  expect(new Set(some).size).toBe(some.length)
  expect(some.every(name => saved.includes(name))).toBe(true)
  const lying = Buffer.from(whole)
  lying.writeUInt32BE(0xffffffff, 8)
  writeFileSync(path, lying)
  expect(await house.importFile(path)).toMatchObject({ status: 422, body: { fault: 'carry.unreadable' } })
  writeFileSync(path, whole)
  expect((await house.importFile(path)).status).toBe(200)
  expect(await held('u-')).toEqual(saved)
})

test('FZ1 FZ2 spoilt answers of the centre on a laptop', async () => {
  await using laptop = await house.laptop('Vera')
  const { agent } = laptop
  for (let i = 0; i < 20; i += 1) await save(agent, `v-${i}`)
  await house.importFile(unwrap(await agent.bundles.exportTo(join(house.stick, 'v.murram'), 'unsent')).path)
  await save(agent, 'v-later')
  const back = await house.giveBack(agent.enrolment.deviceId, { full: true })
  const whole = readFileSync(back)
  await fc.assert(
    fc.asyncProperty(...anyHarm, async (at, how) => {
      writeFileSync(back, spoilt(whole, at, how))
      const before = agent.queue.summary()
      const taken = await agent.bundles.importFrom(back)
      const after = agent.queue.summary()
      // What the centre never had is never marked, and what was marked stays.
      expect(after.waiting).toBeGreaterThanOrEqual(1)
      expect(after.sent).toBeGreaterThanOrEqual(before.sent)
      expect(taken.ok ? before : after).toEqual(before)
    }),
    { numRuns: 50, seed: 12 },
  )
  writeFileSync(back, whole)
  expect(unwrap(await agent.bundles.importFrom(back)).faults).toEqual([])
  expect(agent.queue.summary()).toMatchObject({ waiting: 1, sent: 20 })
  expect((await agent.mirror.all('entity')).length).toBeGreaterThanOrEqual(20)
})

test('FZ4 killed while it exports or imports: nothing half, and the same call again does the rest', async () => {
  const laptop = await house.laptop('Wanja')
  const { deviceId } = laptop.agent.enrolment
  for (let i = 0; i < 150; i += 1) await save(laptop.agent, `w-${i}`)
  await laptop.agent.close()
  const target = join(house.folder, 'killed')
  mkdirSync(target)
  const visible = () => readdirSync(target).filter(name => !name.startsWith('.'))

  const out = ['export-bundle', '--to', target]
  expect(await runVerb(laptop, out, 'agent.file-written-beside')).toBe('SIGKILL')
  expect(visible()).toEqual([])
  expect(await runVerb(laptop, out)).toBe(0)
  expect((await house.importFile(join(target, visible()[0] ?? ''))).body).toMatchObject({ missing: [], faults: [] })
  expect(await held('w-')).toHaveLength(150)

  // The welcome, the answers, the first page: wherever it dies, the next import goes on.
  const back = ['import-bundle', await house.giveBack(deviceId, { full: true })]
  for (const frame of [1, 2, 3])
    expect(await runVerb(laptop, back, `agent.bundle-frame-taken#${frame}`)).toBe('SIGKILL')
  expect(await runVerb(laptop, back)).toBe(0)
  await using again = await laptop.reopen()
  expect(again.agent.queue.summary()).toMatchObject({ waiting: 0, sent: 150 })
  expect((await again.agent.mirror.all('entity')).length).toBeGreaterThanOrEqual(150)
})

/** @returns The exit code, or the signal that it died of. */
function runVerb(laptop: Laptop, verb: readonly string[], crashAt?: string): Promise<unknown> {
  const main = resolve(import.meta.dirname, '..', '..', '..', '..', 'apps', 'cli', 'src', 'main.ts')
  const house_ = ['--data', laptop.dataDir, '--key-file', laptop.keyPath, '--demo', '--json']
  const dying = crashAt === undefined ? {} : { MURRAM_CRASH_ALLOWED: '1', MURRAM_CRASH_AT: crashAt }
  const child = spawn(process.execPath, [main, 'agent', ...verb, ...house_], {
    stdio: 'ignore',
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...dying },
  })
  return new Promise(settle => child.once('close', (code, signal) => settle(signal ?? code)))
}
