/**
 * The routes of the loopback API. A route translates: address → terms of a room → answer. It
 * decides nothing.
 */
import { err, fault, ok, type InstanceId, type Result } from '@murram/ground'
import { Hono } from 'hono'
import { firstValueFrom } from 'rxjs'
import { z } from 'zod'
import type { Capture } from '../capture/capture.ts'
import type { Agent } from '../open-agent.ts'
import type { FileHost } from './file-routes.ts'
import { createCarryRoutes } from './carry-routes.ts'
import { createInterviewRoutes } from './interview-routes.ts'
import { draftJson, interviewJson, savedJson } from './present-interview.ts'
import { readBody, refuse } from './reply.ts'
import type { Views } from './views.ts'

const OpenBody = z.strictObject({
  formId: z.string().optional(),
  version: z.string().optional(),
  entityId: z.string().optional(),
  correct: z.string().optional(),
  draft: z.string().optional(),
  language: z.string().optional(),
})
const OverrideBody = z.strictObject({ label: z.string(), reason: z.string() })
const SettleBody = z.strictObject({ choose: z.enum(['stands', 'other']) })

const DEFAULT_LIMIT = 200
const MOST_ROWS = 1_000

/** What a device that leaves may do yet: send, by a link, a stick or a colleague. What goes out is sealed to the centre. */
const WAYS_OUT: ReadonlySet<string> = new Set([
  '/api/status',
  '/api/sync',
  '/api/bundles/export',
  '/api/bundles/import',
  '/api/carry/hand-over',
  '/api/copies',
])

export function createRoutes(agent: Agent, views: Views): Hono {
  const app = new Hono()
  const { attachments } = agent
  const files: FileHost = {
    put: async (id, ref, file) => {
      const capture = await captureOf(id)
      return capture.ok ? attachments.put(capture.value, ref, file) : capture
    },
    remove: async (id, ref) => {
      const capture = await captureOf(id)
      return capture.ok ? attachments.remove(capture.value, ref) : capture
    },
    open: attachments.open,
    of: id =>
      attachments.of(id).map(({ name, sizeBytes, mediaType, isHere }) => ({ name, sizeBytes, mediaType, isHere })),
  }
  const shown = (capture: Capture) => interviewJson(capture, files.of(capture.interviewId))

  // What a device that leaves may still be asked: how far it is, and to get on with it.
  app.use('/api/*', async (c, next) => {
    const state = agent.orders.state()
    if (state === 'gone') return refuse(c, fault('device.purged'))
    return state === 'open' || WAYS_OUT.has(c.req.path) ? next() : refuse(c, fault('device.locked'))
  })
  app.get('/api/status', async c => c.json(await firstValueFrom(views.status)))
  app.get('/api/forms', async c => c.json(await firstValueFrom(views.forms)))
  app.get('/api/conflicts', async c => c.json(await firstValueFrom(views.conflicts)))
  app.get('/api/outbox', async c => c.json(await firstValueFrom(views.outbox)))
  app.get('/api/drafts', async c => c.json(await firstValueFrom(views.drafts)))
  app.get('/api/returns', async c => c.json(await firstValueFrom(views.returns)))
  app.post('/api/returns/:id/open', async c => {
    const opened = await agent.returns.open(c.req.param('id') as InstanceId)
    return opened.ok ? c.json(shown(opened.value)) : refuse(c, opened.error)
  })
  app.get('/api/tasks', async c => c.json(await firstValueFrom(views.tasks)))
  app.post('/api/tasks/:id/open', async c => {
    const opened = await agent.tasks.open(c.req.param('id'))
    return opened.ok ? c.json(shown(opened.value)) : refuse(c, opened.error)
  })
  app.post('/api/submissions/:id/override', async c => {
    const body = await readBody(c, OverrideBody)
    if (!body.ok) return refuse(c, body.error)
    const saved = await agent.override(c.req.param('id') as InstanceId, body.value)
    return saved.ok ? c.json(savedJson(saved.value, null)) : refuse(c, saved.error)
  })
  app.get('/api/households', async c => {
    const limit = Math.min(
      MOST_ROWS,
      Math.max(1, Math.floor(Number(c.req.query('limit') ?? DEFAULT_LIMIT)) || DEFAULT_LIMIT),
    )
    return c.json(await agent.households.search({ text: c.req.query('q') ?? '', limit }))
  })

  app.post('/api/interviews', async c => {
    const body = await readBody(c, OpenBody)
    if (!body.ok) return refuse(c, body.error)
    const { formId, ...request } = body.value
    const opened = await agent.capture.open(formId ?? null, withoutAbsent(request))
    return opened.ok ? c.json(shown(opened.value)) : refuse(c, opened.error)
  })
  app.route('/', createInterviewRoutes(captureOf, files))
  app.post('/api/interviews/:id/save', async c => {
    const capture = await captureOf(c.req.param('id'))
    return capture.ok ? c.json(draftJson(await capture.value.save())) : refuse(c, capture.error)
  })
  app.post('/api/interviews/:id/finalise', async c => {
    const capture = await captureOf(c.req.param('id'))
    if (!capture.ok) return refuse(c, capture.error)
    const saved = await capture.value.finalise()
    return saved.ok
      ? c.json(savedJson(saved.value, capture.value.form, capture.value.language()))
      : refuse(c, saved.error)
  })
  app.delete('/api/drafts/:id', async c => {
    await agent.capture.dropDraft(c.req.param('id'))
    return c.body(null, 204)
  })

  app.post('/api/conflicts/:id/settle', async c => {
    const body = await readBody(c, SettleBody)
    if (!body.ok) return refuse(c, body.error)
    const saved = await agent.settle(c.req.param('id'), body.value.choose)
    return saved.ok ? c.json(savedJson(saved.value, null)) : refuse(c, saved.error)
  })
  app.route('/', createCarryRoutes(agent))

  app.post('/api/sync', async c => {
    if (agent.sync.status().link === 'off') {
      const started = agent.sync.start()
      if (!started.ok) return refuse(c, started.error)
    } else agent.sync.poke()
    return c.json(await firstValueFrom(views.status))
  })
  return app

  /** In memory, or out of its draft: a page survives a restart of the agent. */
  async function captureOf(id: string): Promise<Result<Capture>> {
    const open = agent.capture.find(id)
    if (open !== null) return ok(open)
    const drafted = await agent.capture.open(null, { draft: id })
    return drafted.ok ? drafted : err(fault('http.not-found', `interview ${id}`))
  }
}

type Opening = Omit<z.infer<typeof OpenBody>, 'formId'>

const withoutAbsent = ({ correct, ...others }: Opening) => ({
  ...(Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined)) as {
    [K in Exclude<keyof Opening, 'correct'>]?: string
  }),
  ...(correct === undefined ? {} : { correct: correct as InstanceId }),
})
