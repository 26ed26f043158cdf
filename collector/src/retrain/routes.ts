/** Runs: what was started, how far it is, what the gate said. A route translates; it decides nothing. */
import { createRoute, z } from '@hono/zod-openapi'
import { fault, type Fault, type Result } from '@murram/ground'
import type { RunDetail as RunDetailReply, RunList } from '../http/api-types.ts'
import { apiRouter } from '../http/api-router.ts'
import { replyFault } from '../http/reply.ts'
import { reportReply, ReportSchema } from '../registry/report-schema.ts'
import type { Making } from './making.ts'
import type { RunRow, SnapshotRow } from './run-repo.ts'

export interface RunDoor {
  find(runId: string): Promise<{ readonly run: RunRow; readonly snapshot: SnapshotRow | undefined } | undefined>
  list(limit: number): Promise<readonly RunRow[]>
  making(releaseId: string): Promise<Making | undefined>
  startRun(order: { readonly modelName: string; readonly handicap: RunRow['handicap'] }): Promise<Result<RunRow, Fault>>
}

const Run = z
  .object({
    runId: z.string(),
    modelName: z.string(),
    trigger: z.enum(['outcomes', 'person']),
    handicap: z.enum(['shuffled-labels']).nullable(),
    state: z.enum(['queued', 'running', 'finished', 'failed']),
    progress: z.number(),
    step: z.string(),
    attempts: z.number().int(),
    snapshot: z.string().nullable(),
    candidateId: z.string().nullable(),
    verdict: z.enum(['promote', 'refused']).nullable(),
    releaseId: z.string().nullable(),
    reason: z.unknown(),
    createdAtMs: z.number(),
    startedAtMs: z.number().nullable(),
    finishedAtMs: z.number().nullable(),
  })
  .openapi('Run')
const RunDetail = Run.extend({
  report: ReportSchema.nullable(),
  rows: z.object({ used: z.number(), positives: z.number(), leftOut: z.record(z.string(), z.number()) }).nullable(),
})

const MakingReply = z
  .object({ releaseId: z.string(), making: z.string().describe('JSON of candidate, recipe, salt and frozen rows') })
  .openapi('Making')

const reply = ({ report: _report, uptoSeq: _uptoSeq, ...run }: RunRow) => run
const tags = ['models']
const json = <T extends z.ZodType>(schema: T, description: string) => ({
  content: { 'application/json': { schema } },
  description,
})

export const runRoutes = (door: RunDoor) =>
  apiRouter()
    .openapi(
      createRoute({
        method: 'get',
        path: '/runs',
        tags,
        summary: 'Training runs, newest first',
        request: { query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(50) }) },
        responses: { 200: json(z.object({ runs: z.array(Run) }), 'Runs') },
      }),
      async c => c.json({ runs: (await door.list(c.req.valid('query').limit)).map(reply) } satisfies RunList, 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/runs/{runId}',
        tags,
        summary: 'One run: how far it is, and what the gate said',
        request: { params: z.object({ runId: z.string() }) },
        responses: { 200: json(RunDetail, 'The run') },
      }),
      async c => {
        const found = await door.find(c.req.valid('param').runId)
        if (found === undefined) return replyFault(c, fault('http.not-found', 'run'))
        const { run, snapshot } = found
        const rows =
          snapshot === undefined
            ? null
            : { used: snapshot.rows, positives: snapshot.positives, leftOut: { ...snapshot.leftOut } }
        return c.json(
          {
            ...reply(run),
            report: run.report === null ? null : reportReply(run.report),
            rows,
          } satisfies RunDetailReply,
          200,
        )
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/releases/{releaseId}/making',
        tags,
        summary: 'What a release was made of: its frozen rows (answers of households), recipe and salt',
        request: { params: z.object({ releaseId: z.string() }) },
        responses: { 200: json(MakingReply, 'Enough to make it again elsewhere') },
      }),
      async c => {
        const making = await door.making(c.req.valid('param').releaseId)
        return making === undefined
          ? replyFault(c, fault('http.not-found', 'release'))
          : c.json({ releaseId: making.releaseId, making: JSON.stringify(making) }, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/runs',
        tags,
        summary: 'Start a run now',
        request: {
          body: json(
            z.strictObject({ modelName: z.string(), handicap: z.enum(['shuffled-labels']).optional() }),
            'Which model; a handicap spoils the run on purpose, in the demo only',
          ),
        },
        responses: { 202: json(z.object({ run: Run }), 'The run is queued') },
      }),
      async c => {
        const { modelName, handicap } = c.req.valid('json')
        const started = await door.startRun({ modelName, handicap: handicap ?? null })
        return started.ok ? c.json({ run: reply(started.value) }, 202) : replyFault(c, started.error)
      },
    )
