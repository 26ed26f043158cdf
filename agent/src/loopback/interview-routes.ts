/**
 * The routes of one open interview: what an officer's page and the preview of a form share.
 * Opening, saving and finalising are each host's own.
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { Hono, type Context } from 'hono'
import { z } from 'zod'
import type { AnsweredJson } from './api-types.ts'
import { createFileRoutes, type FileHost } from './file-routes.ts'
import type { ChoicesJson } from './list-api-types.ts'
import { interviewJson, type OpenInterview } from './present-interview.ts'
import { readBody, refuse } from './reply.ts'
import { searchChoices } from './search-choices.ts'

const AnswerBody = z.strictObject({ ref: z.string(), value: z.string() })
const ReasonBody = z.strictObject({ ref: z.string(), reason: z.string() })
const RepeatBody = z.strictObject({ ref: z.string() })
const LanguageBody = z.strictObject({ language: z.string() })

export type FindInterview = (interviewId: string) => Promise<Result<OpenInterview, Fault>>

export function createInterviewRoutes(find: FindInterview, files: FileHost): Hono {
  const app = new Hono()
  const present = (interview: OpenInterview) => interviewJson(interview, files.of(interview.interviewId))
  app.get('/api/interviews/:id', c => withInterview(c, async () => undefined))
  app.get('/api/interviews/:id/choices', c =>
    withInterview(c, async interview => {
      const ref = c.req.query('ref') ?? ''
      const question = interview.question(ref)
      if (question === undefined) return err(fault('session.no-such-question', ref))
      return c.json(searchChoices(question.choices, c.req.query('q') ?? '') satisfies ChoicesJson)
    }),
  )
  app.post('/api/interviews/:id/answers', c =>
    withInterview(c, async interview => {
      const body = await readBody(c, AnswerBody)
      if (!body.ok) return body
      const answered = interview.answer(body.value.ref, body.value.value)
      if (!answered.ok) return answered
      const { accepted, violations } = answered.value
      return c.json({ accepted, violations, interview: present(interview) } satisfies AnsweredJson)
    }),
  )
  app.post('/api/interviews/:id/reasons', c =>
    withInterview(c, async interview => {
      const body = await readBody(c, ReasonBody)
      return body.ok ? interview.explain(body.value.ref, body.value.reason) : body
    }),
  )
  app.post('/api/interviews/:id/repeats', c =>
    withInterview(c, async interview => {
      const body = await readBody(c, RepeatBody)
      return body.ok ? interview.addRepeat(body.value.ref) : body
    }),
  )
  app.delete('/api/interviews/:id/repeats/:rowRef', c =>
    withInterview(c, async interview => interview.removeRepeat(c.req.param('rowRef'))),
  )
  app.post('/api/interviews/:id/language', c =>
    withInterview(c, async interview => {
      const body = await readBody(c, LanguageBody)
      if (!body.ok) return body
      interview.setLanguage(body.value.language)
      return undefined
    }),
  )
  app.route(
    '/',
    createFileRoutes({
      files,
      answerOf: async (interviewId, ref) => {
        const found = await find(interviewId)
        return found.ok ? (found.value.question(ref)?.value ?? null) : null
      },
      present: async interviewId => {
        const found = await find(interviewId)
        return found.ok ? ok(present(found.value)) : found
      },
    }),
  )
  return app

  /** Answers with the interview as it stands after the act, unless the act has its own answer. */
  async function withInterview(
    c: Context<object, '/api/interviews/:id'>,
    act: (interview: OpenInterview) => Promise<Response | Result<unknown, Fault> | undefined>,
  ): Promise<Response> {
    const found = await find(c.req.param('id'))
    if (!found.ok) return refuse(c, found.error)
    const done = await act(found.value)
    if (done instanceof Response) return done
    if (done !== undefined && !done.ok) return refuse(c, done.error)
    return c.json(present(found.value))
  }
}
