/** Runs: what was started, how far it is, what the gate said. A route translates; it decides nothing. */
import { createRoute, z } from '@hono/zod-openapi'
import { fault, type Fault, type Result } from '@murram/ground'
import { RunEventSchema, type RunEvent } from '@murram/lineage'
import type { RunDetail as RunDetailReply, RunList, TriggerList } from '../http/api-types.ts'
import { apiRouter } from '../http/api-router.ts'
import { replyFault } from '../http/reply.ts'
import { reportReply, ReportSchema } from '../registry/report-schema.ts'
import type { Making } from './making.ts'
import type { RunRow, SnapshotRow } from './run-repo.ts'
import type { WeighedTrigger } from './weigh-triggers.ts'

export interface RunDoor {
  find(runId: string): Promise<{ readonly run: RunRow; readonly snapshot: SnapshotRow | undefined } | undefined>
  list(limit: number): Promise<readonly RunRow[]>
  making(releaseId: string): Promise<Making | undefined>
  /** In the order in which they happened; `undefined` where there is no such run. */
  lineage(runId: string): Promise<readonly RunEvent[] | undefined>
  triggers(modelName: string): Promise<readonly WeighedTrigger[] | undefined>
  startRun(order: {
    readonly modelName: string
    readonly handicap: RunRow['handicap']
    readonly who: string | null
    readonly why: string | null
  }): Promise<Result<RunRow, Fault>>
  cancel(runId: string, by: { readonly who: string; readonly why: string }): Promise<Result<RunRow, Fault>>
}

const TriggerName = z.enum(['outcomes', 'degradation', 'calibration', 'schedule', 'person'])
const Run = z
  .object({
    runId: z.string(),
    modelName: z.string(),
    trigger: TriggerName,
    because: z.string(),
    handicap: z.enum(['shuffled-labels']).nullable(),
    state: z.enum(['queued', 'running', 'finished', 'failed', 'cancelled']),
    progress: z.number(),
    step: z.string(),
    attempts: z.number().int(),
    snapshot: z.string().nullable(),
    candidateId: z.string().nullable(),
    verdict: z.enum(['promote', 'refused']).nullable(),
    releaseId: z.string().nullable(),
    reason: z.unknown(),
    cancelled: z.object({ who: z.string(), why: z.string() }).nullable(),
    createdAtMs: z.number(),
    startedAtMs: z.number().nullable(),
    finishedAtMs: z.number().nullable(),
  })
  .openapi('Run')
const RunDetail = Run.extend({
  report: ReportSchema.nullable(),
  rows: z.object({ used: z.number(), positives: z.number(), leftOut: z.record(z.string(), z.number()) }).nullable(),
  record: z
    .object({
      rung: z.enum(['prior', 'logistic', 'trees']),
      seed: z.number(),
      trainedRows: z.number(),
      holdoutRows: z.number(),
      crossValidated: z.object({ logistic: z.number().nullable(), trees: z.number().nullable() }),
      hyperParameters: z.record(z.string(), z.union([z.number(), z.string()])),
      recipeDigest: z.string(),
      handicap: z.string().nullable(),
      metrics: z.record(z.string(), z.number()),
      artefacts: z.array(z.object({ name: z.string(), sha256: z.string(), sizeBytes: z.number() })),
    })
    .nullable(),
  mlflow: z
    .object({
      state: z.enum(['waiting', 'logged', 'given-up']),
      tries: z.number(),
      said: z.string(),
      experimentId: z.string().nullable(),
      mlflowRunId: z.string().nullable(),
      atMs: z.number(),
    })
    .nullable(),
})
const Trigger = z
  .object({
    trigger: TriggerName,
    verdict: z.enum(['starts', 'held', 'waits', 'too-few', 'off']),
    value: z.number().nullable(),
    limit: z.number().nullable(),
    why: z.string(),
    nextAtMs: z.number().nullable(),
  })
  .openapi('Trigger')
const said = z.string().trim().min(1).max(500)

const MakingReply = z
  .object({ releaseId: z.string(), making: z.string().describe('JSON of candidate, recipe, salt and frozen rows') })
  .openapi('Making')

const reply = ({ report: _report, uptoSeq: _uptoSeq, record: _record, mlflow: _mlflow, ...run }: RunRow) => run
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
            record:
              run.record === null ? null : { ...run.record, artefacts: run.record.artefacts.map(one => ({ ...one })) },
            mlflow: run.mlflow,
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
            z.strictObject({
              modelName: z.string(),
              handicap: z.enum(['shuffled-labels']).optional(),
              who: said.optional(),
              why: said.optional(),
            }),
            'Which model; a handicap spoils the run on purpose, in the demo only',
          ),
        },
        responses: { 202: json(z.object({ run: Run }), 'The run is queued') },
      }),
      async c => {
        const { modelName, handicap = null, who = null, why = null } = c.req.valid('json')
        const started = await door.startRun({ modelName, handicap, who, why })
        return started.ok ? c.json({ run: reply(started.value) }, 202) : replyFault(c, started.error)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/runs/{runId}/cancel',
        tags,
        summary: 'End a run before it has an answer: no candidate, no release',
        request: {
          params: z.object({ runId: z.string() }),
          body: json(z.strictObject({ who: said, why: said }), 'Who cancels it, and why: both are kept'),
        },
        responses: { 200: json(z.object({ run: Run }), 'The run, cancelled') },
      }),
      async c => {
        const cancelled = await door.cancel(c.req.valid('param').runId, c.req.valid('json'))
        return cancelled.ok ? c.json({ run: reply(cancelled.value) }, 200) : replyFault(c, cancelled.error)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/runs/{runId}/lineage',
        tags,
        summary: 'What a run read and made, as OpenLineage run events in the order in which they happened',
        request: { params: z.object({ runId: z.string() }) },
        responses: { 200: json(z.object({ events: z.array(RunEventSchema) }), 'OpenLineage 2-0-2 run events') },
      }),
      async c => {
        const events = await door.lineage(c.req.valid('param').runId)
        return events === undefined
          ? replyFault(c, fault('http.not-found', 'run'))
          : c.json({ events: [...events] }, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{modelName}/triggers',
        tags,
        summary: 'What would start a run of this model, what holds it, and why',
        request: { params: z.object({ modelName: z.string() }) },
        responses: { 200: json(z.object({ triggers: z.array(Trigger) }), 'Each trigger with its value and limit') },
      }),
      async c => {
        const triggers = await door.triggers(c.req.valid('param').modelName)
        return triggers === undefined
          ? replyFault(c, fault('http.not-found', 'model'))
          : c.json({ triggers: [...triggers] } satisfies TriggerList, 200)
      },
    )
