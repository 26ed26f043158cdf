/**
 * A form as the officer will see it, in the officer's own page, with nothing behind it: no
 * store, no keys, no collector. The author writes in the workbook, saves, and the page shows
 * the new version with the answers that were already given.
 *
 * PV1 nothing is written to a disk; finishing shows the submission and forgets it
 * PV2 a version that cannot be opened is reported beside the last one that could
 * PV3 answers are carried by path to the new version; those it has no place for are left out
 *
 * Not here: reading the workbook and watching it (apps/cli/src/preview).
 */
import { err, fault, ok, unwrap, type FaultOf, type Millis, type Result } from '@murram/ground'
import { openSession, type Answers, type Form, type Session } from '@murram/xform'
import { Hono } from 'hono'
import { BehaviorSubject } from 'rxjs'
import type { PreviewFindingJson, PreviewFinishedJson, PreviewJson } from './api-types.ts'
import { createInterviewRoutes } from './interview-routes.ts'
import { createPreviewFiles } from './preview-files.ts'
import type { OpenInterview } from './present-interview.ts'
import { refuse } from './reply.ts'
import { servePage, type Loopback } from './serve-page.ts'

/** What reading the file gave: a form, or why there is none. */
export interface PreviewLoad {
  readonly form: Form | null
  readonly findings: readonly PreviewFindingJson[]
}

export interface PreviewOptions {
  readonly fileName: string
  readonly port: number
  readonly fieldDir?: string
  readonly now: () => number
  readonly uuid: () => string
  readonly random: () => number
}

export interface Preview extends Loopback {
  readonly show: (load: PreviewLoad) => void
}

export async function startPreview(options: PreviewOptions): Promise<Result<Preview, FaultOf<'house.port-occupied'>>> {
  const interviews = new Map<string, { readonly interview: OpenInterview; readonly session: Session }>()
  let newest: { readonly form: Form; readonly interviewId: string } | null = null
  const state = new BehaviorSubject<PreviewJson>({
    fileName: options.fileName,
    interviewId: null,
    title: '',
    version: '',
    isStale: false,
    findings: [],
    readAtMs: options.now(),
  })

  function open(form: Form, answers: Answers, language: string | undefined): string {
    const session = unwrap(
      openSession(form, {
        now: () => options.now() as Millis,
        uuid: options.uuid,
        random: options.random,
        answers,
        ...(language === undefined ? {} : { language }),
      }),
    )
    const interviewId = session.instanceId.replace(/^uuid:/, '')
    interviews.clear()
    interviews.set(interviewId, { session, interview: { ...session, interviewId, entityId: null, correct: null } })
    newest = { form, interviewId }
    return interviewId
  }

  const find = async (interviewId: string) => {
    const found = interviews.get(interviewId)
    return found === undefined ? err(fault('http.not-found', `interview ${interviewId}`)) : ok(found.interview)
  }

  function show({ form, findings }: PreviewLoad): void {
    const before = state.value
    const seen = { ...before, findings, readAtMs: options.now() }
    if (form === null) {
      state.next({ ...seen, isStale: before.interviewId !== null }) // PV2
      return
    }
    const session = newest === null ? undefined : interviews.get(newest.interviewId)?.session
    const kept = session === undefined ? {} : carried(session.draft().values, form) // PV3
    const interviewId = open(form, kept, session?.language())
    state.next({ ...seen, interviewId, title: form.title, version: form.version, isStale: false })
  }

  const routes = new Hono()
  routes.route('/', createInterviewRoutes(find, createPreviewFiles(find, options.now)))
  routes.get('/api/interviews/:id/answers', c => {
    const found = interviews.get(c.req.param('id'))
    return found === undefined ? refuse(c, fault('http.not-found')) : c.json(found.session.answers())
  })
  routes.post('/api/interviews/:id/finalise', c => {
    const found = interviews.get(c.req.param('id'))
    if (found === undefined) return refuse(c, fault('http.not-found'))
    const finalised = found.session.finalise()
    if (!finalised.ok) return refuse(c, finalised.error)
    const { answers, xml, audit } = finalised.value
    return c.json({ answers, xml, audit } satisfies PreviewFinishedJson) // PV1
  })
  routes.post('/api/preview/restart', c => {
    if (newest !== null) state.next({ ...state.value, interviewId: open(newest.form, {}, undefined) })
    return c.json(state.value)
  })

  const { port, fieldDir } = options
  const served = await servePage({
    port,
    ...(fieldDir === undefined ? {} : { fieldDir }),
    page: 'preview.html',
    routes,
    live: { preview: state },
  })
  return served.ok ? ok({ ...served.value, show }) : served
}

/** Blank answers are left out, so that a new default is seen. */
function carried(values: Answers, form: Form): Answers {
  const asked = new Set(form.questions.filter(question => !question.readOnly).map(({ path }) => path))
  return Object.fromEntries(
    Object.entries(values).filter(([ref, value]) => value !== '' && asked.has(ref.replace(/\[\d+\]/g, ''))),
  )
}
