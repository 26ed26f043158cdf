import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap } from '@murram/ground'
import { sql } from 'drizzle-orm'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InterviewOutcomes } from '../http/api-types.ts'
import { openDatabase, type ReadDb } from '../db/handles.ts'
import { openJournal, type JournalEntry } from '../journal/journal.ts'
import { outcomeKinds } from '../journal/outcome-kinds.ts'
import { catchUp, replayJournals, type ReplayDone } from '../journal/replay.ts'
import { giveBack, noteLook, readLedger } from '../registry/looks-repo.ts'
import { entityIdOf, instanceIdOf, NOW, storeVisits, type TestHouse } from '../retrain/test-house.ts'
import { visitPages } from '../retrain/visit-pages.ts'
import { openOutcomeHouse, seenRow } from './test-outcomes.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'

let cluster: TestCluster
let house: TestHouse
beforeAll(async () => {
  cluster = await startTestCluster()
  house = await openOutcomeHouse(cluster)
  await storeVisits(
    house.house,
    Array.from({ length: 80 }, (_, n) => ({
      instanceId: instanceIdOf(n),
      entityId: entityIdOf(n),
      answers: { 'home/roof': 'iron' },
      assessment: said(n),
    })),
  )
})
afterAll(async () => {
  await house[Symbol.asyncDispose]()
  await cluster.stop()
})

/** What the device said: vulnerable of every other household, four times in five. */
const said = (n: number) => ({
  label: n % 2 === 0 ? 'vulnerable' : 'coping',
  positive: 'vulnerable',
  probability: n % 2 === 0 ? 0.8 : 0.2,
})
const seen = (n: number, value: string, more: object = {}) =>
  seenRow({ instanceId: instanceIdOf(n) }, value, { observedAt: '2026-11-15', ...more })
const BY = { reason: 'the list was mixed up', by: 'Grace' }

interface Listed {
  readonly outcomeId: string
  readonly state: string
  readonly stands: boolean
  readonly why: string | null
  readonly importId: string
}
const of = async (n: number) =>
  (await house.get<{ outcomes: readonly Listed[] }>(`/outcomes?instanceId=${instanceIdOf(n)}`)).outcomes
let clock = NOW
const change = (path: string, verb: string) => {
  house.setNow((clock += 1_000))
  return house.ask<{ done?: boolean; fault?: string }>(`${path}/${verb}`, {
    method: 'POST',
    body: JSON.stringify(BY),
    headers: { 'Content-Type': 'application/json' },
  })
}
/** What a run would do with the interviews, by instance. */
async function forARun(horizon?: { fromDays: number; toDays: number }) {
  const order = {
    formId: 'household',
    uptoSeq: 1e9,
    horizon,
    computedIn: async (_: string, answers: object) => ({ ...answers }),
  }
  const found = new Map<string, string>()
  for await (const page of visitPages(house.house.read, order))
    for (const visit of page) found.set(visit.instanceId, 'leftOut' in visit ? visit.leftOut : visit.value)
  return found
}

test('H1 an outcome is disputed, withdrawn and restored, each once, and its history says by whom and why', async () => {
  await house.post('/outcomes', [seen(0, 'coping')])
  const [{ outcomeId }] = (await of(0)) as [Listed]
  const path = `/outcomes/${outcomeId}`
  expect((await forARun()).get(instanceIdOf(0))).toBe('coping')
  for (const verb of ['dispute', 'dispute']) expect(await change(path, verb)).toMatchObject({ status: 200 })
  expect((await forARun()).get(instanceIdOf(0))).toBe('the outcome is disputed')
  await change(path, 'withdraw')
  expect((await forARun()).get(instanceIdOf(0))).toBe('the outcome was withdrawn')
  expect(await of(0)).toMatchObject([{ state: 'withdrawn', stands: false }])
  await change(path, 'restore')
  expect(await of(0)).toMatchObject([{ state: 'verified', stands: true }])
  expect(await house.get(path)).toMatchObject({
    history: [
      { kind: 'disputed', ...BY },
      { kind: 'withdrawn', ...BY },
      { kind: 'restored', ...BY },
    ],
  })
  expect(await change('/outcomes/none', 'dispute')).toMatchObject({ status: 404, body: { fault: 'http.not-found' } })
  expect(
    await house.ask(`${path}/dispute`, {
      method: 'POST',
      body: '{"by":"Grace"}',
      headers: { 'Content-Type': 'application/json' },
    }),
  ).toMatchObject({
    status: 400,
  })
})

test('two who contradict each other on one day are disputed until one of them is chosen', async () => {
  await house.post('/outcomes', [seen(1, 'coping'), seen(1, 'vulnerable', { verifier: 'Musa' })])
  expect((await forARun()).get(instanceIdOf(1))).toMatch(/contradict/)
  const both = await of(1)
  expect(both).toMatchObject([{ state: 'disputed', why: expect.stringMatching(/contradict/) }, { state: 'disputed' }])
  await change(`/outcomes/${both[1]!.outcomeId}`, 'restore')
  expect((await forARun()).get(instanceIdOf(1))).toBe('vulnerable')
  expect(await of(1)).toMatchObject([{ stands: false }, { state: 'verified', stands: true }])
})

