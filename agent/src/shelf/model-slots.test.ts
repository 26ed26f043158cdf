/** Slots on a real disk, with scorers that fail when they are told to. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { err, fault, ok, unwrap, type Fault, type Result } from '@murram/ground'
import { parseManifest, type Manifest } from '@murram/score'
import type { Scorer } from '@murram/score/onnx'
import { createSigningKey } from '@murram/seal'
import type { ReleaseBody } from '@murram/wire'
import { expect, test } from 'vitest'
import { silentLog } from '../diagnostics/log.ts'
import type { DeviceValues } from '../store/device-values.ts'
import { makeTestRelease } from '../test-house/test-release.ts'
import { openModelSlots, type ModelSlots } from './model-slots.ts'

const [root, releaseKey] = [createSigningKey(), createSigningKey()]
const notFinite = fault('score.not-finite', 'r')

/** A device that is started, killed and started again. */
function device() {
  const dataDir = mkdtempSync(join(tmpdir(), 'murram-slots-'))
  const kept = new Map<string, string>()
  const values: DeviceValues = { get: name => kept.get(name) ?? null, set: (name, value) => void kept.set(name, value) }
  const fails = new Map<number, Fault | 'dies'>()
  const opened: number[] = []
  let slots: ModelSlots
  let killAt: string | null = null
  const openScorer = async ({ manifest }: { manifest: Manifest }): Promise<Result<Scorer, Fault>> => {
    opened.push(manifest.counter)
    const failure = fails.get(manifest.counter)
    if (failure === 'dies') throw new Error('the process died')
    if (failure !== undefined) return err(failure)
    return ok({ manifest, [Symbol.asyncDispose]: async () => {} } as unknown as Scorer)
  }
  const start = async () => {
    slots = await openModelSlots({
      dataDir,
      values,
      log: silentLog,
      openScorer,
      verifyStored: release => parseManifest(release.signed),
      now: () => 7,
      crashPoint: name => {
        if (name === killAt) throw new Error('killed')
      },
    })
    return slots
  }
  const put = async (counter: number, as: 'active' | 'shadow') => {
    const { signed, chain, files } = makeTestRelease({ root, projectId: 'p', counter, releaseKey })
    const scorer = unwrap(await slots.tryBundle(signed.body, files, as))
    await slots.writeSlot(signed.body, { signed, chain } as ReleaseBody, files)
    await (as === 'active' ? slots.activate(scorer, signed.keyId) : slots.setShadow('household', scorer))
    return signed.body
  }
  return {
    start,
    installed: async (...counters: readonly number[]) => {
      const first = await start()
      for (const counter of counters) await put(counter, 'active')
      return first
    },
    put,
    pathOf: (counter: number, name: string) => join(dataDir, 'models', 'household', String(counter), name),
    fails,
    opened,
    killAt: (name: string | null) => void (killAt = name),
    inForce: () => slots.active('household')?.manifest.counter ?? null,
    note: (failure: Fault | null) => slots.noteScore('household', slots.active('household')!.manifest.counter, failure),
    slots: () => slots,
    failsOften: async (times: number) => {
      const [was] = [slots.active('household')!.manifest.counter]
      for (let n = 0; n < times; n += 1) await slots.noteScore('household', was, notFinite)
    },
    folders: () =>
      readdirSync(join(dataDir, 'models', 'household'), { withFileTypes: true })
        .filter(one => one.isDirectory())
        .map(({ name }) => name),
    [Symbol.dispose]: () => rmSync(dataDir, { recursive: true, force: true }),
  }
}

test('MS5 the slot in force and the one before stay, older ones are removed', async () => {
  using laptop = device()
  await laptop.installed(1, 2, 3)
  expect(laptop.folders()).toEqual(['2', '3'])
  await laptop.start()
  expect(laptop.inForce()).toBe(3)
})

test('MS4 test rows that fail at a start: the one before is in force, which is told, and it is not tried again', async () => {
  using laptop = device()
  await laptop.installed(1, 2)
  laptop.fails.set(2, fault('bundle.vectors-failed', 'row 3'))
  await laptop.start()
  expect(laptop.inForce()).toBe(1)
  const report = { kind: 'release', releaseId: 'release-2', counter: 2, state: 'rolled-back', atMs: 7 }
  expect(laptop.slots().left()).toMatchObject([{ ...report, fault: { fault: 'bundle.vectors-failed' } }])
  laptop.opened.length = 0
  await laptop.start()
  expect(laptop.opened).toEqual([1])
  expect(laptop.slots().isLeft(2)).toBe(true)
  expect(laptop.folders()).toEqual(['1'])
  expect(laptop.slots().highest('vulnerability').counter).toBe(2) // MS3
})

