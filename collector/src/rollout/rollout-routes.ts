/** How far releases have gone out, and the verbs of people. A route translates; it decides nothing. */
import { createRoute, z } from '@hono/zod-openapi'
import { DeviceIdSchema } from '@murram/ground'
import { apiRouter } from '../http/api-router.ts'
import { replyFault } from '../http/reply.ts'
import type { OrderRow } from './order-repo.ts'
import type { ChallengerView, RolloutDoor, RolloutView } from './steer-rollout.ts'

const Order = z
  .object({
    modelName: z.string(),
    releaseId: z.string(),
    orderNumber: z.number().int(),
    openRing: z.number().int(),
    state: z.enum(['advancing', 'halted', 'complete']),
    who: z.string(),
    reason: z.string(),
    challenger: z.string().nullable(),
    atMs: z.number(),
  })
  .openapi('RolloutOrder')

const reply = ({ modelName, releaseId, orderNumber, openRing, state, who, reason, challenger, atMs }: OrderRow) => ({
  modelName,
  releaseId,
  orderNumber,
  openRing,
  state,
  who,
  reason,
  challenger: challenger?.signed.body.releaseId ?? null,
  atMs,
})

const count = z.number().int()
const Rollout = z
  .object({
    order: Order,
    /** `null`: all have it. */
    evidence: z
      .object({
        devices: count,
        installed: count,
        scores: count,
        scoredDevices: count,
        unscored: count,
        failures: z.array(z.object({ deviceId: z.string(), why: z.string() })),
        pairs: count,
        flips: count,
        promisedFlips: z.number().nullable(),
        judged: z.enum(['too few', 'not worse', 'worse']),
      })
      .nullable(),
    /** What would be done now, in words; `null` where it is halted or complete. */
    next: z.object({ do: z.enum(['wait', 'advance', 'halt']), why: z.string() }).nullable(),
    history: z.array(Order),
  })
  .openapi('Rollout')

const toView = ({ order, evidence, decision, history }: RolloutView): z.infer<typeof Rollout> => ({
  order: reply(order),
  evidence: evidence === null ? null : { ...evidence, failures: [...evidence.failures] },
  next: decision === null ? null : { do: decision.do, why: decision.why },
  history: history.map(reply),
})

const Challenger = z
  .object({
    releaseId: z.string(),
    candidateId: z.string().nullable(),
    kind: z.enum(['release', 'named']),
    pairs: count,
    championLogLoss: z.number().nullable(),
    shadowLogLoss: z.number().nullable(),
    gain: z.object({ mean: z.number(), lower: z.number(), upper: z.number() }).nullable(),
    verdict: z.enum(['too few', 'not worse', 'worse']),
    words: z.string(),
  })
  .openapi('Challenger')

const toChallenger = ({ gain, ...view }: ChallengerView): z.infer<typeof Challenger> => ({
  ...view,
  gain: gain === null ? null : { ...gain },
})

const who = z.string().min(1).max(200)
const SaidBy = z.strictObject({ who, reason: z.string().min(1).max(1_000) })
const tags = ['models']
const json = <T extends z.ZodType>(schema: T, description: string) => ({
  content: { 'application/json': { schema } },
  description,
})
const params = z.object({ modelName: z.string() })
const ordered = { 200: json(z.object({ order: Order }), 'The order that is now in force') }

const verb = (name: 'halt' | 'resume' | 'advance', summary: string) =>
  createRoute({
    method: 'post',
    path: `/models/{modelName}/${name}` as const,
    tags,
    summary,
    request: { params, body: json(SaidBy, 'Who, and why') },
    responses: ordered,
  })

export const rolloutRoutes = (door: RolloutDoor) =>
  apiRouter()
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{modelName}/rollout',
        tags,
        summary: 'How far the newest release has gone out, what devices showed, and what is missing',
        request: { params },
        responses: { 200: json(Rollout, 'The rollout') },
      }),
      async c => {
        const found = await door.find(c.req.valid('param').modelName)
        return found.ok ? c.json(toView(found.value), 200) : replyFault(c, found.error)
      },
    )
    .openapi(verb('halt', 'Nobody new installs the release; who has it keeps it'), async c => {
      const given = await door.halt(c.req.valid('param').modelName, c.req.valid('json'))
      return given.ok ? c.json({ order: reply(given.value) }, 200) : replyFault(c, given.error)
    })
    .openapi(verb('resume', 'A halted release goes on from where it was'), async c => {
      const given = await door.resume(c.req.valid('param').modelName, c.req.valid('json'))
      return given.ok ? c.json({ order: reply(given.value) }, 200) : replyFault(c, given.error)
    })
    .openapi(verb('advance', 'Open the next ring now, whatever has been shown'), async c => {
      const given = await door.advance(c.req.valid('param').modelName, c.req.valid('json'))
      return given.ok ? c.json({ order: reply(given.value) }, 200) : replyFault(c, given.error)
    })
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{modelName}/challenger',
        tags,
        summary: 'Have devices score a candidate in shadow, or (null) none any more',
        request: {
          params,
          body: json(SaidBy.extend({ candidateId: z.string().nullable() }), 'The candidate, who, and why'),
        },
        responses: ordered,
      }),
      async c => {
        const { candidateId, ...by } = c.req.valid('json')
        const given = await door.challenge(c.req.valid('param').modelName, candidateId, by)
        return given.ok ? c.json({ order: reply(given.value) }, 200) : replyFault(c, given.error)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{modelName}/challengers',
        tags,
        summary: 'Models scored in shadow against the one in force, by verified outcomes',
        request: { params },
        responses: { 200: json(z.object({ challengers: z.array(Challenger) }), 'Challengers') },
      }),
      async c => {
        const found = await door.challengers(c.req.valid('param').modelName)
        return found.ok ? c.json({ challengers: found.value.map(toChallenger) }, 200) : replyFault(c, found.error)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/rollout/staff',
        tags,
        summary: 'Devices of ring 0',
        responses: { 200: json(z.object({ devices: z.array(z.string()) }), 'Devices') },
      }),
      async c => c.json({ devices: [...(await door.staff())] }, 200),
    )
    .openapi(
      createRoute({
        method: 'put',
        path: '/rollout/staff',
        tags,
        summary: 'Name the devices of ring 0',
        request: {
          body: json(z.strictObject({ devices: z.array(DeviceIdSchema).max(1_000), who }), 'Devices, and who'),
        },
        responses: { 200: json(z.object({ devices: z.array(z.string()) }), 'Devices') },
      }),
      async c => {
        const { devices, who: by } = c.req.valid('json')
        await door.setStaff(devices, by)
        return c.json({ devices: [...(await door.staff())] }, 200)
      },
    )
