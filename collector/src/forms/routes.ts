/**
 * What the console asks of published forms. (Devices get theirs over the wire.)
 * A route translates: address → terms of the room → answer. It decides nothing.
 */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { fault, FormIdSchema, type Fault, type FormId, type Result } from '@murram/ground'
import type { FormList, FormRow, PublishReply } from '../http/api-types.ts'
import { apiRouter } from '../http/api-router.ts'
import { described } from '../http/describe-route.ts'
import { replyFault } from '../http/reply.ts'
import type { CountedVersion, FormVersion } from './form-repo.ts'
import type { Published } from './publish-form.ts'

export interface FormsDoor {
  readonly publish: (source: {
    readonly bytes: Uint8Array
    readonly fileName: string
  }) => Promise<Result<Published, Fault>>
  readonly list: () => Promise<readonly CountedVersion[]>
  readonly program: (
    formId: FormId,
    version: string,
  ) => Promise<{ readonly bytes: Uint8Array; readonly sha256: string } | undefined>
  readonly onPublished: (form: FormVersion) => void
}

export function formRoutes(door: FormsDoor): OpenAPIHono {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/forms',
      summary: 'Publish a form version: the body is an .xlsx workbook or an XForm, as it is',
      request: {
        query: z.object({ fileName: z.string().max(255).optional() }),
        body: {
          content: {
            'application/xml': { schema: z.string() },
            'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': {
              schema: z.string().openapi({ format: 'binary' }),
            },
          },
        },
      },
      responses: { ...described('It was published before.'), ...described('Published.', 201) },
    }),
    async c => {
      const bytes = new Uint8Array(await c.req.arrayBuffer())
      const published = await door.publish({ bytes, fileName: c.req.valid('query').fileName ?? 'form' })
      if (!published.ok) return replyFault(c, published.error)
      const { form, created, warnings } = published.value
      if (created) door.onPublished(form)
      const reply: PublishReply = { form: toRow({ ...form, submissions: 0 }), created, warnings }
      return c.json(reply as object, created ? 201 : 200)
    },
  )
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/forms',
      summary: 'Every form version, the newest first',
      responses: described('Form versions.'),
    }),
    async c => c.json({ forms: (await door.list()).map(toRow) } satisfies FormList as object, 200),
  )
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/forms/{formId}/{version}/program',
      summary: 'The compiled form, as devices get it',
      request: { params: z.object({ formId: FormIdSchema, version: z.string() }) },
      responses: described('The program.'),
    }),
    async c => {
      const { formId, version } = c.req.valid('param')
      const program = await door.program(formId, version)
      if (program === undefined) return replyFault(c, fault('form.not-found', `${formId} ${version}`))
      // A published version never changes, so it is paid for once.
      const headers = {
        'Content-Type': 'application/json',
        'Cache-Control': 'private, immutable, max-age=31536000',
        ETag: `"${program.sha256}"`,
      }
      const isKnown = c.req.header('If-None-Match') === headers.ETag
      return (isKnown ? c.body(null, 304, headers) : c.body(new Uint8Array(program.bytes), 200, headers)) as never
    },
  )
  return routes
}

const toRow = ({
  programSha256,
  xmlSha256: _xml,
  sourceSha256: _source,
  warnings: _warnings,
  ...form
}: CountedVersion): FormRow => ({
  ...form,
  sha256: programSha256,
})
