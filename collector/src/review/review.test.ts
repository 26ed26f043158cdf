import { randomUUID } from 'node:crypto'
import type { ReturnBody } from '@murram/wire'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type {
  ConflictList,
  EntityDetail,
  FoldedAgainReply,
  FoldReply,
  OwnSubmission,
  ReviewList,
  ReviewReply,
  SubmissionList,
} from '../http/api-types.ts'
import { inTransaction } from '../db/handles.ts'
import type { FeedEntry } from '../feed/feed-entry.ts'
import { liveInterviews } from '../retrain/training-rows-repo.ts'
import { tellNewLaptop } from './told-returns.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

let cluster: TestCluster
let collector: TestCollector
let amina: TestDevice
let baraka: TestDevice
beforeAll(async () => {
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster, rooms: [] })
  await collector.publish(householdXml())
  const startMs = Date.now() - 10_000_000
  amina = await enrolTestDevice({ collector, officer: 'Amina', clockMs: startMs })
  baraka = await enrolTestDevice({ collector, officer: 'Baraka', clockMs: startMs + 1_000_000 })
  await amina.connect()
  await baraka.connect()
})
afterAll(async () => {
  await collector.close()
  await cluster.stop()
})

const entity = async (entityId: string) => (await collector.get<EntityDetail>(`/entities/${entityId}`)).body
const told = async (device: TestDevice, after: number) => (await device.pull({ epoch: 1, number: after })).rows
const feedNumber = async () => (await collector.get<{ feedNumber: number }>('/summary')).body.feedNumber
const review = (instanceId: string, body: object) =>
  collector.post<ReviewReply>(`/submissions/${instanceId}/review`, body)
const sendBack = (instanceId: string, text = 'look again', path: string | null = null) =>
  review(instanceId, { verdict: 'return', comments: [{ path, text }] })
const undo = (instanceId: string) => collector.post<ReviewReply>(`/submissions/${instanceId}/undo`)
const one = async (instanceId: string) => {
  const { body } = await collector.get<SubmissionList>(`/submissions?instanceId=${instanceId}`)
  return body.submissions[0]
}
const household = async (device: TestDevice, answers: Record<string, string>) => {
  const entityId = randomUUID()
  const { submission } = await device.submit({
    answers: { ...answers, ...namingEntity(entityId, 'create', answers.name ?? 'Asha') },
  })
  return { entityId, submission, instanceId: submission.instanceId }
}
const visit = (device: TestDevice, entityId: string, answers: Record<string, string>, base: Record<string, string>) =>
  device.submit({ answers: { ...answers, ...namingEntity(entityId, 'update') }, base })

test('R1 a returned submission is out of force, its author is told with the comments, and nobody else', async () => {
  const { entityId } = await household(amina, { name: 'Asha', roof: 'iron' })
  const { submission } = await visit(baraka, entityId, { roof: 'tile' }, { roof: 'iron' })
  const before = await feedNumber()
  const reply = await sendBack(submission.instanceId, 'is it not iron?', 'roof')
  expect(reply).toMatchObject({ status: 200, body: { about: submission.instanceId, state: 'returned' } })
  expect(await entity(entityId)).toMatchObject({ properties: { roof: 'iron' }, conflicted: [] })
  const row = (await told(baraka, before)).find(({ kind }) => kind === 'return')
  expect(row?.key).toBe(submission.instanceId)
  expect(row?.body as ReturnBody).toMatchObject({
    instanceId: submission.instanceId,
    entityId,
    comments: [{ path: 'roof', text: 'is it not iron?' }],
  })
  expect((await told(amina, before)).filter(({ kind }) => kind === 'return')).toEqual([])
  expect(await one(submission.instanceId)).toMatchObject({ state: 'returned', review: { verdict: 'return' } })
})

test('TR1 every laptop of the officer is told, also one that comes later, and once it is answered none is asked', async () => {
  const { instanceId, submission } = await household(amina, { name: 'Nakato', roof: 'iron' })
  const second = await enrolTestDevice({ collector, officer: 'Amina', clockMs: Date.now() - 900_000 })
  await second.connect()
  await sendBack(instanceId, 'sure?', 'roof')
  const third = await enrolTestDevice({ collector, officer: 'Amina', clockMs: Date.now() - 800_000 })
  await third.connect()
  const shownTo = async (device: TestDevice) => {
    const rows = (await told(device, 0)).filter(({ kind, key }) => kind === 'return' && key === instanceId)
    return rows.map(({ body }) => body as ReturnBody | null)
  }
  const about = { formId: submission.formId, version: submission.version, label: 'Nakato' }
  for (const device of [amina, second, third])
    expect(await shownTo(device)).toMatchObject([{ comments: [{ text: 'sure?' }], about }])
  expect(await shownTo(baraka)).toEqual([])
  // Coming again, it is told nothing anew.
  const before = await feedNumber()
  await third.disconnect()
  await third.connect()
  expect(await feedNumber()).toBe(before)

  await amina.submit({ answers: { ...submission.answers, roof: 'tile' }, deprecatedId: instanceId })
  for (const device of [amina, second, third]) expect(await shownTo(device)).toEqual([null])
  await second.disconnect()
  await third.disconnect()
})

