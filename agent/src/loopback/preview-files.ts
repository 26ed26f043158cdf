/** Files of a preview: in memory, until the next interview begins. */
import { createHash } from 'node:crypto'
import { err, fault, ok, type Fault, type Result, type Sha256 } from '@murram/ground'
import { fileAnswer, isAccepted, plainMediaType, takesFile } from '../attachments/file-answer.ts'
import type { FileHost } from './file-routes.ts'
import type { OpenInterview } from './present-interview.ts'

const MOST_BYTES = 30_000_000

interface Held {
  readonly name: string
  readonly mediaType: string
  readonly bytes: Uint8Array
}

export function createPreviewFiles(
  find: (interviewId: string) => Promise<Result<OpenInterview, Fault>>,
  now: () => number,
): FileHost {
  let held: { readonly interviewId: string; readonly files: readonly Held[] } = { interviewId: '', files: [] }
  const of = (interviewId: string): readonly Held[] => (held.interviewId === interviewId ? held.files : [])
  return {
    put: async (interviewId, ref, { mediaType: given, fileName = '', bytes }) => {
      const interview = await find(interviewId)
      if (!interview.ok) return interview
      const question = interview.value.question(ref)
      if (question === undefined || !takesFile(question)) return err(fault('attachment.unexpected', ref))
      const mediaType = plainMediaType(given)
      if (!isAccepted(question.mediaType, mediaType)) return err(fault('attachment.unexpected', mediaType))
      const parts: Uint8Array[] = []
      let size = 0
      for await (const part of bytes) {
        size += part.length
        if (size > MOST_BYTES) return err(fault('attachment.too-large', `more than ${MOST_BYTES} bytes, in a preview`))
        parts.push(part)
      }
      const name = fileAnswer(now(), mediaType, fileName, new Set(of(interviewId).map(file => file.name)))
      held = { interviewId, files: [...of(interviewId), { name, mediaType, bytes: Buffer.concat(parts) }] }
      return interview.value.answer(ref, name)
    },
    remove: async (interviewId, ref) => {
      const interview = await find(interviewId)
      return interview.ok ? interview.value.answer(ref, '') : interview
    },
    open: (interviewId, name) => {
      const file = of(interviewId).find(one => one.name === name)
      if (file === undefined) return err(fault('attachment.not-here', name))
      const { bytes, mediaType } = file
      const sha256 = createHash('sha256').update(bytes).digest('hex') as Sha256
      const attachment = { name, sha256, sizeBytes: bytes.length, mediaType, isHere: true, arrivedAtMs: null }
      return ok({ attachment, read: (offset, length) => bytes.subarray(offset, offset + length) })
    },
    of: interviewId =>
      of(interviewId).map(({ name, mediaType, bytes }) => ({ name, mediaType, sizeBytes: bytes.length, isHere: true })),
  }
}
