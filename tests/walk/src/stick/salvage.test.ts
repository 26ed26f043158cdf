/**
 * A store with damaged pages: what is readable becomes a sealed copy, and that a laptop again.
 *
 *   SA1 the damaged store stays as it was, and whatever was read of it reaches the centre, each once
 *   SA2 wherever the damage is, the store opens or is refused as damaged; and salvage that lost something says so
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openHeadless, restoreCopy, salvageStore } from '@murram/agent'
import { unwrap } from '@murram/ground'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLaptop, openStickHouse, save, type StickHouse } from './stick-house.ts'

let house: StickHouse
beforeAll(async () => {
  house = await openStickHouse('salvage')
})
afterAll(() => house.close())

const PAGE_BYTES = 8_192

test('SA1 pages of a store are spoilt; the rest is salvaged, restored and sent', async () => {
  const laptop = await house.laptop('Tendo')
  for (let i = 0; i < 60; i += 1) await save(laptop.agent, `t-${String(i).padStart(2, '0')}`)
  await laptop.agent.close()
  const path = join(laptop.dataDir, 'store.sqlite')
  const bytes = readFileSync(path)
  const pages = Math.floor(bytes.length / PAGE_BYTES)
  // Somewhere in the second half: pages of rows, not the catalogue.
  for (const page of [Math.floor(pages * 0.6), Math.floor(pages * 0.8)])
    bytes.fill(0x5a, page * PAGE_BYTES + 100, page * PAGE_BYTES + 600)
  writeFileSync(path, bytes)
  const before = createHash('sha256').update(bytes).digest('hex')
  const key = { kind: 'key-file', path: laptop.keyPath } as const
  const told = unwrap(await salvageStore({ dataDir: laptop.dataDir, key, to: house.stick, now: Date.now }))
  expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(before)
  expect(told.submissions).toBeGreaterThan(20)
  expect(readFileSync(told.path).includes('t-0')).toBe(false)

  const dataDir = join(house.folder, 'tendo-again')
  unwrap(
    await restoreCopy({
      from: told.path,
      dataDir,
      opener: key,
      key: { kind: 'key-file', path: join(house.folder, 'tendo.key') },
      now: Date.now,
    }),
  )
  await using again = await openLaptop(dataDir, join(house.folder, 'tendo.key'))
  unwrap(await again.agent.sync.syncOnce())
  const names = (await house.names()).filter(name => name.startsWith('t-'))
  expect(names.length).toBeGreaterThanOrEqual(told.submissions)
  expect(new Set(names).size).toBe(names.length)
  expect(again.agent.queue.summary()).toMatchObject({ waiting: 0, refused: 0 })
})

test('SA2 a spoilt page is a damaged store in words, and is counted by salvage, wherever it lies', async () => {
  const laptop = await house.laptop('Uma')
  await save(laptop.agent, 'u-0')
  await laptop.agent.close()
  const key = { kind: 'key-file', path: laptop.keyPath } as const
  const path = join(laptop.dataDir, 'store.sqlite')
  const whole = readFileSync(path)
  const pages = Math.floor(whole.length / PAGE_BYTES)
  const asked = { dataDir: laptop.dataDir, key, allowDemo: true }
  let refused = 0
  for (let page = 2; page < pages; page += Math.ceil(pages / 40)) {
    const bytes = Buffer.from(whole)
    bytes.fill(0x5a, page * PAGE_BYTES + 100, page * PAGE_BYTES + 600)
    writeFileSync(path, bytes)
    const opened = await openHeadless(asked)
    if (opened.ok) await opened.value.close()
    else {
      expect(opened.error.fault, `page ${page}`).toBe('store.damaged')
      refused += 1
    }
    writeFileSync(path, bytes)
    const told = await salvageStore({ dataDir: laptop.dataDir, key, to: house.stick, now: Date.now })
    if (!told.ok) expect(told.error.fault, `page ${page}`).toBe('store.damaged')
    else if (told.value.submissions === 0) expect(told.value.gaps, `page ${page}`).toBeGreaterThan(0)
  }
  expect(refused).toBeGreaterThan(0)
})