test('TR1 what a laptop is to be asked is found without reading the inbox', async () => {
  const { instanceId } = await household(amina, { name: 'Wanjiku' })
  await sendBack(instanceId, 'sure?')
  const late = await enrolTestDevice({ collector, officer: 'Amina' })
  await inTransaction(collector.write, async tx => {
    await tx.execute(sql`
      insert into submissions (store_id, n, instance_id, device_id, form_id, version, digest, stamp, body, state, received_at_ms)
      select 'many', n, 'uuid:many-' || n, ${baraka.deviceId}, 'household', '1', 'd' || n, 's' || n, '{}', 'applied', 1
        from generate_series(1, 5000) n`)
    const readSoFar = async () => {
      const { rows } = await tx.execute<{ read: string }>(
        sql`select seq_tup_read + idx_tup_fetch as read from pg_stat_xact_user_tables where relname = 'submissions'`,
      )
      return Number(rows[0]?.read)
    }
    const before = await readSoFar()
    const told: string[] = []
    const feed = {
      append: async (_: unknown, entries: readonly FeedEntry[]) => void told.push(...entries.map(e => e.key)),
    }
    await tellNewLaptop({ feed: { ...feed, ring: () => {} } }, tx, late.deviceId)
    expect(told).toContain(instanceId)
    expect((await readSoFar()) - before).toBeLessThan(200)
    await tx.execute(sql`delete from submissions where store_id = 'many'`)
  })
})

test('TR2 a laptop that is revoked is not among those that are told', async () => {
  const gone = await enrolTestDevice({ collector, officer: 'Amina' })
  await collector.post(`/devices/${gone.deviceId}/revoke`)
  const { instanceId } = await household(amina, { name: 'Auma' })
  await sendBack(instanceId)
  const { rows } = await collector.read.execute<{ scope: string[] }>(
    sql`select scope from feed where kind = 'return' and key = ${instanceId}`,
  )
  expect(rows[0]?.scope).toContain(amina.deviceId)
  expect(rows[0]?.scope).not.toContain(gone.deviceId)
})

test('R2 an edit of it is folded in its place, and the author is no longer asked', async () => {
  const { entityId, submission } = await household(amina, { name: 'Asha', roof: 'iron', people: '4' })
  await sendBack(submission.instanceId)
  expect(await entity(entityId)).toMatchObject({ fault: 'http.not-found' })
  const before = await feedNumber()
  const edit = await amina.submit({
    answers: { ...submission.answers, roof: 'tile' },
    deprecatedId: submission.instanceId,
  })
  expect(edit).toMatchObject({ results: [{ result: 'applied' }] })
  expect(await entity(entityId)).toMatchObject({ properties: { roof: 'tile', people: '4' } })
  expect((await told(amina, before)).find(({ kind }) => kind === 'return')).toMatchObject({ body: null })
  // Restoring what was corrected meanwhile changes nothing: the edit stands.
  await review(submission.instanceId, { verdict: 'restore' })
  expect(await entity(entityId)).toMatchObject({ properties: { roof: 'tile' }, conflicted: [] })
})

test('R3 restored, it is as though it had not been returned', async () => {
  const { entityId, instanceId } = await household(amina, { name: 'Asha', roof: 'iron' })
  await visit(baraka, entityId, { roof: 'tile' }, { roof: 'thatch' })
  const before = await entity(entityId)
  await sendBack(instanceId)
  expect((await entity(entityId)).properties).toEqual({ roof: 'tile' })
  const number = await feedNumber()
  await review(instanceId, { verdict: 'restore' })
  const after = await entity(entityId)
  const { updatedAtMs, conflicts } = after
  expect(after).toEqual({ ...before, updatedAtMs, conflicts })
  expect(after.conflicts.map(({ conflictId }) => conflictId)).toEqual(before.conflicts.map(c => c.conflictId))
  expect((await told(amina, number)).find(({ kind }) => kind === 'return')).toMatchObject({ body: null })
})

