/**
 * What the fake database knows of files that were imported, and what it answers when one is made for their
 * laptop later. As the collector's `bundle-repo.ts` and `bundles-room.ts` have it.
 */
import { answerOf, refusedOf } from '@murram/collector/weather'
import type { Checkpoint, DeviceId, StoreId } from '@murram/ground'
import type { AckResult } from '@murram/wire'
import type { BrokenRule } from './broken-rules.ts'
import type { FakeState, NotedStick, StoredRow } from './fake-state.ts'

export interface FakeSticks {
  readonly note: (deviceId: DeviceId, stick: NotedStick) => Promise<void>
  /** What is told of each submission of the device by now, and from where it had read. */
  readonly answerFor: (deviceId: DeviceId) => {
    readonly storeId: StoreId | null
    readonly results: readonly AckResult[]
    readonly checkpoint: Checkpoint | null
  }
}

export interface FakeSticksDeps {
  readonly state: () => FakeState
  /** A transaction: nobody writes beside it. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
  readonly broken: BrokenRule | null
}

export function createFakeSticks({ state, alone, broken }: FakeSticksDeps): FakeSticks {
  const resultsOf = (storeId: StoreId): readonly AckResult[] =>
    [...state().inbox.values()]
      .filter(({ submission }) => submission.storeId === storeId)
      .map(row => {
        const { n, instanceId } = row.submission
        if (broken === 'calls sent in a late answer whatever is there') return { n, instanceId, result: 'duplicate' }
        return { n, instanceId, ...answerOf(countedFor(state(), row)) }
      })

  return {
    note: (deviceId, stick) =>
      alone(async () => {
        const before = state().sticks.get(deviceId)
        if (before === undefined || before.createdAtMs <= stick.createdAtMs) state().sticks.set(deviceId, stick)
      }),
    answerFor: deviceId => {
      const heard = state().sticks.get(deviceId)
      const newest = [...state().inbox.values()].findLast(({ submission }) => submission.deviceId === deviceId)
      const storeId = heard?.storeId ?? newest?.submission.storeId ?? null
      const stored = storeId === null ? [] : resultsOf(storeId)
      const results = [...stored, ...refusedOf(heard?.told ?? null, stored)].toSorted((a, b) => a.n - b.n)
      return { storeId, results, checkpoint: heard?.checkpoint ?? null }
    },
  }
}

const countedFor = (state: FakeState, row: StoredRow): StoredRow => {
  const counted = row.state === 'again' ? state.byInstance.get(row.submission.instanceId) : undefined
  return counted?.submission.digest === row.submission.digest ? counted : row
}
