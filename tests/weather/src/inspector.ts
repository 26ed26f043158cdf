/** Looks at what the collectors say, against what their database holds at that moment. */
import type { DeviceId, Sha256, StoreId } from '@murram/ground'
import { sha256 } from '@murram/seal'
import type { AckResult, Have } from '@murram/wire'
import type { FakeState, StoreMarks } from './fake-state.ts'
import { inboxKey } from './fake-state.ts'
import type { VirtualTime } from './virtual-time.ts'
import type { Watch } from './watch.ts'

/** What another process is told of a revocation takes a moment. */
const TOLD_WITHIN_MS = 2_000

export interface Inspector {
  readonly onAck: (storeId: StoreId, ack: StoreMarks & { readonly results: readonly AckResult[] }) => void
  /** What it was told of a file that it sends. */
  readonly onHave: (deviceId: DeviceId, hash: Sha256, have: Pick<Have, 'haveBytes' | 'complete'>) => void
  readonly onPage: (deviceId: DeviceId) => void
  readonly onRevoked: (deviceId: DeviceId) => void
}

export function createInspector({
  time,
  watch,
  state,
}: {
  readonly time: VirtualTime
  readonly watch: Watch
  readonly state: () => FakeState
}): Inspector {
  const revokedAtMs = new Map<DeviceId, number>()
  return {
    onRevoked: deviceId => void revokedAtMs.set(deviceId, time.nowMs()),
    onPage: deviceId => {
      const atMs = revokedAtMs.get(deviceId)
      if (atMs !== undefined && time.nowMs() > atMs + TOLD_WITHIN_MS)
        watch.broke('nothing revoked reads on', `${deviceId.slice(0, 4)} was served a page`)
    },
    onHave: (deviceId, hash, { haveBytes, complete }) => {
      const { files, uploads } = state()
      const whole = files.get(hash)
      const isHere = whole !== undefined && sha256(whole) === hash
      const stored = uploads.get(`${deviceId} ${hash}`)?.haveBytes ?? 0
      const what = `${haveBytes} of ${hash.slice(0, 4)}`
      if (complete && !isHere) watch.broke('what is said to be here is here, and has its hash', what)
      else if (!complete && haveBytes > stored) watch.broke('no more is said to be here than is', `${what}, ${stored}`)
    },
    onAck: (storeId, { results, durableUpto, safeUpto }) => {
      const now = state()
      for (const { n, instanceId, result } of results) {
        if (result === 'refused' || result === 'forked') continue
        const row = now.inbox.get(inboxKey(storeId, n))
        if (row?.submission.instanceId !== instanceId)
          watch.broke('an ack says no more than is stored', `${result} ${n} of ${storeId.slice(0, 4)}`)
      }
      for (let n = durableUpto; n > 0; n -= 1)
        if (!now.inbox.has(inboxKey(storeId, n))) {
          watch.broke('durableUpto passes nothing that is missing', `${durableUpto} of ${storeId.slice(0, 4)}, ${n}`)
          break
        }
      if (safeUpto > durableUpto) watch.broke('safeUpto is not ahead of durableUpto', `${safeUpto} > ${durableUpto}`)
    },
  }
}