test('R4 a return asks for a comment, a restore for something returned, and both for a submission', async () => {
  const { instanceId } = await household(amina, { name: 'Asha' })
  expect(await review(instanceId, { verdict: 'return' })).toMatchObject({ status: 400 })
  expect(await review(instanceId, { verdict: 'return', comments: [{ text: '  ' }] })).toMatchObject({ status: 400 })
  expect(await review(instanceId, { verdict: 'restore' })).toMatchObject({ status: 400 })
  expect(await sendBack(`uuid:${randomUUID()}`)).toMatchObject({ status: 404 })
  const endless = Array.from({ length: 60 }, () => ({ text: 'x'.repeat(1_000) }))
  expect(await review(instanceId, { verdict: 'return', comments: endless })).toMatchObject({ status: 400 })
  expect(await one(instanceId)).toMatchObject({ state: 'applied', review: null })
  expect(await undo(instanceId)).toMatchObject({ status: 400 })
})

test('R5 of two reviewers the later counts, both are kept, and whoever says what they saw is told', async () => {
  const { entityId, instanceId } = await household(amina, { name: 'Asha' })
  const [first, second] = await Promise.all([
    sendBack(instanceId, 'one'),
    review(instanceId, { verdict: 'approve', comments: [{ text: 'fine' }] }),
  ])
  expect([first.status, second.status]).toEqual([200, 200])
  const { reviews } = (await collector.get<ReviewList>(`/submissions/${instanceId}/reviews`)).body
  expect(reviews.map(({ verdict }) => verdict).sort()).toEqual(['approve', 'return'])
  const stands = reviews[0]?.verdict
  expect(await one(instanceId)).toMatchObject({ state: stands === 'return' ? 'returned' : 'applied' })
  expect((await entity(entityId)).entityId).toBe(stands === 'return' ? undefined : entityId)
  expect(await review(instanceId, { verdict: 'approve', seen: null })).toMatchObject({
    status: 409,
    body: { fault: 'review.overtaken' },
  })
  expect(await review(instanceId, { verdict: 'approve', seen: reviews[0]?.instanceId })).toMatchObject({ status: 200 })
})

test('R6 a review taken back leaves no trace, and the taking back can be taken back', async () => {
  const { entityId, instanceId } = await household(amina, { name: 'Asha' })
  const returned = await sendBack(instanceId)
  const back = await undo(returned.body.instanceId)
  expect(back).toMatchObject({ status: 200, body: { about: returned.body.instanceId, state: 'returned' } })
  expect(await one(instanceId)).toMatchObject({ state: 'applied', review: null })
  expect(await entity(entityId)).toMatchObject({ properties: { name: 'Asha' } })
  await undo(back.body.instanceId)
  expect(await one(instanceId)).toMatchObject({ state: 'returned', review: { verdict: 'return' } })
  expect(await undo(back.body.instanceId)).toMatchObject({ status: 400 })
})

test('a correction that is returned lets what it corrected stand again', async () => {
  const { entityId, instanceId } = await household(amina, { name: 'Asha', roof: 'iron' })
  const edit = await amina.submit({
    answers: { name: 'Asha', roof: 'tile', ...namingEntity(entityId, 'create', 'Asha') },
    deprecatedId: instanceId,
  })
  await sendBack(edit.submission.instanceId)
  expect(await entity(entityId)).toMatchObject({ properties: { roof: 'iron' } })
  // What was returned first is not asked for again: its author has answered once.
  const rows = (await told(amina, 0)).filter(({ kind, body }) => kind === 'return' && body !== null)
  expect(rows.map(({ key }) => key)).toContain(edit.submission.instanceId)
  expect(rows.map(({ key }) => key)).not.toContain(instanceId)
})

test('a settlement that is undone opens its conflict again', async () => {
  const { entityId } = await household(amina, { name: 'Asha', roof: 'iron' })
  await visit(amina, entityId, { roof: 'thatch' }, { roof: 'iron' })
  await visit(baraka, entityId, { roof: 'tile' }, { roof: 'iron' })
  const [conflict] = (await entity(entityId)).conflicts
  const settled = await collector.post<OwnSubmission>(`/conflicts/${conflict?.conflictId}/settle`, { choose: 'other' })
  expect(await entity(entityId)).toMatchObject({ properties: { roof: 'thatch' }, conflicted: [] })
  await undo(settled.body.instanceId)
  expect(await entity(entityId)).toMatchObject({ properties: { roof: 'tile' }, conflicted: ['roof'] })
  const { body } = await collector.get<ConflictList>('/conflicts?state=open')
  expect(body.conflicts.map(({ conflictId }) => conflictId)).toContain(conflict?.conflictId)
})

