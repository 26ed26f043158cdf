/**
 * A person's choice in a conflict, as the submission that it is: of the form
 * `murram:settlement`, which every project has and nobody publishes.
 *
 * SC1 a settlement names the conflict and what stood when it was made, so that a change in
 *     between is a new difference and not silently overruled
 *
 * Not here: what a settlement does to an entity (the collector's fold).
 */
import { submissionDigest } from '@murram/fold'
import { err, fault, type FormId, type InstanceId, type Result, type StoreId } from '@murram/ground'
import { newSalt, toBase64Url } from '@murram/seal'
import type { Mirror } from '../store/mirror.ts'
import { saveSubmission, type FinaliseDeps, type Saved } from './finalise-interview.ts'

export const SETTLEMENT_FORM = 'murram:settlement' as FormId
const SETTLEMENT_VERSION = '1'

export interface SettleDeps extends FinaliseDeps {
  readonly mirror: Mirror
  readonly uuid: () => string
}

export async function settleConflict(
  deps: SettleDeps,
  conflictId: string,
  choose: 'stands' | 'other',
): Promise<Result<Saved>> {
  const conflict = await deps.mirror.find('conflict', conflictId)
  if (conflict === null) return err(fault('http.not-found', `no conflict ${conflictId} is on this device`))
  const { entityId, entityLabel, property, stands, other } = conflict.body
  const entity = await deps.mirror.find('entity', entityId)
  if (entity === null) return err(fault('http.not-found', `the household ${entityId} is not on this device`))
  const { answer } = choose === 'stands' ? stands : other
  const { dataset } = entity.body
  const unsigned = {
    instanceId: `uuid:${deps.uuid()}` as InstanceId,
    formId: SETTLEMENT_FORM,
    version: SETTLEMENT_VERSION,
    answers: { conflict_id: conflictId, entity_id: entityId, dataset, property, answer },
    audit: null,
    assessment: null,
    attachments: [],
    deviceId: deps.deviceId,
    stamp: deps.clock.tick(),
    base: { [property]: stands.answer }, // SC1
    deprecatedId: null,
    salt: toBase64Url(newSalt()),
  }
  const digest = submissionDigest({ ...unsigned, storeId: '' as StoreId, n: 0 })
  const write = { dataset, entityId, label: entityLabel ?? '', set: { [property]: answer } }
  return saveSubmission(deps, { ...unsigned, digest }, { write, rows: [] }, null)
}
