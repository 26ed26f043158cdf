import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap, type FormId, type Sha256 } from '@murram/ground'
import { openEncrypted } from '@murram/rxdb-sqlite'
import { sha256 } from '@murram/seal'
import type { FormBody } from '@murram/wire'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openListStore } from './list-store.ts'

function temporary() {
  const folder = mkdtempSync(join(tmpdir(), 'murram-lists-'))
  const handle = unwrap(openEncrypted({ path: join(folder, 'store.db'), key: randomBytes(32), create: true }))
  return {
    store: openListStore(handle),
    count: (): number =>
      handle.connection.prepare<[], { n: number }>('SELECT count(DISTINCT sha256) AS n FROM list_chunk').get()?.n ?? 0,
    [Symbol.dispose]: () => {
      handle.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const bytesOf = (content: number): Uint8Array => new TextEncoder().encode(`row ${content}\n`.repeat(content * 3_000))
const hashes = [0, 1, 2, 3, 4].map(content => sha256(bytesOf(content)))
const formOf = (version: string, lists: Readonly<Record<string, number>>): FormBody => ({
  formId: 'visit' as FormId,
  version,
  title: 'Visit',
  sha256: 'a'.repeat(64) as Sha256,
  sizeBytes: 1,
  state: 'published',
  lists: Object.entries(lists).map(([name, content]) => ({
    name,
    sha256: hashes[content] as Sha256,
    sizeBytes: bytesOf(content).length,
  })),
})

test('LS1 what is kept reads back, of no bytes or of many; what has another hash is not kept', () => {
  using here = temporary()
  const form = formOf('1', { 'a.csv': 0, 'b.csv': 4 })
  for (const content of [0, 4]) {
    const hash = hashes[content] as Sha256
    expect(here.store.put(hash, bytesOf(content))).toBe(true)
    here.store.settle([form])
    expect(here.store.has(hash)).toBe(true)
    expect(here.store.read(hash)).toEqual(bytesOf(content))
  }
  expect(here.store.put(hashes[1] as Sha256, bytesOf(2))).toBe(false)
  expect(here.store.has(hashes[1] as Sha256)).toBe(false)
})

test('LS3 what an interview was begun with stays until that is done with', () => {
  using here = temporary()
  const [first, second] = [hashes[1] as Sha256, hashes[2] as Sha256]
  here.store.put(first, bytesOf(1))
  here.store.settle([formOf('1', { 'a.csv': 1 })])
  here.store.pin('one', [first])
  here.store.pin('one', [first])
  here.store.put(second, bytesOf(2))
  here.store.settle([formOf('1', { 'a.csv': 2 })])
  expect([here.store.has(first), here.store.has(second)]).toEqual([true, true])
  expect(here.store.pinned()).toEqual(['one'])
  here.store.unpin('one')
  here.store.settle([formOf('1', { 'a.csv': 2 })])
  expect([here.store.has(first), here.store.has(second)]).toEqual([false, true])
})

const anyLists = fc.dictionary(fc.constantFrom('a.csv', 'b.csv'), fc.nat(4), { maxKeys: 2, noNullPrototype: true })
const anyStep = fc.oneof(
  fc.record({ arrives: fc.nat(4) }),
  fc.record({ told: fc.dictionary(fc.constantFrom('1', '2'), anyLists, { maxKeys: 2, noNullPrototype: true }) }),
)

test('LS2 LS3 whatever is told and arrives in whatever order: the newest that is here is used, and nothing else is kept', () => {
  using here = temporary()
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 20 }), steps => {
      here.store.settle([])
      expect(here.count()).toBe(0)
      let forms: readonly FormBody[] = []
      let model = new Map<string, Sha256>()
      for (const step of steps) {
        if ('told' in step) forms = Object.entries(step.told).map(([version, lists]) => formOf(version, lists))
        else here.store.put(hashes[step.arrives] as Sha256, bytesOf(step.arrives))
        const before = model
        const present = (hash: Sha256): boolean =>
          [...before.values()].includes(hash) || ('arrives' in step && hashes[step.arrives] === hash)
        model = new Map(
          forms.flatMap(({ version, lists = [] }) =>
            lists.flatMap(({ name, sha256: hash }) => {
              const used = present(hash) ? hash : before.get(`${version} ${name}`)
              return used === undefined ? [] : [[`${version} ${name}`, used] as const]
            }),
          ),
        )
        here.store.settle(forms)
        const inUse = ['1', '2'].flatMap(version =>
          [...here.store.inUse({ formId: 'visit' as FormId, version })].map(
            ([name, hash]) => [`${version} ${name}`, hash] as const,
          ),
        )
        expect(new Map(inUse)).toEqual(model)
        expect(here.count()).toBe(new Set(model.values()).size)
      }
    }),
    { seed: 4, numRuns: 60 },
  )
})
