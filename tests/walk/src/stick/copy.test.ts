/**
 * A second sealed copy of what only one laptop has.
 *
 *   CO1 a laptop that is gone comes back from its copy: every interview at the centre once, drafts too
 *   CO2 a stale copy, restored while the original goes on: nothing of either is lost or doubled
 *   CO3 either opener opens it: the passphrase, or the organisation's recovery key; nothing else does
 *   CO4 a damaged copy restores nothing unless asked to; a folder in use is not touched
 *   CO5 a copy is made by itself, the last three stay, and nothing in them can be read
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { headlessKey, restoreCopy, type KeySource } from '@murram/agent'
import { createProjectKeys } from '@murram/collector'
import { unwrap, type ProjectId } from '@murram/ground'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FORM_ID, openLaptop, openStickHouse, save, type Laptop, type StickHouse } from './stick-house.ts'

let house: StickHouse
beforeAll(async () => {
  house = await openStickHouse('copies')
})
afterAll(() => house.close())

const passphrase = 'the river took it'
const byPassphrase: KeySource = headlessKey('', { passphrase })
const held = async (prefix: string) => (await house.names()).filter(name => name.startsWith(prefix))
const elsewhere = (name: string): string => {
  const folder = join(house.folder, name)
  mkdirSync(folder, { recursive: true })
  return folder
}
const newest = (folder: string): string => join(folder, readdirSync(folder).toSorted().at(-1) ?? '')
const restore = async (from: string, name: string, opener: KeySource): Promise<Laptop> => {
  const dataDir = join(house.folder, `${name}-restored`)
  const keyPath = join(house.folder, `${name}-restored.key`)
  unwrap(await restoreCopy({ from, dataDir, opener, key: { kind: 'key-file', path: keyPath }, now: Date.now }))
  return openLaptop(dataDir, keyPath)
}

test('CO1 CO3 CO5 the laptop is destroyed after some interviews; its copy sends them, each once', async () => {
  const disk = elsewhere('disk-one')
  const laptop = await house.laptop('Grace')
  await save(laptop.agent, 'g-0')
  await save(laptop.agent, 'g-1')
  unwrap(await laptop.agent.sync.syncOnce())
  unwrap(await laptop.agent.copies.add(disk, { passphrase }))
  await save(laptop.agent, 'g-2')
  await save(laptop.agent, 'g-3')
  const open = unwrap(await laptop.agent.capture.open(FORM_ID))
  unwrap(open.answer('name', 'g-draft'))
  await open.save()
  await laptop.agent.close() // CO5: due, and made at close
  expect(readdirSync(disk)).toHaveLength(2)
  expect(readFileSync(newest(disk)).includes('g-2')).toBe(false)
  rmSync(laptop.dataDir, { recursive: true })
  rmSync(laptop.keyPath)

  await using again = await restore(newest(disk), 'grace', byPassphrase)
  expect(again.agent.queue.summary()).toMatchObject({ waiting: 2, sent: 2 })
  unwrap(await again.agent.sync.syncOnce())
  expect(await held('g-')).toEqual(['g-0', 'g-1', 'g-2', 'g-3'])
  expect(again.agent.queue.summary()).toMatchObject({ waiting: 0, sent: 4 })
  const [draft] = await again.agent.collections.drafts.find().exec()
  const resumed = unwrap(await again.agent.capture.open(null, { draft: draft?.interviewId ?? '' }))
  for (const [ref, value] of [
    ['roof', 'iron'],
    ['people', '3'],
  ] as const)
    unwrap(resumed.answer(ref, value))
  unwrap(await resumed.finalise())
  unwrap(await again.agent.sync.syncOnce())
  expect(await held('g-')).toContain('g-draft')
})

test('CO2 a stale copy at work beside its original: both send all that they saved, by socket and by stick', async () => {
  const disk = elsewhere('disk-two')
  await using original = await house.laptop('Hope')
  for (const name of ['h-0', 'h-1', 'h-2']) await save(original.agent, name)
  unwrap(await original.agent.copies.add(disk, { passphrase }))
  await save(original.agent, 'h-original')
  unwrap(await original.agent.sync.syncOnce())

  await using copy = await restore(newest(disk), 'hope', byPassphrase)
  await save(copy.agent, 'h-copy')
  const out = unwrap(await copy.agent.bundles.exportTo(join(house.stick, 'hope.murram'), 'unsent'))
  expect(out.submissions).toBe(4)
  expect((await house.importFile(out.path)).body.results).toEqual({ applied: 1, duplicate: 3 })
  unwrap(await copy.agent.bundles.importFrom(await house.giveBack(copy.agent.enrolment.deviceId)))
  expect(copy.agent.queue.summary()).toMatchObject({ waiting: 0, sent: 4 })
  await save(original.agent, 'h-later')
  unwrap(await original.agent.sync.syncOnce())
  expect(await held('h-')).toEqual(['h-0', 'h-1', 'h-2', 'h-copy', 'h-later', 'h-original'])
})

test('CO3 CO4 openers, damage, and a folder that is in use', async () => {
  const disk = elsewhere('disk-three')
  const laptop = await house.laptop('Imani')
  for (let i = 0; i < 30; i += 1) await save(laptop.agent, `i-${i}`)
  unwrap(await laptop.agent.copies.add(disk, { passphrase }))
  await laptop.agent.close()
  const from = newest(disk)
  const key: KeySource = { kind: 'key-file', path: join(house.folder, 'i.key') }
  const into = (dataDir: string, opener: KeySource, evenDamaged = false) =>
    restoreCopy({ from, dataDir, opener, key, now: Date.now, evenDamaged })
  const fresh = join(house.folder, 'imani-fresh')
  const wrong = headlessKey('', { passphrase: 'guess' })
  expect(await into(fresh, wrong)).toMatchObject({ error: { fault: 'store.wrong-key' } })
  const { box } = createProjectKeys({ projectId: 'another' as ProjectId, demo: true, nowMs: 0 })
  const stranger: KeySource = { kind: 'recovery', boxKey: box }
  expect(await into(fresh, stranger)).toMatchObject({ error: { fault: 'store.wrong-key' } })
  expect(await into(laptop.dataDir, byPassphrase)).toMatchObject({ error: { fault: 'enrol.already' } })

  const whole = readFileSync(from)
  const changed = Buffer.from(whole)
  const at = Math.floor(whole.length * 0.55)
  changed[at] = (changed[at] ?? 0) ^ 1
  writeFileSync(from, changed)
  const recovery: KeySource = { kind: 'recovery', boxKey: house.keys.box }
  expect(await into(fresh, recovery)).toMatchObject({ error: { fault: 'carry.damaged' } })
  const some = unwrap(await into(fresh, recovery, true))
  expect(some.faults).not.toEqual([])
  await using restored = await openLaptop(fresh, join(house.folder, 'i.key'))
  unwrap(await restored.agent.sync.syncOnce())
  expect((await held('i-')).length).toBe(restored.agent.queue.summary().sent)
})

test('CO5 a copy is made by itself after something was saved, and the last three stay', async () => {
  const disk = elsewhere('disk-four')
  const made = await house.laptop('Juma')
  await made.agent.close()
  writeFileSync(join(disk, 'somebody elses.murram'), 'stays')
  await using laptop = await openLaptop(made.dataDir, made.keyPath, () => {}, { copyWaitMs: 50 })
  unwrap(await laptop.agent.copies.add(disk, { passphrase }))
  for (let i = 0; i < 4; i += 1) {
    const before = laptop.agent.copies.places()[0]?.lastAtMs ?? 0
    await save(laptop.agent, `j-${i}`)
    // A copy that took long is followed by a long rest: thirty times as long.
    await expect.poll(() => laptop.agent.copies.places()[0]?.lastAtMs ?? 0, { timeout: 60_000 }).toBeGreaterThan(before)
    await new Promise(settle => setTimeout(settle, 1_000)) // names tell seconds
  }
  expect(readdirSync(disk)).toHaveLength(4)
  rmSync(disk, { recursive: true })
  writeFileSync(disk, 'the disk is away')
  const [place] = await laptop.agent.copies.makeNow()
  expect(place?.fault).toMatchObject({ fault: 'store.directory-unreachable' })
})