test('an alias that is undone leaves what an earlier one said', async () => {
  const [first, second, third] = [
    await household(amina, { name: 'One', roof: 'iron' }),
    await household(amina, { name: 'Two', roof: 'iron' }),
    await household(amina, { name: 'Three', people: '6' }),
  ]
  const alias = third.entityId
  await collector.post<OwnSubmission>('/aliases', { alias, of: first.entityId })
  const later = await collector.post<OwnSubmission>('/aliases', { alias, of: second.entityId })
  expect(await entity(alias)).toMatchObject({ canonicalId: second.entityId })
  await undo(later.body.instanceId)
  expect(await entity(alias)).toMatchObject({ canonicalId: first.entityId })
  expect((await entity(first.entityId)).properties).toMatchObject({ people: '6' })
  expect((await entity(second.entityId)).properties).toEqual({ name: 'Two', roof: 'iron' })
})

test("another officer's correction waits for a reviewer, who folds it or sends it back", async () => {
  const { entityId, instanceId, submission } = await household(amina, { name: 'Asha', roof: 'iron' })
  const strange = () => baraka.submit({ answers: { ...submission.answers, roof: 'gold' }, deprecatedId: instanceId })
  const held = await strange()
  expect(held).toMatchObject({ results: [{ result: 'held', fault: { fault: 'fold.not-author' } }] })
  expect(await entity(entityId)).toMatchObject({ properties: { roof: 'iron' } })
  const approved = await review(held.submission.instanceId, { verdict: 'approve' })
  expect(approved).toMatchObject({ body: { state: 'applied', reason: null } })
  expect(await entity(entityId)).toMatchObject({ properties: { roof: 'gold' } })
  // Without the approval it is held again.
  await undo(approved.body.instanceId)
  expect(await one(held.submission.instanceId)).toMatchObject({ state: 'held', reason: { fault: 'fold.not-author' } })
  expect(await entity(entityId)).toMatchObject({ properties: { roof: 'iron' } })
  const second = await strange()
  await sendBack(second.submission.instanceId, 'ask Amina')
  expect(await one(second.submission.instanceId)).toMatchObject({ state: 'returned' })
})

test('the same officer on a new laptop corrects what the old one wrote', async () => {
  const { entityId, instanceId, submission } = await household(amina, { name: 'Asha', roof: 'iron' })
  await using newLaptop = await enrolTestDevice({ collector, officer: 'Amina', clockMs: Date.now() - 400_000 })
  await newLaptop.connect()
  await newLaptop.submit({ answers: { ...submission.answers, roof: 'tile' }, deprecatedId: instanceId })
  expect(await entity(entityId)).toMatchObject({ properties: { roof: 'tile' } })
})

test('a device settles where it took part; it neither joins nor reviews', async () => {
  const { entityId } = await household(amina, { name: 'Asha', roof: 'iron' })
  await visit(amina, entityId, { roof: 'thatch' }, { roof: 'iron' })
  await visit(baraka, entityId, { roof: 'tile' }, { roof: 'iron' })
  const other = await household(amina, { name: 'Other' })
  const [conflict] = (await entity(entityId)).conflicts
  await using stranger = await enrolTestDevice({ collector, officer: 'Chiku', clockMs: Date.now() - 300_000 })
  await stranger.connect()
  const settle = {
    formId: 'murram:settlement' as never,
    answers: {
      conflict_id: conflict?.conflictId ?? '',
      entity_id: entityId,
      dataset: 'households',
      property: 'roof',
      answer: 'thatch',
    },
    base: { roof: 'tile' },
  }
  const refused = { results: [{ result: 'held', fault: { fault: 'fold.not-author' } }] }
  expect(await stranger.submit(settle)).toMatchObject(refused)
  expect(
    await stranger.submit({ formId: 'murram:alias' as never, answers: { alias: entityId, of: other.entityId } }),
  ).toMatchObject(refused)
  expect(
    await stranger.submit({
      formId: 'murram:review' as never,
      answers: { instance_id: other.instanceId, verdict: 'return', comments: '[]' },
    }),
  ).toMatchObject(refused)
  expect(await entity(entityId)).toMatchObject({ properties: { roof: 'tile' }, conflicted: ['roof'] })
  expect(await one(other.instanceId)).toMatchObject({ state: 'applied' })
  expect(await baraka.submit(settle)).toMatchObject({ results: [{ result: 'applied' }] })
  expect(await entity(entityId)).toMatchObject({ properties: { roof: 'thatch' }, conflicted: [] })
})

