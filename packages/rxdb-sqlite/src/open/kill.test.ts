import { describe, expect, test } from 'vitest'

import { spawnWriter } from '../testing/spawn.ts'
import { temporaryStore } from '../testing/temporary-store.ts'
import { idsOf, open } from '../testing/visit-steps.ts'

const ROUNDS = 5

describe('a process is killed while it writes', () => {
  test('O4 no acknowledged document is lost, none is there twice, and the next start has no lock in its way', async () => {
    using store = temporaryStore()
    store.handle.close()
    const acknowledged: string[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const writer = spawnWriter(store.path, round * 100_000, 100_000)
      await writer.heard(40 + round * 13)
      acknowledged.push(...(await writer.kill()))
    }
    const reopened = store.tryOpen({ verify: true })
    if (!reopened.ok) throw new Error(reopened.error.detail)
    store.handle = reopened.value
    const instance = await open(store)
    const found = idsOf((await instance.getChangedDocumentsSince!(1_000_000)).documents)
    expect(acknowledged.length).toBeGreaterThan(ROUNDS * 40)
    expect(acknowledged.filter(id => !found.includes(id))).toEqual([])
    // A write may have been on the disk before its acknowledgement was out: one a round at most.
    expect(found.length - acknowledged.length).toBeLessThanOrEqual(ROUNDS)
    expect(new Set(found).size).toBe(found.length)
  })
})
