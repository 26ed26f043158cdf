/** A stick at a collector: the real import on the process's rooms, and the real answer for its device. */
import { exportBundle, importBundle, type GateNeeds } from '@murram/collector/weather'
import type { Sha256 } from '@murram/ground'
import { readStick, writeStick, type Stick } from './stick.ts'

export type StickKeys = Parameters<typeof importBundle>[0]['keys']

export interface CollectorStickDeps {
  readonly keys: StickKeys
  readonly needs: GateNeeds
  /** The process may die here. */
  readonly at: (place: string) => void
}

/** @returns What goes back; `null`: it was refused. */
export async function takeStick({ keys, needs, at }: CollectorStickDeps, stick: Stick): Promise<Stick | null> {
  const taken = await importBundle(
    {
      keys,
      needs,
      isKnown: async () => false,
      note: async () => at('a stick noted'),
      keepAside: async () => 'f'.repeat(64) as Sha256,
    },
    readStick(stick),
  )
  if (!taken.ok) return null
  const { header, admitted, results } = taken.value
  const trust = { rootsFrom: () => ({ roots: [], freshness: null }) }
  const answer = await exportBundle(
    { keys, needs, trust },
    {
      device: admitted,
      protocol: 3,
      storeId: header.storeId,
      results: results.toSorted((a, b) => a.n - b.n),
      pagesFrom: header.checkpoint,
    },
  )
  return answer.ok ? writeStick(answer.value.bytes) : null
}
