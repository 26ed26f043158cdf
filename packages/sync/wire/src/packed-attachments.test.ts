import type { Attachment } from '@murram/fold'
import type { Sha256 } from '@murram/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  isAttachmentName,
  MAX_ATTACHMENT_BYTES,
  packAttachments,
  PackedAttachmentsSchema,
  unpackAttachments,
  type PackedAttachments,
} from './packed-attachments.ts'

const attachments: fc.Arbitrary<readonly Attachment[]> = fc.uniqueArray(
  fc.record({
    name: fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }).filter(isAttachmentName),
    sha256: fc.stringMatching(/^[0-9a-f]{64}$/) as fc.Arbitrary<Sha256>,
    sizeBytes: fc.integer({ min: 0, max: MAX_ATTACHMENT_BYTES }),
    mediaType: fc.constantFrom('image/jpeg', 'audio/mp4', 'application/octet-stream'),
  }),
  { selector: ({ name }) => name, maxLength: 4 },
)

test('AT1 the attachments of a batch come back as they went', () => {
  fc.assert(
    fc.property(fc.array(attachments, { maxLength: 6 }), all => {
      const packed = packAttachments(all)
      const read = packed === null ? undefined : PackedAttachmentsSchema.parse(packed)
      expect(unpackAttachments(read, all.length)).toEqual(all)
      expect(packed === null).toBe(all.every(list => list.length === 0))
    }),
  )
})

const photo = (name: string): Attachment => ({
  name,
  sha256: 'ab'.repeat(32) as Sha256,
  sizeBytes: 9,
  mediaType: 'image/jpeg',
})
const packed = packAttachments([[photo('a.jpg')], [], [photo('a.jpg'), photo('b.jpg')]])
if (packed === null) throw new Error('three were packed')

test('AT2 what does not fit its batch is refused', () => {
  expect(unpackAttachments(packed, 3)).toHaveLength(3)
  const wrong: readonly Partial<PackedAttachments>[] = [
    { of: [0, 2, 3] },
    { of: [2, 0, 2] },
    { of: [0, 2] },
    { names: ['a.jpg', 'b.jpg', 'b.jpg'] },
    { names: ['a.jpg'] },
    { hashes: packed.hashes.slice(1) },
    { sizes: [9, 9] },
    { mediaTypes: [] },
  ]
  for (const change of wrong) expect(unpackAttachments({ ...packed, ...change }, 3), JSON.stringify(change)).toBeNull()
})

test('AT2 a name that is a path, a type that is none and a size beyond the limit are refused', () => {
  const wrong: readonly Partial<Record<keyof PackedAttachments, unknown>>[] = [
    ...['../x.jpg', 'a/b', 'a\\b', '..', '.', '', 'a\nb', 'x'.repeat(201)].map(name => ({
      names: [name, 'a.jpg', 'b.jpg'],
    })),
    ...['text/html; charset=x', 'html', 'IMAGE/JPEG', 'a/b\r\nSet-Cookie: x'].map(type => ({
      mediaTypes: [type, type, type],
    })),
    { sizes: [MAX_ATTACHMENT_BYTES + 1, 1, 1] },
    { sizes: [-1, 1, 1] },
    { of: [] },
    { more: 1 } as Partial<Record<keyof PackedAttachments, unknown>>,
  ]
  expect(PackedAttachmentsSchema.safeParse(packed).success).toBe(true)
  for (const change of wrong)
    expect(PackedAttachmentsSchema.safeParse({ ...packed, ...change }).success, JSON.stringify(change)).toBe(false)
})
