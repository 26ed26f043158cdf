/**
 * The routes of the loopback API. A route translates: address → terms of a room → answer. It
 * decides nothing.
 */
import { codes, err, fault, type Fault, type InstanceId, type Result } from '@murram/ground'
import { Hono, type Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { firstValueFrom } from 'rxjs'
import { z } from 'zod'
import type { Capture } from '../capture/capture.ts'
import type { Agent } from '../open-agent.ts'
import type { AnsweredJson } from './api-types.ts'
import { draftJson, interviewJson, savedJson } from './present-interview.ts'
import { faultJson, type Views } from './views.ts'

const OpenBody = z.strictObject({
  formId: z.string().optional(),
  version: z.string().optional(),
  entityId: z.string().optional(),
  correct: z.string().optional(),
  draft: z.string().optional(),
  language: z.string().optional(),
})
const AnswerBody = z.strictObject({ ref: z.string(), value: z.string() })
const RepeatBody = z.strictObject({ ref: z.string() })
const LanguageBody = z.strictObject({ language: z.string() })
const SettleBody = z.strictObject({ choose: z.enum(['stands', 'other']) })

const DEFAULT_LIMIT = 200
const MOST_ROWS = 1_000

export function createRoutes(agent: Agent, views: Views): Hono {
  const app = new Hono()

  app.get('/api/status', async c => c.json(await firstValueFrom(views.status)))
  app.get('/api/forms', async c => c.json(await firstValueFrom(views.forms)))
  app.get('/api/conflicts', async c => c.json(await firstValueFrom(views.conflicts)))
  app.get('/api/outbox', async c => c.json(await firstValueFrom(views.outbox)))
  app.get('/api/drafts', async c => c.json(await firstValueFrom(views.drafts)))
  app.get('/api/households', async c => {
    const wanted = (c.req.query('q') ?? '').trim().toLowerCase()
    const limit = Math.min(
      MOST_ROWS,
      Math.max(1, Math.floor(Number(c.req.query('limit') ?? DEFAULT_LIMIT)) || DEFAULT_LIMIT),
    )
    const all = await firstValueFrom(agent.households.watch())
    const found = wanted === '' ? all : all.filter(({ label }) => label.toLowerCase().includes(wanted))
    return c.json({ total: found.length, households: found.slice(0, limit) })
  })

  app.post('/api/interviews', async c => {
    const body = await read(c, OpenBody)
    if (!body.ok) return refuse(c, body.error)
    const { formId, ...request } = body.value
    const opened = await agent.capture.open(formId ?? null, withoutAbsent(request))
    return opened.ok ? c.json(interviewJson(opened.value)) : refuse(c, opened.error)
  })
  app.get('/api/interviews/:id', c => withCapture(c, async capture => c.json(interviewJson(capture))))
  app.post('/api/interviews/:id/answers', c =>
    withCapture(c, async capture => {
      const body = await read(c, AnswerBody)
      if (!body.ok) return refuse(c, body.error)
      const answered = capture.answer(body.value.ref, body.value.value)
      if (!answered.ok) return refuse(c, answered.error)
      const { accepted, violations } = answered.value
      return c.json({ accepted, violations, interview: interviewJson(capture) } satisfies AnsweredJson)
    }),
  )
  app.post('/api/interviews/:id/repeats', c =>
    withCapture(c, async capture => {
      const body = await read(c, RepeatBody)
      if (!body.ok) return refuse(c, body.error)
      const added = capture.addRepeat(body.value.ref)
      return added.ok ? c.json(interviewJson(capture)) : refuse(c, added.error)
    }),
  )
  app.delete('/api/interviews/:id/repeats/:rowRef', c =>
    withCapture(c, async capture => {
      const removed = capture.removeRepeat(c.req.param('rowRef'))
      return removed.ok ? c.json(interviewJson(capture)) : refuse(c, removed.error)
    }),
  )
  app.post('/api/interviews/:id/language', c =>
    withCapture(c, async capture => {
      const body = await read(c, LanguageBody)
      if (!body.ok) return refuse(c, body.error)
      capture.setLanguage(body.value.language)
      return c.json(interviewJson(capture))
    }),
  )
  app.post('/api/interviews/:id/save', c => withCapture(c, async capture => c.json(draftJson(await capture.save()))))
  app.post('/api/interviews/:id/finalise', c =>
    withCapture(c, async capture => {
      const saved = await capture.finalise()
      return saved.ok ? c.json(savedJson(saved.value, capture.form)) : refuse(c, saved.error)
    }),
  )
  app.delete('/api/drafts/:id', async c => {
    await agent.capture.dropDraft(c.req.param('id'))
    return c.body(null, 204)
  })

  app.post('/api/conflicts/:id/settle', async c => {
    const body = await read(c, SettleBody)
    if (!body.ok) return refuse(c, body.error)
    const saved = await agent.settle(c.req.param('id'), body.value.choose)
    return saved.ok ? c.json(savedJson(saved.value, null)) : refuse(c, saved.error)
  })
  app.post('/api/sync', async c => {
    if (agent.sync.status().link === 'off') {
      const started = agent.sync.start()
      if (!started.ok) return refuse(c, started.error)
    } else agent.sync.poke()
    return c.json(await firstValueFrom(views.status))
  })
  app.all('/api/*', c => refuse(c, fault('http.not-found', c.req.path)))
  return app

  /** In memory, or out of its draft: a page survives a restart of the agent. */
  async function withCapture(
    c: Context<object, '/api/interviews/:id'>,
    act: (capture: Capture) => Promise<Response>,
  ): Promise<Response> {
    const id = c.req.param('id')
    const open = agent.capture.find(id)
    if (open !== null) return act(open)
    const drafted = await agent.capture.open(null, { draft: id })
    return drafted.ok ? act(drafted.value) : refuse(c, fault('http.not-found', `interview ${id}`))
  }
}

async function read<T>(c: Context, schema: z.ZodType<T>): Promise<Result<T, Fault>> {
  const body: unknown = await c.req.json().catch(() => null)
  const parsed = schema.safeParse(body)
  return parsed.success
    ? { ok: true, value: parsed.data }
    : err(fault('http.bad-request', z.prettifyError(parsed.error)))
}

export const refuse = (c: Context, why: Fault): Response =>
  c.json(faultJson(why), codes[why.fault].http as ContentfulStatusCode)

type Opening = Omit<z.infer<typeof OpenBody>, 'formId'>

const withoutAbsent = ({ correct, ...others }: Opening) => ({
  ...(Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined)) as {
    [K in Exclude<keyof Opening, 'correct'>]?: string
  }),
  ...(correct === undefined ? {} : { correct: correct as InstanceId }),
})
