/** Snapshots that are left, follow one another, or are overtaken by a file of the centre: no row is skipped, none stays. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { err, fault, ok, unwrap, type Result, type Sha256 } from '@murram/ground'
import { openEncrypted } from '@murram/rxdb-sqlite'
import { sha256 } from '@murram/seal'
import { encodeBlock, encodeManifest, pageChecksum, type FeedRow, type Up, type Welcome } from '@murram/wire'
import { afterAll, expect, test } from 'vitest'
import { silentLog } from '../diagnostics/log.ts'
import { createMirror } from '../store/mirror.ts'
import { openBareStore } from '../test-house/bare-store.ts'
import { createFirstSync } from './first-sync.ts'
import type { Link } from './link.ts'

const folder = mkdtempSync(join(tmpdir(), 'murram-first-sync-'))
afterAll(() => rmSync(folder, { recursive: true }))

const rowOf = (number: number, name: string, title = 'A form'): FeedRow => ({
  number,
  kind: 'form',
  key: `${name}/1`,
  body: { formId: name, version: '1', title, sha256: '0'.repeat(64), sizeBytes: 1, state: 'withdrawn' },
})

/** A snapshot of these blocks, and what the centre says of it. */
function snapshotOf(epoch: number, number: number, ...rows: readonly (readonly FeedRow[])[]) {
  const files = rows.map(encodeBlock)
  const blocks = files.map((file, i) => ({ sha256: sha256(file), sizeBytes: file.length, rows: rows[i]?.length ?? 0 }))
  const manifest = encodeManifest({ epoch, number, view: '', rows: rows.flat().length, blocks })
  const offer = { sha256: sha256(manifest), sizeBytes: manifest.length, number }
  return { epoch, offer, files: [manifest, ...files] }
}

async function openLaptop(name: string) {
  const opened = unwrap(openEncrypted({ path: join(folder, name), key: new Uint8Array(32), create: true }))
  const store = await openBareStore({
    connection: opened.connection,
    around: (_, write) => write(),
    inTransaction: () => {},
  })
  const mirror = createMirror(store)
  const waiting = new Map<Sha256, (file: Result<Uint8Array>) => void>()
  const firstSync = createFirstSync({
    mirror,
    values: store.values,
    downloads: { fetch: hash => new Promise(resolve => void waiting.set(hash, resolve)) },
    onRows: () => {},
    log: silentLog,
  })
  const ends: string[] = []
  /** Nothing is for this device by name. */
  const link = {
    protocol: 3,
    send: (message: Up) => {
      if (message.type !== 'pull') return
      const { epoch, number: from } = message.from
      const to = message.namedUpto ?? from
      const page = { type: 'page', epoch, from, to, rows: [], checksum: pageChecksum([]), more: false } as const
      queueMicrotask(() => void firstSync.onPage(page, link))
    },
  } as unknown as Link
  const rest = () => new Promise(resolve => setTimeout(resolve, 20))
  const settle = async (hash: Sha256, file: Result<Uint8Array>): Promise<void> => {
    waiting.get(hash)?.(file)
    waiting.delete(hash)
    await rest()
  }
  return {
    mirror,
    firstSync,
    ends,
    welcome: async ({ epoch, offer }: Pick<ReturnType<typeof snapshotOf>, 'epoch' | 'offer'>) => {
      const welcome = { epoch, more: { view: '', snapshot: offer } } as unknown as Welcome
      await firstSync.onWelcome(welcome, link, async () => void ends.push(`epoch ${epoch}`))
      await rest()
    },
    cut: () => firstSync.onLinkDown(),
    give: (file: Uint8Array | undefined) => settle(sha256(file ?? new Uint8Array()), ok(file ?? new Uint8Array())),
    lose: (file: Uint8Array | undefined) =>
      settle(sha256(file ?? new Uint8Array()), err(fault('http.not-found', 'it is gone'))),
    page: async (epoch: number, rows: readonly FeedRow[], number: number) =>
      mirror.applyPage(rows, { epoch, number }, true),
    shown: async () =>
      (await mirror.all('form')).map(({ number, body }) => `${number} ${body.formId} ${body.title}`).toSorted(),
    [Symbol.asyncDispose]: async () => opened.close(),
  }
}

test('FS4 what half a snapshot brought, and was removed since, goes when another has been read', async () => {
  await using laptop = await openLaptop('left')
  const former = snapshotOf(1, 3, [rowOf(1, 'old')], [rowOf(3, 'here')])
  const next = snapshotOf(1, 9, [rowOf(3, 'here')])
  await laptop.welcome(former)
  await laptop.give(former.files[0])
  await laptop.give(former.files[1])
  await laptop.lose(former.files[2])
  expect([await laptop.shown(), laptop.ends]).toEqual([['1 old A form'], ['epoch 1']])
  laptop.cut()
  await laptop.welcome(next)
  for (const file of next.files) await laptop.give(file)
  await laptop.page(1, [], 9)
  expect(await laptop.shown()).toEqual(['3 here A form'])
})

test('FS5 a block that was asked for in a former epoch is not taken for one of the next', async () => {
  await using laptop = await openLaptop('restored')
  const former = snapshotOf(1, 4, [rowOf(1, 'one', 'former')], [rowOf(4, 'four', 'former')])
  const next = snapshotOf(2, 2, [rowOf(1, 'one', 'next')], [rowOf(2, 'two', 'next')])
  await laptop.welcome(former)
  await laptop.give(former.files[0])
  laptop.cut()
  await laptop.welcome(next)
  await laptop.give(former.files[1])
  expect(await laptop.shown()).toEqual([])
  for (const file of next.files) await laptop.give(file)
  await laptop.page(2, [], 2)
  expect([await laptop.shown(), laptop.ends]).toEqual([['1 one next', '2 two next'], ['epoch 2']])
})

test('FS6 a file of the centre that came between two blocks ends the snapshot: no older row stands behind the checkpoint', async () => {
  await using laptop = await openLaptop('overtaken')
  const snapshot = snapshotOf(1, 9, [rowOf(1, 'one'), rowOf(8, 'eight', 'newer')], [rowOf(9, 'nine')])
  await laptop.welcome(snapshot)
  await laptop.give(snapshot.files[0])
  await laptop.give(snapshot.files[1])
  await laptop.page(1, [rowOf(1, 'one'), rowOf(5, 'eight', 'older')], 7)
  await laptop.give(snapshot.files[2])
  expect(await laptop.shown()).toEqual(['1 one A form', '5 eight older'])
  expect([await laptop.mirror.checkpoint(), laptop.ends]).toEqual([{ epoch: 1, number: 7 }, ['epoch 1']])
})

test('forms that a snapshot brings are told, once: what was refused for want of them goes now', async () => {
  await using laptop = await openLaptop('forms')
  const snapshot = snapshotOf(1, 1, [rowOf(1, 'one')])
  await laptop.welcome(snapshot)
  for (const file of snapshot.files) await laptop.give(file)
  expect([laptop.firstSync.tookForms(), laptop.firstSync.tookForms()]).toEqual([true, false])
})
