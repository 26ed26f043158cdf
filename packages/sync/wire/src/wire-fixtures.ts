/** Submissions and batches for tests: arbitrary ones, and a store's queue with its chain. */
import type { DeviceId, FormId, InstanceId, Sha256, StoreId } from '@murram/ground'
import { submissionDigest, type Attachment, type Stamp, type Submission } from '@murram/fold'
import { chainHead, createSigningKey, keyIdOf, newSalt, toBase64Url } from '@murram/seal'
import fc from 'fast-check'
import { signHead, type PushHead } from './push-head.ts'

export const deviceKey = createSigningKey()
export const sender = {
  deviceId: keyIdOf(deviceKey.publicKey) as DeviceId,
  storeId: 'b'.repeat(32) as StoreId,
  publicKey: deviceKey.publicKey,
}

export type Content = Pick<Submission, 'answers' | 'audit' | 'assessment' | 'base'> &
  Partial<Pick<Submission, 'attachments'>>

const texts = fc.oneof(fc.constantFrom('', 'iron', '3', 'yes'), fc.string({ unit: 'grapheme' }))
const names = fc.oneof(fc.constantFrom('a', 'b/c', 'r[1]/d', 'r[2]/d'), fc.string({ minLength: 1, maxLength: 20 }))
const records = fc.dictionary(
  names.filter(n => n !== '__proto__'),
  texts,
  { maxKeys: 6, noNullPrototype: true },
)
const json = fc.jsonValue({ maxDepth: 2 }).filter(v => !JSON.stringify(v).includes('__proto__') && !Object.is(v, -0))

const anyAttachment: fc.Arbitrary<Attachment> = fc.record({
  name: fc.constantFrom('1732200000000.jpg', '1732200000001.jpg', 'voix née.m4a'),
  sha256: fc.constantFrom('a1'.repeat(32) as Sha256, 'b2'.repeat(32) as Sha256),
  sizeBytes: fc.nat(5_000_000),
  mediaType: fc.constantFrom('image/jpeg', 'audio/mp4'),
})

export const contents: fc.Arbitrary<readonly Content[]> = fc.array(
  fc.record({
    answers: records,
    base: records,
    audit: fc.option(texts),
    attachments: fc.uniqueArray(anyAttachment, { selector: ({ name }) => name, maxLength: 2 }),
    assessment: fc.option(
      fc.dictionary(
        fc.string({ minLength: 1 }).filter(n => n !== '__proto__'),
        json.map(v => JSON.parse(JSON.stringify(v)) as unknown),
        { noNullPrototype: true, maxKeys: 4 },
      ),
    ),
  }),
  { minLength: 1, maxLength: 8 },
)

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0')

export function queueOf(
  all: readonly Content[],
  { firstN = 1, formId = 'household', version = '1' } = {},
): Submission[] {
  return all.map((content, i) => {
    const submission = {
      attachments: [],
      ...content,
      instanceId: `uuid:00000000-0000-4000-8000-${hex(firstN + i, 12)}` as InstanceId,
      formId: formId as FormId,
      version,
      deviceId: sender.deviceId,
      storeId: sender.storeId,
      n: firstN + i,
      stamp: `${hex(1_700_000_000_000 + i * 90_000, 12)}-0000-${sender.deviceId.slice(0, 8)}` as Stamp,
      deprecatedId: i % 5 === 4 ? (`uuid:00000000-0000-4000-8000-${hex(firstN + i - 1, 12)}` as InstanceId) : null,
      salt: toBase64Url(newSalt()),
    }
    return { ...submission, digest: submissionDigest(submission) }
  })
}

export const headOf = (batch: readonly Submission[], previous = ''): PushHead =>
  signHead(deviceKey, sender.storeId, {
    n: batch.at(-1)?.n ?? 0,
    previous,
    chain: batch.reduce((head, { digest }) => chainHead(head, digest), previous),
  })
