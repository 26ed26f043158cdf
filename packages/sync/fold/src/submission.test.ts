import type { DeviceId, FormId, InstanceId, StoreId } from '@murram/ground'
import { newSalt, toBase64Url } from '@murram/seal'
import { expect, test } from 'vitest'
import type { Stamp } from './stamp.ts'
import { submissionDigest, type Submission } from './submission.ts'

const submission: Omit<Submission, 'digest'> = {
  instanceId: 'uuid:11111111-1111-4111-8111-111111111111' as InstanceId,
  formId: 'household' as FormId,
  version: '1',
  answers: { 'dwelling/roof': 'iron', 'roster[1]/age': '' },
  audit: 'event,node\n',
  assessment: { probability: 0.31 },
  deviceId: 'a'.repeat(32) as DeviceId,
  storeId: 'b'.repeat(32) as StoreId,
  n: 1,
  stamp: '0197f3c2a1b0-0000-a1b2c3d4' as Stamp,
  base: { roof: 'tile' },
  deprecatedId: null,
  salt: toBase64Url(newSalt()),
}

test('the digest names the content', () => {
  const changes: Partial<Submission>[] = [
    { answers: { ...submission.answers, 'dwelling/roof': 'tile' } },
    { answers: { 'dwelling/roof': 'iron' } },
    { assessment: { probability: 0.32 } },
    { base: {} },
    { version: '2' },
    { deprecatedId: submission.instanceId },
    { stamp: '0197f3c2a1b1-0000-a1b2c3d4' as Stamp },
    { salt: toBase64Url(newSalt()) },
  ]
  const digests = [{}, ...changes].map(change => submissionDigest({ ...submission, ...change }))
  expect(new Set(digests).size).toBe(changes.length + 1)
})

test('the digest does not name the place in the queue, nor the audit trace', () => {
  const moved = { ...submission, storeId: 'c'.repeat(32) as StoreId, n: 99, audit: null }
  expect(submissionDigest(moved)).toBe(submissionDigest(submission))
})

test('an assessment has the digest of its JSON', () => {
  const odd = { ...submission, assessment: { contribution: -0, absent: undefined, worst: Number.NaN } }
  const plain = { ...submission, assessment: { contribution: 0, worst: null } }
  expect(submissionDigest(odd)).toBe(submissionDigest(plain))
})
