/** Scores for programs that ask with an API key. A route translates; it decides nothing. */
import { createRoute, z } from '@hono/zod-openapi'
import { fault, type Fault, type Result } from '@murram/ground'
import { createMiddleware } from 'hono/factory'
import { bodyLimit } from 'hono/body-limit'
import type { Admitted } from '../access/api-keys.ts'
import { apiRouter } from '../http/api-router.ts'
import { described, jsonBody } from '../http/describe-route.ts'
import { replyFault, replyOf } from '../http/reply.ts'
import type { Answered, PredictionReply, PredictOrder } from './prediction.ts'

export interface PredictDoor {
  readonly admit: (given: string | undefined) => Promise<Result<Admitted, Fault>>
  /** @returns How long the key must wait, ms; 0: it was let in, and has paid. */
  readonly take: (key: Admitted, records: number) => number
  readonly predict: (order: PredictOrder) => Promise<Result<Answered, Fault>>
}

export const MOST_RECORDS = 10_000
/** 10,000 records of a kilobyte. It is parsed in one piece, so it has an end. */
const MOST_BYTES = 10_000_000

const share = z.number().min(0).max(1)
const Prediction = z
  .object({
    /** The class that the model names. */
    label: z.string(),
    /** The class that `probability` is of: of two the positive one, of several the one named. */
    positive: z.string(),
    probability: share,
    probabilities: z.record(z.string(), share),
    sure: z.boolean(),
    /** Why it is not sure; null where it is. */
    abstains: z.enum(['unmeasured', 'missing', 'undecided']).nullable(),
    /** Classes that are possible at the promised coverage. */
    possible: z.array(z.string()),
    /** The answers that weighed most; absent where nobody asked for them. */
    reasons: z
      .array(z.object({ input: z.string(), label: z.string(), contribution: z.number(), sentence: z.string() }))
      .optional(),
    /** What the model reads and the record does not say. */
    missing: z.array(z.string()),
  })
  .openapi('Prediction')
const Refused = z
  .object({ fault: z.string(), what: z.string(), mend: z.string(), detail: z.string().optional() })
  .openapi('RefusedRecord')
const Reply = z
  .object({
    model: z.object({
      modelName: z.string(),
      releaseId: z.string(),
      counter: z.number().int(),
      candidateId: z.string(),
      formId: z.string(),
      formVersion: z.string(),
      releasedAtMs: z.number(),
      ageMs: z.number(),
    }),
    /** Of one record. */
    prediction: Prediction.optional(),
    /** Of a batch, in its order: a record that is refused says why in its place. */
    predictions: z.array(z.union([Prediction, Refused])).optional(),
    scored: z.number().int(),
    refused: z.number().int(),
  })
  .openapi('Predictions')

const Body = z
  .strictObject({
    // What no database takes for a text is no name.
    model: z
      .string()
      .min(1)
      .max(249)
      .regex(/^\P{Cc}*$/u, 'has control characters'),
    /** Answers by question name or path. */
    record: z.record(z.string(), z.unknown()).optional(),
    records: z.array(z.unknown()).min(1).max(MOST_RECORDS).optional(),
    /** The answer to the one text that the model reads. */
    text: z.string().optional(),
    texts: z.array(z.string()).min(1).max(MOST_RECORDS).optional(),
  })
  .refine(
    ({ record, records, text, texts }) => [record, records, text, texts].filter(one => one !== undefined).length === 1,
    'send one of record, records, text, texts',
  )

const yesOrNo = z.enum(['true', 'false'])

/** At both addresses: beside the rest of the API, and the short one. */
const PATHS = ['/api/v1/predict', '/predict'] as const

export function predictRoutes(door: PredictDoor) {
  const mayAsk = createMiddleware<{ Variables: { admitted: Admitted } }>(async (c, next) => {
    const admitted = await door.admit(c.req.header('X-API-Key'))
    if (!admitted.ok) return replyFault(c, admitted.error)
    c.set('admitted', admitted.value)
    return next()
  })
  const limit = bodyLimit({
    maxSize: MOST_BYTES,
    onError: c => replyFault(c, fault('wire.frame-too-large', `at most ${MOST_BYTES} bytes a request`)),
  })
  const routes = apiRouter()
  for (const path of PATHS) {
    routes.use(path, limit)
    routes.openapi(
      createRoute({
        method: 'post',
        path,
        tags: ['predict'],
        summary: 'Score one record or up to 10,000, by answers to the form or by text',
        security: [{ apiKey: [] }],
        hide: path !== PATHS[0],
        middleware: mayAsk,
        request: {
          query: z.object({ reasons: yesOrNo.default('true'), language: z.string().min(1).max(100).optional() }),
          ...jsonBody(Body),
        },
        responses: described('What the model in force says', 200, Reply),
      }),
      async c => {
        const { model: modelName, record, records, text, texts } = c.req.valid('json')
        const { reasons, language } = c.req.valid('query')
        const asked = records ?? (record === undefined ? undefined : [record])
        const said = texts ?? (text === undefined ? [] : [text])
        const count = asked?.length ?? said.length
        const waitMs = door.take(c.get('admitted'), count)
        if (waitMs > 0) {
          c.header('Retry-After', String(Math.ceil(waitMs / 1_000)))
          return replyFault(c, fault('access.too-much'))
        }
        const done = await door.predict({
          modelName,
          given: asked === undefined ? { texts: said } : { records: asked },
          reasons: reasons === 'true',
          language: language ?? null,
        })
        if (!done.ok) return replyFault(c, done.error)
        const { model, predictions } = done.value
        const refused = predictions.filter(one => !one.ok).length
        const counts = { scored: predictions.length - refused, refused }
        if (records !== undefined || texts !== undefined)
          return c.json({ model, predictions: predictions.map(inPlace), ...counts }, 200)
        const [only] = predictions
        return only?.ok === true
          ? c.json({ model, prediction: only.value, ...counts }, 200)
          : replyFault(c, only?.error ?? fault('http.internal'))
      },
    )
  }
  return routes
}

const inPlace = (one: Result<PredictionReply, Fault>) => (one.ok ? one.value : replyOf(one.error))
