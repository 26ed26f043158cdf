/**
 * What the console asks of published forms. (Devices get theirs over the wire.)
 * A route translates: address → terms of the room → answer. It decides nothing.
 */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { err, fault, FormIdSchema, ok, type Fault, type FormId, type Result } from '@murram/ground'
import type { FormList, FormRow, ListHistory, ListRow, PublishListsReply, PublishReply } from '../http/api-types.ts'
import { apiRouter } from '../http/api-router.ts'
import { described } from '../http/describe-route.ts'
import { replyFault } from '../http/reply.ts'
import type { CountedVersion, FormVersion } from './form-repo.ts'
import type { FormListRow } from './list-repo.ts'
import type { GivenLists } from './list-texts.ts'
import type { FormSource, Published } from './publish-form.ts'
import type { ListsAsked, PublishedLists } from './publish-lists.ts'

export interface FormsDoor {
  readonly publish: (source: FormSource) => Promise<Result<Published, Fault>>
  readonly publishLists: (asked: ListsAsked) => Promise<Result<PublishedLists, Fault>>
  readonly list: () => Promise<readonly CountedVersion[]>
  /** In force, of every form. */
  readonly lists: () => Promise<readonly FormListRow[]>
  /** Every one that was ever published with this form. */
  readonly listsOf: (formId: FormId) => Promise<readonly FormListRow[]>
  /** In force. */
  readonly listFile: (
    formId: FormId,
    version: string,
    name: string,
  ) => Promise<{ readonly bytes: Uint8Array; readonly sha256: string } | undefined>
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
      summary:
        'Publish a form version: the body is an .xlsx workbook or an XForm, as it is; or a multipart form with the file as `form` and the lists beside it as `list`, each under its own file name',
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
      const { fileName = 'form' } = c.req.valid('query')
      const source = isMultipart(c.req.header('Content-Type'))
        ? await readParts(await c.req.formData())
        : ok({ bytes: new Uint8Array(await c.req.arrayBuffer()), fileName })
      if (!source.ok) return replyFault(c, source.error)
      const published = await door.publish(source.value)
      if (!published.ok) return replyFault(c, published.error)
      const { form, created, warnings, lists } = published.value
      if (created) door.onPublished(form)
      const reply: PublishReply = { form: toRow({ ...form, submissions: 0 }, lists), created, warnings }
      return c.json(reply as object, created ? 201 : 200)
    },
  )
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/forms/{formId}/lists',
      summary:
        'Publish lists of a form that is published already: a multipart form, each list as `list` under its own file name; for each version that reads them, or for `version`',
      request: {
        params: z.object({ formId: FormIdSchema }),
        query: z.object({ version: z.string().max(249).optional() }),
        body: { content: { 'multipart/form-data': { schema: z.object({}).loose() } } },
      },
      responses: described('In force for each version that reads one of them.'),
    }),
    async c => {
      if (!isMultipart(c.req.header('Content-Type')))
        return replyFault(c, fault('http.bad-request', 'multipart/form-data'))
      const lists = await listsIn(await c.req.formData())
      if (!lists.ok) return replyFault(c, lists.error)
      if (lists.value.size === 0) return replyFault(c, fault('http.bad-request', 'no part is called list'))
      const { formId } = c.req.valid('param')
      const published = await door.publishLists({ formId, version: c.req.valid('query').version, lists: lists.value })
      if (!published.ok) return replyFault(c, published.error)
      const { changed, warnings } = published.value
      const reply: PublishListsReply = { lists: published.value.lists.map(toListRow), changed, warnings }
      return c.json(reply as object, 200)
    },
  )
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/forms/{formId}/lists',
      summary: 'Every list that was ever published with a form; the highest number of a name is in force',
      request: { params: z.object({ formId: FormIdSchema }) },
      responses: described('Lists, by version, name and number.'),
    }),
    async c => {
      const lists = await door.listsOf(c.req.valid('param').formId)
      return c.json({ lists: lists.map(toListRow) } satisfies ListHistory as object, 200)
    },
  )
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/forms/{formId}/{version}/lists/{name}',
      summary: 'A list that is in force, as it was published',
      request: { params: z.object({ formId: FormIdSchema, version: z.string(), name: z.string() }) },
      responses: { 200: { description: 'The file.' }, ...described('A fault.', 202) },
    }),
    async c => {
      const { formId, version, name } = c.req.valid('param')
      const file = await door.listFile(formId, version, name)
      if (file === undefined) return replyFault(c, fault('http.not-found', `${formId} ${version} ${name}`))
      const headers = {
        'Content-Type': 'application/octet-stream',
        ETag: `"${file.sha256}"`,
        'Cache-Control': 'private',
      }
      return c.body(new Uint8Array(file.bytes), 200, headers) as never
    },
  )
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/forms',
      summary: 'Every form version, the newest first',
      responses: described('Form versions.'),
    }),
    async c => {
      const lists = Map.groupBy(await door.lists(), ({ formId, version }) => `${formId} ${version}`)
      const forms = (await door.list()).map(form => toRow(form, lists.get(`${form.formId} ${form.version}`) ?? []))
      return c.json({ forms } satisfies FormList as object, 200)
    },
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

const toRow = (
  { programSha256, xmlSha256: _xml, sourceSha256: _source, warnings: _warnings, ...form }: CountedVersion,
  lists: readonly FormListRow[],
): FormRow => ({ ...form, sha256: programSha256, lists: lists.map(toListRow) })

const toListRow = ({ formId: _formId, ...row }: FormListRow): ListRow => row

const isMultipart = (contentType: string | undefined): boolean =>
  contentType?.startsWith('multipart/form-data') === true

async function readParts(parts: FormData): Promise<Result<FormSource, Fault>> {
  const form = parts.get('form')
  if (!(form instanceof File)) return err(fault('http.bad-request', 'no file is called form'))
  const lists = await listsIn(parts)
  if (!lists.ok) return lists
  return ok({ bytes: await bytesOf(form), fileName: baseName(form), lists: lists.value })
}

async function listsIn(parts: FormData): Promise<Result<GivenLists, Fault>> {
  const lists = new Map<string, Uint8Array>()
  for (const part of parts.getAll('list')) {
    if (!(part instanceof File)) return err(fault('http.bad-request', 'a list is no file'))
    const name = baseName(part)
    if (name === '' || name.length > 255) return err(fault('http.bad-request', 'a list has no name'))
    if (lists.has(name)) return err(fault('http.bad-request', `${name} is there twice`))
    lists.set(name, await bytesOf(part))
  }
  return ok(lists)
}

const bytesOf = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer())
const baseName = ({ name }: File): string => name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1)
