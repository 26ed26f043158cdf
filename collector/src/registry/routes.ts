/** Models: their champion, their candidates, and how one begins. A route translates; it decides nothing. */
import { createRoute, z } from '@hono/zod-openapi'
import type { ModelList } from '../http/api-types.ts'
import { apiRouter } from '../http/api-router.ts'
import type { ReleaseRow } from '../rollout/release-repo.ts'
import { replyFault } from '../http/reply.ts'
import type { ImportBundle } from './import-bundle.ts'
import type { PublishBaseline } from './publish-baseline.ts'
import type { PromoteByPerson } from './promote-by-person.ts'
import { parseRecipe } from './recipe.ts'
import type { CandidateRow, ModelRow } from './registry-repo.ts'
import { reportReply, ReportSchema } from './report-schema.ts'

export interface ModelDoor {
  list(): Promise<readonly { readonly model: ModelRow; readonly candidates: readonly CandidateRow[] }[]>
  readonly publishBaseline: PublishBaseline
  readonly promote: PromoteByPerson
  readonly importBundle: ImportBundle
}

const CandidateReply = z
  .object({
    candidateId: z.string(),
    kind: z.enum(['prior', 'logistic', 'trees', 'imported']),
    inputs: z.number().int(),
    metrics: z.record(z.string(), z.number()),
    sizeBytes: z.number(),
    snapshot: z.string().nullable(),
    runId: z.string().nullable(),
    handicap: z.string().nullable(),
    champion: z.boolean(),
    report: ReportSchema.nullable(),
    approval: z
      .object({ by: z.string(), reason: z.string(), atMs: z.number(), overridden: z.array(z.string()) })
      .nullable()
      .describe('Who promoted it past the gate, and why'),
    createdAtMs: z.number(),
  })
  .openapi('Candidate')
const ModelReply = z
  .object({
    modelName: z.string(),
    formId: z.string(),
    classes: z.array(z.string()),
    positive: z.string(),
    threshold: z.number(),
    championId: z.string().nullable(),
    card: z.string(),
    candidates: z.array(CandidateReply),
  })
  .openapi('Model')

const candidateReply = ({ candidate, report, approval, createdAtMs }: CandidateRow, championId: string | null) => ({
  candidateId: candidate.candidateId,
  kind: candidate.kind,
  inputs: candidate.inputs.length,
  metrics: { ...candidate.metrics },
  sizeBytes: candidate.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  snapshot: candidate.snapshot,
  runId: candidate.runId,
  handicap: candidate.handicap,
  champion: candidate.candidateId === championId,
  report: report === null ? null : reportReply(report),
  approval: approval === null ? null : { ...approval, overridden: [...approval.overridden] },
  createdAtMs,
})

const tags = ['models']

/** Who answers for what no gate let through. */
const answerable = {
  by: z.string().trim().min(2).max(200),
  reason: z.string().trim().min(10, 'is a reason of ten letters or more').max(2_000),
}
const Release = z.object({ releaseId: z.string(), counter: z.number().int(), ring: z.number().int() })
const releaseReply = ({ releaseId, counter, signed }: ReleaseRow) => ({ releaseId, counter, ring: signed.body.ring })

export const modelRoutes = (door: ModelDoor) =>
  apiRouter()
    .openapi(
      createRoute({
        method: 'get',
        path: '/models',
        tags,
        summary: 'Models with their champion and every candidate',
        responses: {
          200: {
            description: 'Models',
            content: { 'application/json': { schema: z.object({ models: z.array(ModelReply) }) } },
          },
        },
      }),
      async c => {
        const models = (await door.list()).map(({ model, candidates }) => ({
          modelName: model.modelName,
          formId: model.formId,
          classes: [...model.recipe.outcome.classes],
          positive: model.recipe.outcome.positive,
          threshold: model.recipe.threshold,
          championId: model.championId,
          card: model.card,
          candidates: candidates.map(row => candidateReply(row, model.championId)),
        }))
        return c.json({ models } satisfies ModelList, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models',
        tags,
        summary: 'Publish a recipe: its form must be published; its prior becomes the first release',
        request: {
          body: {
            description: 'The texts of recipe.yaml and card.md',
            content: {
              'application/json': { schema: z.strictObject({ recipe: z.string(), card: z.string().min(1) }) },
            },
          },
        },
        responses: {
          200: {
            description: 'The model; `releaseId` is null where what is in force stays',
            content: {
              'application/json': {
                schema: z.object({
                  modelName: z.string(),
                  candidateId: z.string(),
                  inputs: z.number().int(),
                  unread: z.array(z.string()),
                  releaseId: z.string().nullable(),
                }),
              },
            },
          },
        },
      }),
      async c => {
        const { recipe: text, card } = c.req.valid('json')
        const recipe = parseRecipe(text)
        if (!recipe.ok) return replyFault(c, recipe.error)
        const published = await door.publishBaseline({ recipe: recipe.value, card })
        return published.ok
          ? c.json({ ...published.value, unread: [...published.value.unread] }, 200)
          : replyFault(c, published.error)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{modelName}/promote',
        tags,
        summary: 'A named person promotes a candidate that the gate alone would not, to the staff devices (ring 0)',
        request: {
          params: z.object({ modelName: z.string() }),
          body: {
            description: 'Which candidate, who answers for it, and why; both are kept with the release and the report',
            content: {
              'application/json': {
                schema: z.strictObject({
                  candidateId: z.string(),
                  ...answerable,
                }),
              },
            },
          },
        },
        responses: {
          200: {
            description: 'The release',
            content: { 'application/json': { schema: Release } },
          },
        },
      }),
      async c => {
        const promoted = await door.promote({ ...c.req.valid('param'), ...c.req.valid('json') })
        return promoted.ok ? c.json(releaseReply(promoted.value), 200) : replyFault(c, promoted.error)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/import',
        tags,
        summary: 'A bundle that was made elsewhere: a named person sends it to the staff devices (ring 0)',
        request: {
          body: {
            description:
              'The recipe, the signed manifest of the bundle, its files in base64, who answers for it, and why',
            content: {
              'application/json': {
                schema: z.strictObject({
                  recipe: z.string(),
                  card: z.string().min(1),
                  signed: z.unknown(),
                  files: z.strictObject({
                    'model.onnx': z.base64(),
                    'trees.json': z.base64(),
                    'vectors.json': z.base64(),
                    'card.md': z.base64(),
                  }),
                  ...answerable,
                }),
              },
            },
          },
        },
        responses: { 200: { description: 'The release', content: { 'application/json': { schema: Release } } } },
      }),
      async c => {
        const { recipe: text, files, ...said } = c.req.valid('json')
        const recipe = parseRecipe(text)
        if (!recipe.ok) return replyFault(c, recipe.error)
        const bytes = new Map(
          Object.entries(files).map(([name, base64]) => [name, Uint8Array.from(Buffer.from(base64, 'base64'))]),
        )
        const imported = await door.importBundle({ ...said, recipe: recipe.value, files: bytes })
        return imported.ok ? c.json(releaseReply(imported.value), 200) : replyFault(c, imported.error)
      },
    )