test('outside the horizon an outcome trains nothing and is counted with its reason', async () => {
  await house.post('/outcomes', [seen(2, 'coping'), seen(2, 'vulnerable', { observedAt: '2026-11-20' })])
  expect((await forARun({ fromDays: 2, toDays: 7 })).get(instanceIdOf(2))).toBe('coping')
  expect((await forARun({ fromDays: 60, toDays: 90 })).get(instanceIdOf(2))).toMatch(/before the horizon begins/)
})

test('H2 I5 a poisoned batch is seen by its figures and withdrawn as a whole; sent again, it stays withdrawn', async () => {
  const right = Array.from({ length: 30 }, (_, i) => seen(10 + i, (10 + i) % 2 === 0 ? 'vulnerable' : 'coping'))
  const wrong = Array.from({ length: 30 }, (_, i) => seen(40 + i, (40 + i) % 2 === 0 ? 'coping' : 'vulnerable'))
  const send = (rows: readonly object[], query: string) =>
    house.post<{ importId: string; imported: number; known: number; withdrawn: number }>(`/outcomes?${query}`, rows)
  const good = await send(right, 'name=march.csv&by=Grace')
  // In two pieces, as a large file comes.
  const bad = await send(wrong.slice(0, 20), 'importId=poison-0001&name=april.csv&by=Grace')
  await send(wrong.slice(20), 'importId=poison-0001&name=april.csv&by=Grace')
  const { imports } = await house.get<{ imports: readonly { importId: string; name: string }[] }>('/outcomes/imports')
  expect(imports.find(({ importId }) => importId === bad.importId)).toMatchObject({
    name: 'april.csv',
    imported: 30,
    scored: 30,
    isOdd: true,
    words: expect.stringMatching(/0 of 30 say what the model had said .* look at where these came from/),
    seen: { coping: 15, vulnerable: 15 },
  })
  expect(imports.find(({ importId }) => importId === good.importId)).toMatchObject({ name: 'march.csv', isOdd: false })

  const trained = () => forARun().then(found => [...found.values()].filter(one => !one.includes(' ')).length)
  const before = await trained()
  const path = `/outcomes/imports/${bad.importId}`
  for (const verb of ['withdraw', 'withdraw']) expect(await change(path, verb)).toMatchObject({ status: 200 })
  expect(await trained()).toBe(before - 30)
  expect(await house.get(path)).toMatchObject({ state: 'withdrawn', history: [{ kind: 'withdrawn', ...BY }] })

  expect(await send(wrong, 'name=april-again.csv')).toMatchObject({ imported: 0, known: 30, withdrawn: 30 })
  expect(await trained()).toBe(before - 30)
  expect(await send(wrong, 'importId=poison-0001')).toMatchObject({ fault: 'outcome.import-withdrawn' })
  const [one] = (await of(40)) as [Listed]
  expect(one).toMatchObject({ state: 'withdrawn', why: 'its batch was withdrawn' })
  expect(await change(`/outcomes/${one.outcomeId}`, 'restore')).toMatchObject({ status: 409 })
  // Ten of them were right after all: whoever sends them says so.
  expect(await send(wrong.slice(0, 10), 'name=right.csv&restore=true')).toMatchObject({ imported: 10, withdrawn: 0 })
  expect(await trained()).toBe(before - 20)
  await change(path, 'restore')
  expect(await trained()).toBe(before)
})

test('a reviewer says what they found out: a class of the model, about an interview that is here', async () => {
  const review = (n: number, value: string, observedAt = '2026-11-19') =>
    house.ask<{ outcomeId?: string }>(`/submissions/${instanceIdOf(n)}/outcome`, {
      method: 'POST',
      body: JSON.stringify({ value, method: 'phone call', reviewer: 'Grace', observedAt }),
      headers: { 'Content-Type': 'application/json' },
    })
  const first = await review(5, 'vulnerable')
  expect(first).toMatchObject({ status: 200 })
  expect(await review(5, 'vulnerable')).toEqual(first)
  expect(await of(5)).toMatchObject([{ state: 'verified', stands: true, source: 'review', verifier: 'Grace' }])
  expect(await review(5, 'coping', '2026-11-01')).toMatchObject({
    status: 422,
    body: { detail: expect.stringContaining('before the interview') },
  })
  expect(await review(5, 'poor')).toMatchObject({ status: 422, body: { fault: 'outcome.invalid' } })
  expect(await review(999, 'coping')).toMatchObject({ status: 404 })
})

/** All that is stored of outcomes and looks, apart from numbers that a database gives. */
async function storedIn(read: ReadDb) {
  const of = async (query: ReturnType<typeof sql>) => (await read.execute(query)).rows
  return {
    outcomes: await of(sql`select to_jsonb(o) - 'seq' as row from outcomes o order by seq`),
    imports: await of(sql`select to_jsonb(i) as row from outcome_imports i order by import_id`),
    words: await of(sql`select to_jsonb(e) - 'event_id' as row from outcome_events e order by event_id`),
    ledger: await readLedger(read, 'vulnerability', Date.now()),
  }
}

