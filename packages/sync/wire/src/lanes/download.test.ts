import { sha256 } from '@murram/seal'
import type { Sha256 } from '@murram/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDownload, type Download, type DownloadAction } from './download.ts'

const file = Uint8Array.from({ length: 1_000 }, (_, i) => (i * 31) & 255)
const hash = sha256(file)
const other = '0'.repeat(64) as Sha256

/** The driver's part: a part file, and the collector's answer to a want. */
function driverOf(download: Download, lie: { from?: Uint8Array; totalBytes?: number } = {}) {
  const from = lie.from ?? file
  const totalBytes = lie.totalBytes ?? from.length
  let part: number[] = []
  let misplaced = 0
  let finished = 0
  let gaveUp = 0
  let wanted: Extract<DownloadAction, { do: 'want' }> | null = null
  let bytes = new Uint8Array()
  const act = (actions: readonly DownloadAction[]): void => {
    for (const action of actions) {
      if (action.do === 'want') wanted = action
      else if (action.do === 'append') {
        if (action.offset !== part.length) misplaced += 1
        part.push(...bytes)
      } else if (action.do === 'hash') act(download.handle({ type: 'hashed', sha256: sha256(Uint8Array.from(part)) }))
      else if (action.do === 'discard') part = []
      else if (action.do === 'finish') finished += 1
      else gaveUp += 1
    }
  }
  return {
    part: () => Uint8Array.from(part),
    finished: () => finished,
    gaveUp: () => gaveUp,
    misplaced: () => misplaced,
    handle: (event: Parameters<Download['handle']>[0]) => act(download.handle(event)),
    deliver: (damage = false): void => {
      if (wanted === null) return
      const { offset, length } = wanted
      bytes = Uint8Array.from(from.subarray(offset, offset + length), b => (damage ? b ^ 1 : b))
      act(download.handle({ type: 'chunk', sha256: hash, offset, totalBytes, sizeBytes: bytes.length }))
    },
  }
}

test('C1 C3 cuts and repeated chunks cost nothing: the file comes whole, each byte once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('deliver', 'deliver', 'again', 'cut')),
      fc.integer({ min: 1, max: 400 }),
      (events, chunkBytes) => {
        const download = createDownload({ sha256: hash, sizeBytes: file.length, chunkBytes: () => chunkBytes })
        const driver = driverOf(download)
        driver.handle({ type: 'linkUp' })
        for (const event of events) {
          if (event === 'deliver') driver.deliver()
          else if (event === 'cut') {
            driver.handle({ type: 'linkDown' })
            driver.deliver() // came too late
            driver.handle({ type: 'linkUp' })
          } else {
            const offset = download.haveBytes() + 1
            driver.handle({ type: 'chunk', sha256: hash, offset, totalBytes: file.length, sizeBytes: 1 })
            driver.handle({ type: 'chunk', sha256: other, offset: download.haveBytes(), totalBytes: 5, sizeBytes: 5 })
          }
        }
        while (download.state() === 'asking') driver.deliver()
        expect([download.state(), driver.finished()]).toEqual(['done', 1])
        expect(driver.part()).toEqual(file)
      },
    ),
  )
})

test('C1 a cut costs no byte that was stored', () => {
  const download = createDownload({ sha256: hash, sizeBytes: 1_000, chunkBytes: () => 300 })
  const driver = driverOf(download)
  driver.handle({ type: 'linkUp' })
  driver.deliver()
  driver.handle({ type: 'linkDown' })
  driver.deliver() // comes too late
  expect(download.handle({ type: 'linkUp' })).toEqual([{ do: 'want', sha256: hash, offset: 300, length: 300 }])
})

test('C1 a part file from before a restart is gone on with', () => {
  const download = createDownload({ sha256: hash, sizeBytes: 1_000, haveBytes: 900, chunkBytes: () => 400 })
  expect(download.handle({ type: 'linkUp' })).toEqual([{ do: 'want', sha256: hash, offset: 900, length: 100 }])
})

test('C2 wrong bytes are refused and fetched anew, three times', () => {
  const download = createDownload({ sha256: hash, sizeBytes: 1_000, chunkBytes: () => 400 })
  const driver = driverOf(download)
  driver.handle({ type: 'linkUp' })
  for (let i = 0; i < 3; i += 1) driver.deliver(true)
  expect([download.state(), driver.part().length]).toEqual(['asking', 0])
  for (let i = 0; i < 3; i += 1) driver.deliver(i === 2)
  expect([download.state(), driver.finished(), driver.gaveUp()]).toEqual(['asking', 0, 0])
  for (let i = 0; i < 3; i += 1) driver.deliver()
  expect([download.state(), driver.finished()]).toEqual(['done', 1])
})

test('C2 a file that never has its hash is given up', () => {
  const download = createDownload({ sha256: hash, sizeBytes: 1_000, chunkBytes: () => 500 })
  const driver = driverOf(download)
  driver.handle({ type: 'linkUp' })
  for (let i = 0; i < 20; i += 1) driver.deliver(true)
  expect([download.state(), driver.finished(), driver.gaveUp(), driver.part().length]).toEqual(['givenUp', 0, 1, 0])
})

test('C2 a collector that speaks of another length, or sends nothing, is not believed for ever', () => {
  for (const lie of [{ totalBytes: 999 }, { from: new Uint8Array(0), totalBytes: 1_000 }]) {
    const download = createDownload({ sha256: hash, sizeBytes: 1_000 })
    const driver = driverOf(download, lie)
    driver.handle({ type: 'linkUp' })
    for (let i = 0; i < 9; i += 1) driver.deliver()
    expect([download.state(), driver.finished()]).toEqual(['givenUp', 0])
  }
})

test('an empty file and a part file that is too long come to their end', () => {
  const nothing = new Uint8Array(0)
  const empty = createDownload({ sha256: sha256(nothing), sizeBytes: 0 })
  const driver = driverOf(empty, { from: nothing })
  driver.handle({ type: 'linkUp' })
  expect([empty.state(), driver.finished()]).toEqual(['done', 1])
  const tooLong = createDownload({ sha256: hash, sizeBytes: 1_000, haveBytes: 2_000 })
  expect(tooLong.handle({ type: 'linkUp' })).toMatchObject([{ do: 'discard' }, { do: 'want', offset: 0 }])
})
