/** By which way the release in force came: over the link, or as a file. Kept with the store; of earlier builds nothing is known. */
import type { Manifest } from '@murram/score'
import type { DeviceValues } from '../store/device-values.ts'

export type ReleaseChannel = 'line' | 'stick'

export interface ReleaseChannels {
  readonly note: (manifest: Pick<Manifest, 'modelName' | 'releaseId'>, channel: ReleaseChannel) => void
  readonly of: (manifest: Pick<Manifest, 'modelName' | 'releaseId'>) => ReleaseChannel | null
}

export function createReleaseChannels(values: DeviceValues): ReleaseChannels {
  const name = (modelName: string): string => `model.channel.${modelName}`
  return {
    note: ({ modelName, releaseId }, channel) => values.set(name(modelName), `${channel} ${releaseId}`),
    of: ({ modelName, releaseId }) =>
      (['line', 'stick'] as const).find(channel => values.get(name(modelName)) === `${channel} ${releaseId}`) ?? null,
  }
}
