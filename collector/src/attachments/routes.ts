/**
 * What people ask of the files of a submission. A file is whatever a device sent: it is handed
 * over to be saved, and no browser is given a reason to run it.
 */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { fault, type Sha256 } from '@murram/ground'
import type { Context } from 'hono'
import type { BlobRange } from '../blobs/blobs.ts'
import type { AttachmentList } from '../http/api-types.ts'
import { apiRouter } from '../http/api-router.ts'
import { described } from '../http/describe-route.ts'
import { replyFault } from '../http/reply.ts'
import type { FoundAttachment } from './attachment-repo.ts'

export interface AttachmentDoor {
  readonly list: (instanceId: string) => Promise<readonly FoundAttachment[] | 'no-submission'>
  readonly bytes: (
    sha256: Sha256,
    range: { readonly offset: number; readonly length: number },
  ) => Promise<BlobRange | undefined>
}

const Id = z.string().min(1).max(100)

export function attachmentRoutes({ list, bytes }: AttachmentDoor): OpenAPIHono {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/submissions/{id}/attachments',
      summary: 'The files that a submission names, and what of them has arrived',
      request: { params: z.object({ id: Id }) },
      responses: described('Files.'),
    }),
    async c => {
      const found = await list(c.req.valid('param').id)
      if (found === 'no-submission') return replyFault(c, fault('http.not-found', c.req.valid('param').id))
      const reply: AttachmentList = { attachments: found.map(toReply) }
      return c.json(reply as object, 200)
    },
  )
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/submissions/{id}/attachments/{name}',
      summary: 'One file of a submission',
      request: { params: z.object({ id: Id, name: z.string().min(1).max(800) }) },
      responses: {
        200: { description: 'Its bytes.', content: { 'application/octet-stream': {} } },
        206: { description: 'The bytes of the range that was asked for.' },
        304: { description: 'It is the one that was named.' },
      },
    }),
    async c => {
      const { id, name } = c.req.valid('param')
      const all = await list(id)
      const found = all === 'no-submission' ? undefined : all.find(file => file.name === name)
      if (found === undefined) return replyFault(c, fault('http.not-found', `${id} ${name}`))
      if (found.arrivedAtMs === null)
        return replyFault(c, fault('attachment.awaited', `${found.haveBytes} of ${found.sizeBytes} bytes`))
      return send(c, found, bytes)
    },
  )
  return routes
}

const toReply = (found: FoundAttachment): AttachmentList['attachments'][number] => {
  const { name, sha256, sizeBytes, mediaType, arrivedAtMs, haveBytes } = found
  const hasArrived = arrivedAtMs !== null
  return {
    name,
    sha256,
    sizeBytes,
    mediaType,
    state: hasArrived ? 'complete' : 'awaited',
    haveBytes: hasArrived ? sizeBytes : haveBytes,
    arrivedAtMs,
  }
}

/** Kinds that a browser shows and does not run. */
const SHOWN = /^(?:image\/(?:jpeg|png|gif|webp|heic|heif|avif)|audio\/[\w.+-]+|video\/[\w.+-]+|application\/pdf)$/

function send(c: Context, { name, sha256, sizeBytes, mediaType }: FoundAttachment, bytes: AttachmentDoor['bytes']) {
  const etag = `"${sha256}"`
  const headers = {
    ETag: etag,
    // What a hash names never changes; it is a person's, so no cache on the way may keep it.
    'Cache-Control': 'private, max-age=31536000, immutable',
    'Content-Type': SHOWN.test(mediaType) ? mediaType : 'application/octet-stream',
    'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name).replaceAll("'", '%27')}`,
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
    'Accept-Ranges': 'bytes',
  }
  if (c.req.header('If-None-Match') === etag) return new Response(null, { status: 304, headers })
  const range = rangeOf(c.req.header('Range'), sizeBytes)
  if (range === 'unsatisfiable')
    return new Response(null, { status: 416, headers: { ...headers, 'Content-Range': `bytes */${sizeBytes}` } })
  const { start, end } = range ?? { start: 0, end: sizeBytes }
  const part = { 'Content-Length': String(end - start) }
  const body = streamOf(sha256, start, end, bytes)
  if (range === null) return new Response(body, { status: 200, headers: { ...headers, ...part } })
  const place = { 'Content-Range': `bytes ${start}-${end - 1}/${sizeBytes}` }
  return new Response(body, { status: 206, headers: { ...headers, ...part, ...place } })
}

/** `null`: the whole file; several ranges at once are answered so too. */
function rangeOf(
  header: string | undefined,
  sizeBytes: number,
): { readonly start: number; readonly end: number } | 'unsatisfiable' | null {
  const asked = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  const [, from = '', to = ''] = asked ?? []
  if (asked === null || (from === '' && to === '')) return null
  const start = from === '' ? Math.max(0, sizeBytes - Number(to)) : Number(from)
  const end = from === '' || to === '' ? sizeBytes : Math.min(sizeBytes, Number(to) + 1)
  return start < end ? { start, end } : 'unsatisfiable'
}

/** A video of 100 MB is never held at once. */
const STEP_BYTES = 1_000_000

function streamOf(sha256: Sha256, start: number, end: number, bytes: AttachmentDoor['bytes']): ReadableStream {
  let at = start
  return new ReadableStream<Uint8Array>({
    pull: async controller => {
      if (at >= end) return controller.close()
      const found = await bytes(sha256, { offset: at, length: Math.min(STEP_BYTES, end - at) })
      if (found === undefined || found.bytes.length === 0) throw new Error(`the file ${sha256} ends at ${at}`)
      at += found.bytes.length
      controller.enqueue(new Uint8Array(found.bytes))
    },
  })
}