test('MS4 it fails to load three times, or takes the process down three times: left; once or twice: not', async () => {
  using laptop = device()
  await laptop.installed(1, 2)
  laptop.fails.set(2, fault('bundle.load-failed', 'no'))
  await laptop.start()
  expect(laptop.inForce()).toBe(1)
  expect(laptop.opened.filter(counter => counter === 2)).toHaveLength(4) // installed once, loaded three times

  await laptop.put(3, 'active')
  laptop.fails.set(3, 'dies')
  for (let life = 0; life < 3; life += 1) await expect(laptop.start()).rejects.toThrow('died')
  await laptop.start()
  expect(laptop.inForce()).toBe(1)
  expect(laptop.slots().left()).toHaveLength(2)

  await laptop.put(4, 'active')
  laptop.fails.set(4, 'dies')
  for (let life = 0; life < 2; life += 1) await expect(laptop.start()).rejects.toThrow('died')
  laptop.fails.delete(4)
  await laptop.start()
  expect(laptop.inForce()).toBe(4)
})

test('MS4 an unknown key, or a form that is gone, is no reason to leave a model', async () => {
  using laptop = device()
  await laptop.installed(1, 2)
  laptop.fails.set(2, fault('bundle.bad-signature', 'root'))
  await laptop.start()
  expect(laptop.inForce()).toBeNull() // MS2
  laptop.fails.clear()
  await laptop.start()
  expect(laptop.inForce()).toBe(2)
})

test('MS4 one score in a hundred that is no number, and three of them, is too many; and it is told at once', async () => {
  using laptop = device()
  const slots = await laptop.installed(1, 2)
  const told: unknown[] = []
  slots.left$.subscribe(report => told.push(report))
  for (let n = 0; n < 400; n += 1) expect(await laptop.note(null)).toBe(false)
  for (let n = 0; n < 4; n += 1) expect(await laptop.note(notFinite)).toBe(false)
  expect(await laptop.note(notFinite)).toBe(true)
  expect(laptop.inForce()).toBe(1)
  expect(told).toMatchObject([{ counter: 2, state: 'rolled-back', fault: notFinite }])
  // What does not fit an interview says nothing of the model.
  for (let n = 0; n < 9; n += 1) expect(await laptop.note(fault('score.input-missing', 'roof'))).toBe(false)
  // There is none before it: the form is without a score, and never without itself.
  await laptop.failsOften(3)
  expect(laptop.inForce()).toBeNull()
})

test.each(['agent.release-left', 'agent.pointer-back'])(
  'MS4 killed at %s, the next start goes on from there',
  async point => {
    using laptop = device()
    await laptop.installed(1, 2)
    await laptop.failsOften(2)
    laptop.killAt(point)
    await expect(laptop.note(notFinite)).rejects.toThrow('killed')
    laptop.killAt(null)
    await laptop.start()
    expect(laptop.inForce()).toBe(1)
    expect(laptop.slots().left()).toMatchObject([{ counter: 2, state: 'rolled-back' }])
  },
)

test.each(['card.md', 'trees.json', 'release.json'])(
  'MS7 %s is spoilt on the disk: the one before serves, nothing is said of the model, and it can be put here again',
  async name => {
    using laptop = device()
    await laptop.installed(1, 2)
    const bytes = readFileSync(laptop.pathOf(2, name))
    bytes[3]! ^= 4
    writeFileSync(laptop.pathOf(2, name), bytes)
    for (let life = 0; life < 4; life += 1) expect((await laptop.start()).isDamaged('household', 2)).toBe(true)
    expect(laptop.inForce()).toBe(1)
    expect(laptop.slots().left()).toEqual([])
    await laptop.put(2, 'active')
    expect(laptop.slots().isDamaged('household', 2)).toBe(false)
    await laptop.start()
    expect(laptop.inForce()).toBe(2)
    expect(laptop.folders()).toEqual(['1', '2'])
  },
)

test('MS6 a shadow is beside it after a restart too, and is dropped where it does not load', async () => {
  using laptop = device()
  await laptop.installed(1)
  const { files } = await laptop.put(2, 'shadow')
  expect((await laptop.start()).shadow('household')?.manifest.counter).toBe(2)
  expect(laptop.inForce()).toBe(1)
  const [file] = files
  expect(await laptop.slots().fileHere('household', file!.sha256)).not.toBeNull()
  laptop.fails.set(2, fault('bundle.vectors-failed', 'row 1'))
  expect((await laptop.start()).shadow('household')).toBeNull()
  expect(laptop.inForce()).toBe(1)
  expect(laptop.folders()).toEqual(['1'])
})