test('a reviewer sees what is known of an interview, of whichever version it was said, and who said what', async () => {
  const known = (n: number) => house.get<InterviewOutcomes>(`/submissions/${instanceIdOf(n)}/outcomes`)
  expect(await known(6)).toEqual({ state: 'predicted', why: null, classes: ['coping', 'vulnerable'], outcomes: [] })
  await house.post('/outcomes?name=june.csv&importId=june-0001', [seen(7, 'coping')])
  await storeVisits(house.house, [
    { instanceId: instanceIdOf(107), entityId: entityIdOf(7), answers: {}, deprecatedId: instanceIdOf(7) },
  ])
  expect(await known(107)).toMatchObject({
    state: 'verified',
    outcomes: [{ value: 'coping', stands: true, words: [] }],
  })
  await change('/outcomes/imports/june-0001', 'withdraw')
  expect(await known(7)).toMatchObject({
    state: 'withdrawn',
    outcomes: [
      { state: 'withdrawn', why: 'its batch was withdrawn', words: [{ kind: 'withdrawn', ofBatch: true, ...BY }] },
    ],
  })
  await house.post('/outcomes', [seen(7, 'vulnerable', { verifier: 'Musa' })])
  await change('/outcomes/imports/june-0001', 'restore')
  expect(await known(7)).toMatchObject({
    state: 'disputed',
    why: expect.stringMatching(/contradict/),
    outcomes: [{}, {}],
  })
  expect(await house.ask(`/submissions/${instanceIdOf(999)}/outcomes`)).toMatchObject({ status: 404 })
})

test('A1 A2 A3 what a restored database has forgotten of outcomes and looks comes back from the journal as it stood', async () => {
  const { read, write } = house.house
  const note = (runId: string, instances: string[]) => {
    const look = { modelName: 'vulnerability', stake: 0.01, holdout: 2, fresh: 1, isPromoted: false }
    return noteLook(write, { ...look, runId, atMs: (clock += 1), instances })
  }
  await note('run-1', ['a', 'b'])
  await note('run-2', ['b', 'c'])
  const dataDir = mkdtempSync(join(tmpdir(), 'murram-again-'))
  const journal = unwrap(openJournal({ folder: dataDir, dataDir, now: Date.now }))
  const kinds = outcomeKinds({ read, write })
  await catchUp(journal, kinds)
  expect(await catchUp(journal, kinds)).toBe(0)
  await note('run-3', ['d'])
  await giveBack(write, 'run-2') // it promoted, which is known after it looked
  await change(`/outcomes/${(await of(5))[0]!.outcomeId}`, 'dispute')
  expect(await catchUp(journal, kinds)).toBe(3)
  const before = await storedIn(read)
  expect([before.outcomes.length > 60, before.words.length > 15]).toEqual([true, true])
  expect(before.ledger.seen).toEqual(new Map(['a', 'b', 'c', 'd'].map(id => [id, id === 'b' ? 2 : 1])))

  const entries = journal.readAll().flatMap(one => one.entries)
  const restored = unwrap(await openDatabase({ url: await cluster.migratedDatabase(), log: pino({ level: 'silent' }) }))
  const bringBack = async (some: readonly JournalEntry[]) => {
    const done: ReplayDone[] = []
    const read = { readAll: () => [{ name: 'it', entries: some, damaged: [] }] }
    const deps = { write: restored.write, journal: read, kinds: outcomeKinds(restored) }
    const notYet = async () => false
    await replayJournals(deps, notYet, async one => void done.push(one))
    return done[0]!
  }
  // As an older copy, and a journal that has the middle of what was said only after its end.
  const words = entries.filter(({ kind }) => kind === 'word')
  const rest = entries.filter(({ kind }) => kind !== 'word')
  await bringBack([...rest.slice(0, 20), ...words.slice(0, 3)])
  await bringBack([...rest, ...words.slice(0, 4), ...words.slice(8)])
  expect(await bringBack(entries)).toMatchObject({ counts: { word: { replayed: 4 } }, failures: [] })
  const after = await storedIn(restored.read)
  expect(after).toEqual({ ...before, words: expect.arrayContaining(before.words) as unknown })
  expect(after.words).toHaveLength(before.words.length)
  expect(await bringBack(entries)).toMatchObject({ counts: { word: { replayed: 0 }, outcome: { replayed: 0 } } })

  // Of a word the outcome is missing: it is named, and nothing else is held up.
  await restored.write.execute(sql`truncate outcomes, outcome_events`)
  const { failures } = await bringBack(words)
  expect(failures).toContainEqual(expect.stringMatching(/^word .*: the outcome that it speaks of is not there$/))
  // What a follow-up brought waits for the follow-up.
  const of1 = entries.find(({ kind }) => kind === 'outcome')!
  await bringBack([{ ...of1, body: { ...(of1.body as object), source: 'follow-up' } }])
  expect((await restored.read.execute(sql`select live from outcomes`)).rows).toEqual([{ live: false }])
  await restored.close()
  journal.close()
  rmSync(dataDir, { recursive: true, force: true })
})
