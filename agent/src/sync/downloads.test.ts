import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { unwrap, type Sha256 } from '@murram/ground'
import { openEncrypted } from '@murram/rxdb-sqlite'
import { sha256 } from '@murram/seal'
import type { Up } from '@murram/wire'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { silentLog } from '../diagnostics/log.ts'
import { openFileParts } from '../store/file-parts.ts'
import { createDownloads, type Downloads } from './downloads.ts'
import type { Link } from './link.ts'

type Want = Extract<Up, { type: 'want' }>

/** A collector that answers by hand, in the order in which it was asked. */
function setting({ protocol = 2 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'murram-downloads-'))
  const key = randomBytes(32)
  const open = (create: boolean) => unwrap(openEncrypted({ path: join(folder, 'store.db'), key, create }))
  let handle = open(true)
  const files = new Map<Sha256, Uint8Array>()
  let nowMs = 0
  const timers = { elapsedMs: () => nowMs, after: () => () => {} }
  let downloads: Downloads
  let asked: Want[] = []
  const link = { protocol, send: (message: Up) => void asked.push(message as Want) } as unknown as Link
  const restart = () => {
    downloads = createDownloads({ parts: openFileParts(handle, () => 0), now: () => 0, log: silentLog, timers })
  }
  restart()
  const publish = (bytes: Uint8Array): { hash: Sha256; size: number } => {
    const hash = sha256(bytes)
    files.set(hash, bytes)
    return { hash, size: bytes.length }
  }
  let bytesSent = 0
  const answer = async (count = Infinity, patch?: (want: Want) => Uint8Array | null): Promise<void> => {
    for (let i = 0; i < count; i += 1) {
      const want = asked.shift()
      if (want === undefined) return
      const made = want.from === undefined ? null : (patch?.(want) ?? null)
      if (made !== null && want.from !== undefined) {
        const { hash, size } = publish(made)
        await downloads.onPatch({
          type: 'patch',
          sha256: want.sha256,
          from: want.from,
          patch: { sha256: hash, sizeBytes: size },
        })
        for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
        continue
      }
      const whole = files.get(want.sha256) ?? new Uint8Array()
      const bytes = whole.subarray(want.offset, want.offset + want.length)
      bytesSent += bytes.length
      nowMs += bytes.length / 4 // 32 kbit/s
      await downloads.onChunk({
        type: 'chunk',
        sha256: want.sha256,
        offset: want.offset,
        totalBytes: whole.length,
        bytes,
      })
    }
  }
  return {
    downloads: () => downloads,
    publish,
    answer,
    asked: () => asked,
    bytesSent: () => bytesSent,
    up: () => downloads.onLinkUp(link),
    setFull: (full: boolean) => {
      const pages = full ? Number(handle.connection.pragma('page_count', { simple: true })) : 1_000_000
      handle.connection.pragma(`max_page_count = ${pages}`)
    },
    cut: () => {
      asked = []
      downloads.onLinkDown()
    },
    restart: () => {
      downloads.giveUp()
      asked = []
      handle.close()
      handle = open(false)
      restart()
    },
    [Symbol.dispose]: () => {
      handle.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const bytesOf = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 * seed + seed) & 255)

test('DL1 a form that is asked for while a model comes down overtakes it, and the model goes on where it was', async () => {
  using here = setting()
  const model = here.publish(bytesOf(400_000))
  const form = here.publish(bytesOf(9_000, 3))
  await here.up()
  const slow = here.downloads().fetch(model.hash, model.size, { use: 'model' })
  await Promise.resolve()
  await here.answer(20)
  const quick = here.downloads().fetch(form.hash, form.size, { use: 'form' })
  await Promise.resolve()
  const before = here.bytesSent()
  let isHere = false
  void quick.then(() => (isHere = true))
  while (!isHere) await here.answer(1)
  // What had been asked of the model came first; no more.
  expect(here.bytesSent() - before).toBeLessThan(9_000 + 6_000)
  expect(unwrap(await quick)).toEqual(bytesOf(9_000, 3))
  await here.answer()
  expect(unwrap(await slow)).toEqual(bytesOf(400_000))
  expect(here.bytesSent()).toBe(409_000)
})

