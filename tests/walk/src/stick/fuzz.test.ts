/**
 * Files that were changed, cut, made up or repeated, at both doors.
 *
 *   FZ1 nothing that was not saved appears, nothing comes twice, and no door stops answering
 *   FZ2 an answer that was changed marks nothing that the centre has not received
 *   FZ3 a file whose lengths lie costs no memory
 *   FZ4 a kill during an export leaves no file under its name, and the store as it was
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { unwrap } from '@murram/ground'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStickHouse, save, type StickHouse } from './stick-house.ts'

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
      if (!taken.ok) expect(after).toEqual(before)
    }),
    { numRuns: 50, seed: 12 },
  )
  writeFileSync(back, whole)
  expect(unwrap(await agent.bundles.importFrom(back)).faults).toEqual([])
  expect(agent.queue.summary()).toMatchObject({ waiting: 1, sent: 20 })
  expect((await agent.mirror.all('entity')).length).toBeGreaterThanOrEqual(20)
})

test('FZ4 killed while it exports: no file under its name, and the next export is whole', async () => {
  const laptop = await house.laptop('Wanja')
  for (let i = 0; i < 150; i += 1) await save(laptop.agent, `w-${i}`)
  await laptop.agent.close()
  const root = resolve(import.meta.dirname, '..', '..', '..', '..')
  const target = join(house.folder, 'killed')
  mkdirSync(target)
  const verb = [
    'export-bundle',
    '--data',
    laptop.dataDir,
    '--key-file',
    laptop.keyPath,
    '--demo',
    '--to',
    target,
    '--json',
  ]
  const run = () => spawn(process.execPath, [join(root, 'apps/cli/src/main.ts'), 'agent', ...verb], { stdio: 'ignore' })
  const visible = () => readdirSync(target).filter(name => !name.startsWith('.'))
  for (const killAfterMs of [600, 1_200]) {
    const child = run()
    const ended = new Promise(settle => child.once('close', settle))
    await Promise.race([ended, sleep(killAfterMs)])
    child.kill('SIGKILL')
    await ended
    for (const name of visible())
      expect((await house.importFile(join(target, name))).body).toMatchObject({ missing: [], faults: [] })
  }
  const child = run()
  expect(await new Promise(settle => child.once('close', settle))).toBe(0)
  const [name] = visible()
  expect((await house.importFile(join(target, name ?? ''))).body).toMatchObject({ missing: [], faults: [] })
  expect(await held('w-')).toHaveLength(150)
})
