/** A stick at a collector: the real import on the process's rooms, and the real answer for its device, at once or later. */
import { exportBundle, importBundle, type GateNeeds } from '@murram/collector/weather'
import type { EnrolmentFile } from '@murram/agent/weather'
import type { Checkpoint, Sha256, StoreId } from '@murram/ground'
import type { AckResult, Hello } from '@murram/wire'
import type { CollectorBase } from './collector-base.ts'
import { readStick, writeStick, type Stick } from './stick.ts'

export type StickKeys = Parameters<typeof importBundle>[0]['keys']

export interface CollectorStickDeps {
  readonly keys: StickKeys
  readonly needs: GateNeeds
  readonly base: Pick<CollectorBase, 'sticks' | 'epoch'>
  /** The process may die here. */
  readonly at: (place: string) => void
}

/** @returns What goes back; `null`: it was refused. */
export async function takeStick(deps: CollectorStickDeps, stick: Stick): Promise<Stick | null> {
  const { keys, needs, base, at } = deps
  const taken = await importBundle(
    {
      keys,
      needs,
      isKnown: async () => false,
      note: async ({ deviceId, storeId, createdAtMs, checkpoint }, told) => {
        at('a stick noted')
        if (storeId !== null) await base.sticks.note(deviceId, { storeId, createdAtMs, checkpoint, told })
      },
      keepAside: async () => 'f'.repeat(64) as Sha256,
    },
    readStick(stick),
  )
  if (!taken.ok) return null
  const { header, admitted, results } = taken.value
  const sorted = results.toSorted((a, b) => a.n - b.n)
  return answerTo(deps, { device: admitted, storeId: header.storeId, results: sorted, pagesFrom: header.checkpoint })
}

/** For who is not there: made of what is here now. */
export async function giveBack(
  deps: CollectorStickDeps,
  { certificate }: EnrolmentFile,
  isFull: boolean,
): Promise<Stick | null> {
  const { needs, base } = deps
  const hello = { deviceId: certificate.body.deviceId, certificate } as Hello
  const device = await needs.admit(hello)
  if (!device.ok) return null
  const { storeId, results, checkpoint } = base.sticks.answerFor(certificate.body.deviceId)
  const pagesFrom = isFull || checkpoint === null ? { epoch: base.epoch(), number: 0 } : checkpoint
  return answerTo(deps, { device: device.value, storeId, results, pagesFrom })
}

interface Answer {
  readonly device: Parameters<typeof exportBundle>[1]['device']
  readonly storeId: StoreId | null
  readonly results: readonly AckResult[]
  readonly pagesFrom: Checkpoint
}

async function answerTo({ keys, needs }: CollectorStickDeps, answer: Answer): Promise<Stick | null> {
  const trust = { rootsFrom: () => ({ roots: [], freshness: null }) }
  const made = await exportBundle({ keys, needs, trust }, { ...answer, protocol: 3 })
  return made.ok ? writeStick(made.value.bytes) : null
}