test('DL2 several files, cuts and restarts at any moment: each comes whole, and what was stored is not sent again', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.nat(6), fc.constantFrom('cut' as const, 'restart' as const)), { maxLength: 20 }),
      async steps => {
        using here = setting()
        const files = [bytesOf(70_000), bytesOf(3_000, 5), bytesOf(150_000, 7)].map(bytes => ({
          ...here.publish(bytes),
          bytes,
        }))
        const uses = ['snapshot', 'form', 'model'] as const
        const ask = () =>
          files.map(({ hash, size }, i) => here.downloads().fetch(hash, size, { use: uses[i] ?? 'model' }))
        await here.up()
        let coming = ask()
        await Promise.resolve()
        let restarts = 0
        for (const step of steps) {
          if (typeof step === 'number') await here.answer(step)
          else if (step === 'cut') {
            here.cut()
            await here.up()
          } else {
            restarts += 1
            here.restart()
            await here.up()
            coming = ask()
            await Promise.resolve()
          }
        }
        await here.answer()
        const got = await Promise.all(coming)
        expect(got.map(file => unwrap(file))).toEqual(files.map(({ bytes }) => bytes))
        expect(restarts > 0 || here.bytesSent() === 223_000).toBe(true)
      },
    ),
    { seed: 4, numRuns: 25 },
  )
})

test('DL3 a patch makes the new file of the older one; a damaged one, or one of another file, costs a detour and nothing else', async () => {
  const older = new Uint8Array(randomBytes(60_000))
  const newer = Uint8Array.from(older)
  newer.set([1, 2, 3], 30_000)
  const good = () => new Uint8Array(zstdCompressSync(newer, { dictionary: older }))
  const answers: [name: string, (want: Want) => Uint8Array | null, maxBytes: number][] = [
    ['good', good, 2_000],
    ['none', () => null, 62_000],
    ['damaged', () => good().map((byte, i) => (i === 9 ? byte ^ 255 : byte)), 64_000],
    ['of another', () => new Uint8Array(zstdCompressSync(older, { dictionary: newer })), 64_000],
  ]
  for (const [name, patch, maxBytes] of answers) {
    using here = setting()
    const file = here.publish(newer)
    await here.up()
    const read = async () => older
    const coming = here.downloads().fetch(file.hash, file.size, { use: 'form', older: { sha256: sha256(older), read } })
    let isHere = false
    void coming.then(() => (isHere = true))
    for (let turn = 0; turn < 500 && !isHere; turn += 1) {
      await here.answer(1, patch)
      await new Promise(resolve => void setTimeout(resolve, 1))
    }
    expect([name, unwrap(await coming)]).toEqual([name, newer])
    expect([name, here.bytesSent() < maxBytes]).toEqual([name, true])
  }
})

test('a collector of version 1 is asked as it knows it', async () => {
  using here = setting({ protocol: 1 })
  const file = here.publish(bytesOf(5_000))
  await here.up()
  const read = async () => bytesOf(5_000)
  const coming = here.downloads().fetch(file.hash, file.size, { use: 'form', older: { sha256: file.hash, read } })
  await Promise.resolve()
  expect(here.asked().every(want => want.use === undefined && want.from === undefined)).toBe(true)
  await here.answer()
  expect(unwrap(await coming)).toEqual(bytesOf(5_000))
})

test('DL4 a disk that is full as the last piece comes holds a file up, and no longer than it is full', async () => {
  using here = setting()
  const file = here.publish(randomBytes(20_000))
  await here.up()
  const whole = here.downloads().fetch(file.hash, file.size)
  here.setFull(true)
  await expect(here.answer()).rejects.toThrow('full')
  here.cut()
  await expect(here.up()).rejects.toThrow('full')
  here.cut()
  here.setFull(false)
  await here.up()
  await here.answer()
  expect(sha256(unwrap(await whole))).toBe(file.hash)
})

test('a file that two ask for comes once', async () => {
  using here = setting()
  const file = here.publish(bytesOf(3_000))
  await here.up()
  const both = [1, 2].map(() => here.downloads().fetch(file.hash, file.size))
  await here.answer()
  for (const one of await Promise.all(both)) expect(unwrap(one)).toEqual(bytesOf(3_000))
  expect(here.bytesSent()).toBe(3_000)
})
