/** What the centre is told of one file that it imported. */
import type { DeviceId, Fault, InstanceId } from '@murram/ground'
import type { AckResult } from '@murram/wire'

export interface Imported {
  readonly bundleId: string
  readonly deviceId: DeviceId
  readonly officer: string
  readonly createdAtMs: number
  /** The same file was imported before; what it held is here once. */
  readonly before: boolean
  /** How many submissions got each result. */
  readonly results: Readonly<Partial<Record<AckResult['result'], number>>>
  /** Held and refused ones, with the reason: at most a hundred are listed. */
  readonly notFolded: readonly { readonly n: number; readonly instanceId: InstanceId; readonly fault: Fault | null }[]
  /** First and last number of each run that the head names and the file did not give. */
  readonly missing: readonly (readonly [number, number])[]
  /** Kept as they came, since no frame carries them: for a person to look at. */
  readonly aside: readonly { readonly n: number; readonly sha256: string; readonly sizeBytes: number }[]
  readonly attachments: number
  /** What does not read. */
  readonly faults: readonly Fault[]
}

/** What the inbox does not hold, because its form was never published here: the device is told why. */
export const refusedOf = (
  told: Pick<Imported, 'notFolded'> | null,
  stored: readonly AckResult[],
): readonly AckResult[] => {
  const here = new Set(stored.map(({ instanceId }) => instanceId))
  return (told?.notFolded ?? []).flatMap(({ n, instanceId, fault: reason }) =>
    reason === null || here.has(instanceId) ? [] : [{ n, instanceId, result: 'refused' as const, fault: reason }],
  )
}
