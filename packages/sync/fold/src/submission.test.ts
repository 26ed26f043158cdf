import type { DeviceId, FormId, InstanceId, Sha256, StoreId } from '@murram/ground'
import { newSalt, toBase64Url } from '@murram/seal'
import { expect, test } from 'vitest'
import type { Attachment } from './attachment.ts'
import type { Stamp } from './stamp.ts'
import { submissionDigest, type Submission } from './submission.ts'

const submission: Omit<Submission, 'digest'> = {
  instanceId: 'uuid:11111111-1111-4111-8111-111111111111' as InstanceId,
  formId: 'household' as FormId,
  version: '1',
  answers: { 'dwelling/roof': 'iron', 'roster[1]/age': '' },
  audit: 'event,node\n',
  assessment: { probability: 0.31 },
  attachments: [],
  deviceId: 'a'.repeat(32) as DeviceId,
  storeId: 'b'.repeat(32) as StoreId,
  n: 1,
  stamp: '0197f3c2a1b0-0000-a1b2c3d4' as Stamp,
  base: { roof: 'tile' },
  deprecatedId: null,
  salt: toBase64Url(newSalt()),
}

const photo: Attachment = {
  name: '1732200000000.jpg',
  sha256: 'e'.repeat(64) as Sha256,
  sizeBytes: 3,
  mediaType: 'image/jpeg',
}

test('A1 a submission without attachments has the digest that it had before there were any', () => {
  const old = { ...submission, salt: 'AAECAwQFBgcICQoLDA0ODw' }
  expect(submissionDigest(old)).toBe('11a2f73d11c3de73c79a8c157cfa38187ce83d0fd33937f445962025b74d6e68')
})

test('the digest names the content', () => {
  const changes: Partial<Submission>[] = [
    { answers: { ...submission.answers, 'dwelling/roof': 'tile' } },
    { answers: { 'dwelling/roof': 'iron' } },
    { assessment: { probability: 0.32 } },
    { attachments: [photo] },
    { attachments: [{ ...photo, name: '1732200000001.jpg' }] },
    { attachments: [{ ...photo, sha256: 'f'.repeat(64) as Sha256 }] },
    { attachments: [{ ...photo, sizeBytes: 4 }] },
    { attachments: [{ ...photo, mediaType: 'image/png' }] },
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

test('an assessment has one digest before and after it was JSON', () => {
  const odd = {
    probability: -0,
    reasons: [{ of: Number.NaN, at: undefined }, undefined],
    when: new Date(0),
    made: true,
  }
  const digest = submissionDigest({ ...submission, assessment: odd })
  expect(submissionDigest({ ...submission, assessment: JSON.parse(JSON.stringify(odd)) })).toBe(digest)
})
