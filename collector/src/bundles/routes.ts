/** Files of laptops without a network, over HTTP. A route translates; it decides nothing. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { DeviceIdSchema, fault, type DeviceId, type Fault, type Result } from '@murram/ground'
import type { WrittenBundle } from '@murram/wire'
import { Readable } from 'node:stream'
import type { Context } from 'hono'
import { apiRouter } from '../http/api-router.ts'
import type { BundleImport, BundleList, BundleRow } from '../http/api-types.ts'
import { described } from '../http/describe-route.ts'
import { replyFault } from '../http/reply.ts'
import type { ImportedBundle } from './import-bundle.ts'
import type { Imported } from './imported.ts'

export interface BundlesDoor {
  readonly take: (source: AsyncIterable<Uint8Array>) => Promise<Result<Imported, Fault>>
  readonly giveBack: (deviceId: DeviceId, isFull: boolean) => Promise<Result<WrittenBundle, Fault>>
  readonly list: () => Promise<readonly BundleRow[]>
  /** The newest sealed copy that a device left here. */
  readonly copyOf: (
    deviceId: DeviceId,
  ) => Promise<{ readonly bytes: Uint8Array; readonly createdAtMs: number } | undefined>
}

const tags = ['without a network']
const octets = { content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } } }

export function bundleRoutes(door: BundlesDoor): OpenAPIHono {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/bundles',
      tags,
      summary: 'Import the file of a laptop; once or twice is the same',
      request: { body: octets },
      responses: described('What was in it, and what became of it.'),
    }),
    async c => {
      const taken = await door.take(bodyOf(c))
      if (!taken.ok) return replyFault(c, taken.error)
      return c.json(taken.value satisfies BundleImport as object, 200)
    },
  )
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/bundles',
      tags,
      summary: 'The last files that were imported',
      responses: described('Files, the newest first.'),
    }),
    async c => c.json({ bundles: await door.list() } satisfies BundleList as object, 200),
  )
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/devices/{deviceId}/bundle',
      tags,
      summary: 'What goes back to a laptop as a file: receipts, changes, forms, models',
      request: {
        params: z.object({ deviceId: DeviceIdSchema }),
        query: z.object({ full: z.enum(['true', 'false']).default('false') }),
      },
      responses: { 200: { description: 'The file, sealed to that laptop.', ...octets } },
    }),
    async c => {
      const { deviceId } = c.req.valid('param')
      const made = await door.giveBack(deviceId, c.req.valid('query').full === 'true')
      return made.ok ? fileReply(made.value, deviceId) : replyFault(c, made.error)
    },
  )
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/devices/{deviceId}/copy',
      tags,
      summary: 'The newest sealed copy of a laptop, for murram agent restore-copy',
      request: { params: z.object({ deviceId: DeviceIdSchema }) },
      responses: { 200: { description: 'The copy; the officer or the recovery key opens it.', ...octets } },
    }),
    async c => {
      const { deviceId } = c.req.valid('param')
      const copy = await door.copyOf(deviceId)
      if (copy === undefined) return replyFault(c, fault('http.not-found', `no copy of ${deviceId} is kept here`))
      const header = { createdAtMs: copy.createdAtMs }
      return fileReply({ header, bytes: piece(copy.bytes) }, deviceId, 'copy')
    },
  )
  return routes
}

async function* piece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

export interface CarriedDoor {
  readonly take: (source: AsyncIterable<Uint8Array>) => Promise<Result<ImportedBundle, Fault>>
  readonly answer: (imported: ImportedBundle) => Promise<Result<WrittenBundle, Fault>>
  readonly takeCopy: (source: AsyncIterable<Uint8Array>) => Promise<Result<{ readonly deviceId: DeviceId }, Fault>>
}

/** How many are taken in at once: each costs a frame of memory and a transaction. */
const MOST_AT_ONCE = 4

export function carriedRoutes({ take, answer, takeCopy }: CarriedDoor): OpenAPIHono {
  const routes = apiRouter()
  let going = 0
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/bundles/carried',
      tags,
      security: [],
      summary: 'A sealed file of a device, brought by another one; answered with the sealed file for that device',
      request: { body: octets },
      responses: { 200: { description: 'The receipt and what goes back, sealed to the device.', ...octets } },
    }),
    async c => {
      if (going >= MOST_AT_ONCE) return replyFault(c, fault('carry.full', 'several files are being taken in'))
      going += 1
      try {
        const taken = await take(bodyOf(c))
        if (!taken.ok) return replyFault(c, taken.error)
        const made = await answer(taken.value)
        return made.ok ? fileReply(made.value, taken.value.header.deviceId) : replyFault(c, made.error)
      } finally {
        going -= 1
      }
    },
  )
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/bundles/copies',
      tags,
      security: [],
      summary: 'A sealed copy of what only one laptop has, to be kept; the last three stay',
      request: { body: octets },
      responses: described('Whose it is.'),
    }),
    async c => {
      if (going >= MOST_AT_ONCE) return replyFault(c, fault('carry.full', 'several files are being taken in'))
      going += 1
      try {
        const taken = await takeCopy(bodyOf(c))
        return taken.ok ? c.json(taken.value as object, 200) : replyFault(c, taken.error)
      } finally {
        going -= 1
      }
    },
  )
  return routes
}

/** Node's body is an async iterable; what its writer broke off ends it, and that is a cut file. */
async function* bodyOf(c: Context): AsyncGenerator<Uint8Array> {
  const { body } = c.req.raw
  if (body === null) return
  try {
    for await (const bytes of body as unknown as AsyncIterable<Uint8Array>) yield bytes
  } catch {
    // Said by the reader: the file ends before its end.
  }
}

function fileReply(
  { header, bytes }: { readonly header: { readonly createdAtMs: number }; readonly bytes: AsyncIterable<Uint8Array> },
  deviceId: string,
  what = 'for',
): Response {
  const at = new Date(header.createdAtMs).toISOString().replaceAll(/[:.]/g, '-').slice(0, 19)
  return new Response(Readable.toWeb(Readable.from(bytes)) as ReadableStream<Uint8Array<ArrayBuffer>>, {
    headers: {
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': `attachment; filename="${what}-${deviceId.slice(0, 8)}-${at}.murram"`,
      'Cache-Control': 'no-store',
    },
  })
}
