import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'

import { describe, expect, test } from 'vitest'

import { otherKey, temporaryStore, type TemporaryStore, testKey } from '../testing/temporary-store.ts'
import { insert, open } from '../testing/visit-steps.ts'
import { salvage, type Salvaged, type SalvagedRow } from './salvage.ts'
import type { StoreResult } from './store-fault.ts'

const PAGE = 8192
const VISITS = 400
const noteOf = (i: number): string => `note ${i} `.repeat(60)

async function filled(store: TemporaryStore): Promise<Buffer> {
  const { connection } = store.handle
  connection.exec('CREATE TABLE outbox (n INTEGER PRIMARY KEY AUTOINCREMENT, payload BLOB NOT NULL)')
  const queue = connection.prepare('INSERT INTO outbox (payload) VALUES (?)')
  await insert(
    await open(store),
    ...Array.from({ length: VISITS }, (_, i) => ({ id: `visit-${i}`, age: i, note: noteOf(i) })),
  )
  for (let i = 0; i < 50; i += 1) queue.run(Buffer.from(`payload ${i}`))
  store.handle.close()
  return readFileSync(store.path)
}

function salvageAll(store: TemporaryStore, key = testKey): { result: StoreResult<Salvaged>; rows: SalvagedRow[] } {
  const rows: SalvagedRow[] = []
  return { result: salvage({ path: store.path, key, take: row => rows.push(row) }), rows }
}

const visitsIn = (rows: readonly SalvagedRow[]) =>
  rows.flatMap(row => (row.kind === 'document' && row.collection === 'visits' ? [row.document] : []))
const payloadsIn = (rows: readonly SalvagedRow[]) =>
  rows.flatMap(row => (row.kind === 'row' && row.table === 'outbox' ? [String(row.row['payload'])] : []))

describe('salvage', () => {
  test('of a whole store everything comes, documents by collection and the rows of the host', async () => {
    using store = temporaryStore()
    await filled(store)
    const { result, rows } = salvageAll(store)
    expect(result).toEqual({ ok: true, value: { rows: VISITS + 50, gaps: 0 } })
    expect(visitsIn(rows).map(({ id }) => id)).toEqual(Array.from({ length: VISITS }, (_, i) => `visit-${i}`))
    expect(payloadsIn(rows)).toHaveLength(50)
  })

  test('V1 V2 of a store with damaged pages the rest comes, true to what was written, and the store stays as it is', async () => {
    using store = temporaryStore()
    const bytes = await filled(store)
    const pages = bytes.length / PAGE
    let best = 0
    for (let page = 2; page < pages - 1; page += 5) {
      const damaged = Buffer.from(bytes)
      damaged[page * PAGE + 4000]! ^= 1
      damaged[(page + 1) * PAGE + 10]! ^= 1
      writeFileSync(store.path, damaged)
      const { result, rows } = salvageAll(store)
      expect(result.ok).toBe(true)
      for (const { id, age, note } of visitsIn(rows))
        expect([id, note]).toEqual([`visit-${Number(age)}`, noteOf(Number(age))])
      expect(readFileSync(store.path).equals(damaged)).toBe(true)
      if (result.ok && result.value.gaps > 0) best = Math.max(best, visitsIn(rows).length)
    }
    // Two leaves of a tree hold some twenty documents.
    expect(best).toBeGreaterThan(VISITS - 40)
    expect(readdirSync(store.directory).filter(name => name.includes('salvage'))).toEqual([])
  })

  test('V6 whichever single page is spoilt but the first, documents come by their collection, and the loss is counted', async () => {
    using store = temporaryStore()
    const bytes = await filled(store)
    for (let page = 1; page < Math.min(bytes.length / PAGE, 12); page += 1) {
      const damaged = Buffer.from(bytes)
      damaged[page * PAGE + 4000]! ^= 1
      writeFileSync(store.path, damaged)
      const { result, rows } = salvageAll(store)
      const gaps = result.ok ? result.value.gaps : 0
      const isWhole = visitsIn(rows).length === VISITS && payloadsIn(rows).length === 50
      expect(isWhole || gaps > 0, `page ${page + 1}`).toBe(true)
      expect(
        rows.filter(row => row.kind === 'row' && /^rx_\d+_\d+$/.test(row.table)),
        `page ${page + 1}`,
      ).toEqual([])
    }
  })

  test('of a store that was cut off comes what is left', async () => {
    using store = temporaryStore()
    const bytes = await filled(store)
    truncateSync(store.path, Math.floor(bytes.length / PAGE / 2) * PAGE)
    const { result, rows } = salvageAll(store)
    expect(result.ok).toBe(true)
    expect(visitsIn(rows).length).toBeGreaterThan(VISITS / 4)
    expect(visitsIn(rows).length).toBeLessThan(VISITS)
  })

  test('V4 a table without row numbers is passed over, and the others come', async () => {
    using store = temporaryStore()
    store.handle.connection.exec('CREATE TABLE by_name (name TEXT PRIMARY KEY, seq INTEGER) STRICT, WITHOUT ROWID')
    store.handle.connection.exec(`INSERT INTO by_name VALUES ('a', 1)`)
    await filled(store)
    const { result, rows } = salvageAll(store)
    expect(result).toMatchObject({ ok: true, value: { gaps: 0 } })
    expect(payloadsIn(rows)).toHaveLength(50)
  })

  test('V3 without the first page there is nothing to read, and with another key nothing to see', async () => {
    using store = temporaryStore()
    const bytes = await filled(store)
    expect(salvageAll(store, otherKey)).toMatchObject({ result: { error: { fault: 'store.wrong-key' } }, rows: [] })
    bytes[200]! ^= 1
    writeFileSync(store.path, bytes)
    expect(salvageAll(store)).toMatchObject({ result: { error: { fault: 'store.damaged' } }, rows: [] })
  })
})
