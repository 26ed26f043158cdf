/** A submission in a bare store, as `capture` would put it there. */
import { submissionDigest, type Stamp } from '@murram/fold'
import type { DeviceId, FormId, InstanceId, StoreId } from '@murram/ground'
import { newSalt, toBase64Url } from '@murram/seal'
import type { BareStore } from './bare-store.ts'

export async function saveBare(store: BareStore): Promise<InstanceId> {
  const instanceId = `uuid:${crypto.randomUUID()}` as InstanceId
  const submission = {
    instanceId,
    formId: 'household' as FormId,
    version: '1',
    answers: { name: 'Asha' },
    audit: null,
    assessment: null,
    attachments: [],
    deviceId: 'd'.repeat(32) as DeviceId,
    stamp: '0197f3c2a1b0-0003-a1b2c3d4' as Stamp,
    base: {},
    deprecatedId: null,
    salt: toBase64Url(newSalt()),
  }
  const digest = submissionDigest({ ...submission, storeId: '' as StoreId, n: 0 })
  const body = { submission: { ...submission, digest }, label: '', write: null, fault: null }
  await store.save({ instanceId, state: 'queued', savedAtMs: 1, formId: submission.formId, body })
  return instanceId
}
