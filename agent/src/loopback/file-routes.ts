/**
 * Photos and other files of an open interview: what an officer's page and the preview of a form
 * share. The body of a PUT is the file itself, read as it comes.
 *
 * FR1 a file is shown as what it was taken as, and never as a page: what a respondent's paper
 *     holds must not run beside the officer's token
 */
import { fault, type Fault, type Result } from '@murram/ground'
import { Hono, type Context } from 'hono'
import type { Answered } from '@murram/xform'
import type { AttachmentBytes, NewFile } from '../attachments/attachments.ts'
import type { AnsweredJson, FileJson, InterviewJson } from './api-types.ts'
import { refuse } from './reply.ts'

export interface FileHost {
  readonly put: (interviewId: string, ref: string, file: NewFile) => Promise<Result<Answered, Fault>>
  readonly remove: (interviewId: string, ref: string) => Promise<Result<Answered, Fault>>
  readonly open: (interviewId: string, name: string) => Result<AttachmentBytes, Fault>
  readonly of: (interviewId: string) => readonly FileJson[]
}

export interface FileRoutesDeps {
  readonly files: FileHost
  /** The answer to this question; `null` where there is none. */
  readonly answerOf: (interviewId: string, ref: string) => Promise<string | null>
  readonly present: (interviewId: string) => Promise<Result<InterviewJson, Fault>>
}

const PATH = '/api/interviews/:id/attachments/:ref'

export function createFileRoutes({ files, answerOf, present }: FileRoutesDeps): Hono {
  const app = new Hono()
  app.put(PATH, async c => {
    const { id, ref } = c.req.param()
    const body = c.req.raw.body
    if (body === null) return refuse(c, fault('http.bad-request', 'a file without bytes'))
    const fileName = decoded(c.req.header('X-File-Name') ?? '')
    const mediaType = c.req.header('Content-Type') ?? ''
    return reply(c, id, await files.put(id, ref, { mediaType, fileName, bytes: body }))
  })
  app.delete(PATH, async c => {
    const { id, ref } = c.req.param()
    return reply(c, id, await files.remove(id, ref))
  })
  app.get(PATH, async c => {
    const { id, ref } = c.req.param()
    const name = await answerOf(id, ref)
    const opened = files.open(id, name ?? '')
    return opened.ok ? send(c, opened.value) : refuse(c, opened.error)
  })
  return app

  async function reply(c: Context, interviewId: string, answered: Result<Answered, Fault>): Promise<Response> {
    if (!answered.ok) return refuse(c, answered.error)
    const interview = await present(interviewId)
    if (!interview.ok) return refuse(c, interview.error)
    const { accepted, violations } = answered.value
    return c.json({ accepted, violations, interview: interview.value } satisfies AnsweredJson)
  }
}

const SHOWN = /^(?:image\/(?:jpeg|png|gif|webp|heic|avif)|audio\/[\w.+-]+|video\/[\w.+-]+)$/
/** Of a video that is being looked at, so much at once. */
const PART_BYTES = 4_000_000

function send(c: Context, { attachment, read }: AttachmentBytes): Response {
  const { name, sizeBytes, mediaType } = attachment
  const headers = {
    'Content-Type': SHOWN.test(mediaType) ? mediaType : 'application/octet-stream',
    'Content-Disposition': `attachment; filename="${name.replaceAll(/[^\w.-]/g, '_')}"`,
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    'Accept-Ranges': 'bytes',
  }
  const [, from = '', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(c.req.header('Range') ?? '') ?? []
  if (from === '') return new Response(streamOf(sizeBytes, read), { headers })
  const start = Number(from)
  if (start >= sizeBytes)
    return new Response(null, { status: 416, headers: { ...headers, 'Content-Range': `bytes */${sizeBytes}` } })
  const end = Math.min(sizeBytes, start + PART_BYTES, to === '' ? sizeBytes : Number(to) + 1)
  const place = { 'Content-Range': `bytes ${start}-${end - 1}/${sizeBytes}` }
  return new Response(new Uint8Array(read(start, end - start)), { status: 206, headers: { ...headers, ...place } })
}

function streamOf(sizeBytes: number, read: AttachmentBytes['read']): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull: controller => {
      if (at >= sizeBytes) return controller.close()
      const part = read(at, Math.min(PART_BYTES, sizeBytes - at))
      if (part.length === 0) throw new Error('a file that ends before its end')
      at += part.length
      controller.enqueue(part)
    },
  })
}

const decoded = (header: string): string => {
  try {
    return decodeURIComponent(header).slice(-200)
  } catch {
    return ''
  }
}
