/** The gate's report of a run or of a candidate, as a page, as text or as JSON. */
import { createRoute, z } from '@hono/zod-openapi'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import type { Context } from 'hono'
import type { ReadDb } from '../db/handles.ts'
import { apiRouter } from '../http/api-router.ts'
import { replyFault } from '../http/reply.ts'
import type { JudgedCandidate } from '../registry/report/judged-candidate.ts'
import { reportPage } from '../registry/report/report-page.ts'
import { reportText } from '../registry/report/report-text.ts'
import { findCandidate, findModel } from '../registry/registry-repo.ts'
import { reportReply, ReportSchema } from '../registry/report-schema.ts'
import { findRun } from './run-repo.ts'

/** What the gate said in this run; a candidate that several runs made has several reports. */
async function judgedInRun(db: ReadDb, runId: string): Promise<Result<JudgedCandidate, Fault>> {
  const run = await findRun(db, runId)
  if (run === undefined) return err(fault('http.not-found', `run ${runId}`))
  if (run.candidateId === null || run.report === null)
    return err(fault('http.not-found', `a report of run ${runId} (${run.state}: ${run.step})`))
  const judged = await judgedCandidate(db, run.candidateId)
  return judged.ok
    ? ok({ ...judged.value, report: run.report, judgedAtMs: run.finishedAtMs ?? run.createdAtMs })
    : judged
}

/** What the gate said of it last. */
async function judgedCandidate(db: ReadDb, candidateId: string): Promise<Result<JudgedCandidate, Fault>> {
  const row = await findCandidate(db, candidateId)
  if (row === undefined) return err(fault('http.not-found', `candidate ${candidateId}`))
  const { candidate, report, approval, createdAtMs } = row
  if (report === null) return err(fault('http.not-found', `a report of the gate on candidate ${candidateId}`))
  const model = await findModel(db, candidate.modelName)
  return ok({ candidate, report, approval, judgedAtMs: createdAtMs, isChampion: model?.championId === candidateId })
}

const query = z.object({ format: z.enum(['html', 'text', 'json']).default('html') })
const responses = {
  200: {
    description: 'The report: one HTML file that stands alone, text, or JSON',
    content: {
      'text/html': { schema: z.string() },
      'text/plain': { schema: z.string() },
      'application/json': { schema: ReportSchema },
    },
  },
}
const tags = ['models']

const send = (c: Context, judged: JudgedCandidate, format: z.infer<typeof query>['format']) =>
  format === 'html'
    ? c.html(reportPage(judged), 200, {
        'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
      })
    : format === 'text'
      ? c.text(reportText(judged), 200)
      : c.json(reportReply(judged.report), 200)

export const reportRoutes = (db: ReadDb) =>
  apiRouter()
    .openapi(
      createRoute({
        method: 'get',
        path: '/runs/{runId}/report',
        tags,
        summary: 'What the gate said in a run, to be read and printed',
        request: { params: z.object({ runId: z.string() }), query },
        responses,
      }),
      async c => {
        const judged = await judgedInRun(db, c.req.valid('param').runId)
        return judged.ok ? send(c, judged.value, c.req.valid('query').format) : replyFault(c, judged.error)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/candidates/{candidateId}/report',
        tags,
        summary: 'What the gate said of a candidate, to be read and printed',
        request: { params: z.object({ candidateId: z.string() }), query },
        responses,
      }),
      async c => {
        const judged = await judgedCandidate(db, c.req.valid('param').candidateId)
        return judged.ok ? send(c, judged.value, c.req.valid('query').format) : replyFault(c, judged.error)
      },
    )