test('what a model learns from is live: a returned interview is not among it, restored it is', async () => {
  const { instanceId } = await household(amina, { name: 'Asha' })
  const learnt = () => liveInterviews(collector.read, [instanceId])
  expect(await learnt()).toMatchObject([{ instanceId }])
  await sendBack(instanceId)
  expect(await learnt()).toEqual([])
  await review(instanceId, { verdict: 'restore' })
  expect(await learnt()).toMatchObject([{ instanceId }])
})

test('the list is filtered by review, by state and by kind', async () => {
  await using own = await enrolTestDevice({ collector, officer: 'Dalili', clockMs: Date.now() - 200_000 })
  await own.connect()
  const [fresh, approved, returned] = [
    await household(own, { name: 'fresh' }),
    await household(own, { name: 'approved' }),
    await household(own, { name: 'returned' }),
  ]
  await review(approved.instanceId, { verdict: 'approve' })
  await sendBack(returned.instanceId)
  const found = async (query: string) =>
    (await collector.get<SubmissionList>(`/submissions?deviceId=${own.deviceId}&${query}`)).body.submissions.map(
      ({ instanceId }) => instanceId,
    )
  expect(await found('review=none')).toEqual([fresh.instanceId])
  expect(await found('review=approved')).toEqual([approved.instanceId])
  expect(await found('review=returned')).toEqual([returned.instanceId])
  expect(await found('state=returned')).toEqual([returned.instanceId])
  expect(await found('kind=decision')).toEqual([])
  const { body } = await collector.get<SubmissionList>('/submissions?kind=decision&limit=1')
  expect(body.submissions).toMatchObject([{ formId: 'murram:review' }])
})

test('an answer to a question that this version does not have defers the submission; approved, what is known is folded', async () => {
  const entityId = randomUUID()
  const ack = await amina.submit({
    answers: { name: 'Asha', fridge: 'yes', ...namingEntity(entityId, 'create', 'Asha') },
  })
  expect(ack).toMatchObject({ results: [{ result: 'held', fault: { fault: 'fold.deferred', detail: 'fridge' } }] })
  const { instanceId } = ack.submission
  const again = await collector.post<FoldReply>(`/submissions/${instanceId}/fold`)
  expect(again.body).toMatchObject({ state: 'held', reason: { fault: 'fold.deferred' } })
  await review(instanceId, { verdict: 'approve' })
  expect(await entity(entityId)).toMatchObject({ properties: { name: 'Asha' } })
  expect((await one(instanceId))?.answers).toMatchObject({ fridge: 'yes' })
})

test('held is folded again once its cause is gone: asked for, and by itself when a form is published', async () => {
  const { entityId } = await household(amina, { name: 'Asha' })
  await collector.publish(
    householdXml().replace('id="household"', 'id="shop"').replace('dataset="households"', 'dataset="shops"'),
  )
  const shop = () =>
    amina.submit({ formId: 'shop' as never, answers: { name: 'Duka', ...namingEntity(entityId, 'update') } })
  const held = await shop()
  const { instanceId } = held.submission
  expect(held).toMatchObject({ results: [{ result: 'held', fault: { fault: 'fold.held' } }] })
  expect((await collector.post<FoldReply>(`/submissions/${instanceId}/fold`)).body).toMatchObject({ state: 'held' })

  const [creator] = (await collector.get<SubmissionList>(`/submissions?entityId=${entityId}`)).body.submissions
  await sendBack(creator?.instanceId ?? '')
  expect((await collector.post<FoldReply>(`/submissions/${instanceId}/fold`)).body).toMatchObject({
    state: 'applied',
    reason: null,
  })
  expect(await entity(entityId)).toMatchObject({ dataset: 'shops', properties: { name: 'Duka' } })
  const all = await collector.post<FoldedAgainReply>('/submissions/fold-held')
  expect(all).toMatchObject({ status: 200 })
  expect(all.body.notFolded.map(one => one.instanceId)).not.toContain(instanceId)

  const { entityId: second, instanceId: second1 } = await household(amina, { name: 'Asha' })
  const waits = await amina.submit({
    formId: 'shop' as never,
    answers: { name: 'Duka', ...namingEntity(second, 'update') },
  })
  await sendBack(second1)
  await collector.publish(householdXml('7'))
  await expect.poll(async () => (await one(waits.submission.instanceId))?.state, { timeout: 10_000 }).toBe('applied')
  expect(await collector.post(`/submissions/uuid:${randomUUID()}/fold`)).toMatchObject({ status: 404 })
})
