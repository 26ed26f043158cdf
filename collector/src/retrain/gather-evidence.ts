/**
 * What the champion has been worth since it was made: it is asked again about the interviews
 * whose outcomes came after the rows that it was made and judged on.
 */
import type { HouseDeps } from '../main/room.ts'
import type { ModelRow } from '../registry/registry-repo.ts'
import type { TriggerFacts } from './weigh-triggers.ts'

export type Evidence = Pick<TriggerFacts, 'audit' | 'regions'>

export const nothingGathered: Evidence = { audit: null, regions: [] }

export async function gatherEvidence(_house: HouseDeps, _model: ModelRow): Promise<Evidence> {
  return nothingGathered
}
