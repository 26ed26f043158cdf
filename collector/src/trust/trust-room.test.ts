/** Root held here, moved to people, and rotated: on a real database, with devices at a real socket. */
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap, type ProjectId } from '@murram/ground'
import {
  addSignature,
  ROOT_PURPOSE,
  rootOfEnrolment,
  verifyFreshness,
  walkRoots,
  type FreshnessStatement,
  type Manifest,
} from '@murram/score'
import { createSigningKey, keyIdOf, signDocument, type Signed, type SigningKey } from '@murram/seal'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProjectKeys, loadProjectKeys, saveProjectKeys } from '../config/project-keys.ts'
import type { KeysView } from '../http/key-api-types.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice } from '../test-device.ts'
import type { RootDraft } from './make-root.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

const holders = [createSigningKey(), createSigningKey(), createSigningKey()] as const
const rootKeys = holders.map(({ publicKey }, i) => ({ publicKey, holder: `holder ${i + 1}` }))
const signedBy = (draft: RootDraft, ...keys: readonly SigningKey[]) =>
  keys.reduce((root, key) => addSignature(root, ROOT_PURPOSE, key), draft.root)
const draft = async (collector: TestCollector, wishes: object): Promise<RootDraft> =>
  (await collector.post<RootDraft>('/keys/draft', wishes)).body
const publish = (collector: TestCollector, root: unknown) => collector.post<KeysView>('/keys/roots', { root })
const keysOf = async (collector: TestCollector) => (await collector.get<KeysView>('/keys')).body

/** A release as another room made it: here only who signed it matters. */
async function putRelease({ write, keys }: TestCollector): Promise<void> {
  const body = { releaseId: 'm-5', counter: 5, modelName: 'm', projectId: 'test' } as Manifest
  const signed = signDocument(keys.release, 'release', body)
  const row = JSON.stringify({ signed, chain: keys.releaseCertificate })
  await write.execute(sql`
    insert into releases (release_id, model_name, counter, candidate_id, reason, signed, chain, created_at_ms)
    values ('m-5', 'm', 5, 'c', 'promotion', ${JSON.stringify(signed)}::json, '{}'::json, 1)`)
  await write.execute(sql`
    insert into feed (number, kind, key, body) values (1, 'release', 'm', ${row}::json)`)
  const order = signDocument(keys.release, 'rollout', { releaseId: 'm-5', counter: 5, orderNumber: 7, state: 'halted' })
  await write.execute(sql`
    insert into feed (number, kind, key, body) values (0, 'rollout', 'm', ${JSON.stringify({ order })}::json)`)
}
const ordersIn = (freshness: unknown) => (freshness as Signed<FreshnessStatement>).body.orders
const releaseInFeed = async ({ read }: TestCollector) =>
  (
    await read.execute<{ signed: Signed<Manifest> }>(
      sql`select body -> 'signed' as signed from feed where kind = 'release'`,
    )
  ).rows[0]?.signed

test('TR1 without any ceremony root is held here, and said so; devices hear of it from version 3 on', async () => {
  await using collector = await startTestCollector({ cluster })
  expect(await keysOf(collector)).toMatchObject({ version: 1, isHeldOnline: true, rootThreshold: 1 })
  expect((await keysOf(collector)).advice).toContain('docs/keys.md')

  const device = await enrolTestDevice({ collector })
  const { more } = await device.connect()
  const rootPublicKey = device.enrolment.rootPublicKey
  const { root } = walkRoots(
    rootOfEnrolment({ projectId: 'test', rootPublicKey, demo: true }),
    more?.trust?.roots ?? [],
  )
  expect(root.version).toBe(1)
  const fresh = unwrap(verifyFreshness(root, more?.trust?.freshness, null))
  expect(fresh.body).toMatchObject({ rootVersion: 1, releases: {} })
  expect((await device.connect({ more: { rootVersion: 1 } })).more?.trust?.roots).toEqual([])
  expect((await device.connect({ protocol: 2 })).more?.trust).toBeUndefined()
  await device.disconnect()
})

test('TR1 TR2 TR3 root goes to two of three people; then a release key is replaced, and a connected device hears it', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'murram-keys-'))
  const keyFile = join(dataDir, 'keys.json')
  const keys = createProjectKeys({ projectId: 'test' as ProjectId, demo: true, nowMs: 0 })
  await saveProjectKeys(keyFile, keys)
  const databaseUrl = await cluster.freshDatabase()
  const stolen = keys.release
  {
    await using collector = await startTestCollector({ cluster, dataDir, keys, keyFile, databaseUrl })
    await putRelease(collector)
    const offline = await draft(collector, { rootKeys })
    expect((await publish(collector, offline.root)).body).toMatchObject({ fault: 'key.root-refused' })
    expect((await publish(collector, signedBy(offline, holders[0]))).status).toBe(401)
    expect((await publish(collector, signedBy(offline, holders[0], holders[2]))).body).toMatchObject({
      version: 2,
      isHeldOnline: false,
      rootThreshold: 2,
      advice: null,
    })

    const device = await enrolTestDevice({ collector })
    const { more } = await device.connect({ more: { rootVersion: 2 } })
    expect(ordersIn(more?.trust?.freshness)).toEqual({
      m: { releaseId: 'm-5', counter: 5, orderNumber: 7, state: 'halted' },
    })
    const rotation = await draft(collector, { replaceRelease: true })
    // Drafted for this collector's keys by nobody: the draft is of its own, and the collector cannot sign it.
    expect(rotation.root.signatures).toEqual([])
    expect((await releaseInFeed(collector))?.keyId).toBe(keyIdOf(stolen.publicKey))
    expect((await publish(collector, signedBy(rotation, holders[1]))).status).toBe(401)
    expect((await publish(collector, signedBy(rotation, holders[1], holders[2]))).status).toBe(201)
    const { trust } = await device.next('trust')
    expect(trust.roots).toHaveLength(1)
    // What the former key ordered, no device believes: none is missed.
    expect(ordersIn(trust.freshness)).toEqual({})
    await device.disconnect()

    const anew = await releaseInFeed(collector)
    const now = unwrap(loadProjectKeys(keyFile)).release
    expect(now.publicKey).not.toBe(stolen.publicKey)
    expect(anew).toMatchObject({ keyId: keyIdOf(now.publicKey), body: { parent: 'm-5', reason: 'rollback' } })
    expect(anew?.body.counter).toBeGreaterThan(5)

    // What was drafted for keys of somewhere else takes nothing away from this collector.
    const foreign = await draft(collector, {})
    const thief = createSigningKey()
    const body = {
      ...foreign.root.body,
      keys: { ...foreign.root.body.keys, [keyIdOf(thief.publicKey)]: { publicKey: thief.publicKey, holder: 'x' } },
      roles: { ...foreign.root.body.roles, release: { keyIds: [keyIdOf(thief.publicKey)], threshold: 1 } },
    }
    const signed = signedBy({ ...foreign, root: { body, signatures: [] } }, holders[0], holders[1])
    expect((await publish(collector, signed)).body).toMatchObject({ fault: 'key.root-refused' })

    const [journal = ''] = readdirSync(join(dataDir, 'journal')).map(name =>
      readFileSync(join(dataDir, 'journal', name), 'utf8'),
    )
    expect(journal.split('"kind":"root"')).toHaveLength(4)
  }
})

test('TR2 a rotation that was cut before the key file was written is finished at the next start', async () => {
  const databaseUrl = await cluster.freshDatabase()
  const keys = createProjectKeys({ projectId: 'test' as ProjectId, demo: true, nowMs: 0 })
  await using collector = await startTestCollector({ cluster, databaseUrl, keys })
  await putRelease(collector)
  const drafted = await draft(collector, { replaceRelease: true })
  expect((await publish(collector, drafted.root)).body).toMatchObject({ version: 2, isHeldOnline: true })

  // Another collector of the project, whose copy of the keys is of before; what is to come it has.
  const [keyId] = drafted.root.body.roles.release.keyIds
  expect(keyId).not.toBe(keyIdOf(keys.release.publicKey))
  await using behind = await startTestCollector({ cluster, databaseUrl, keys, join: true })
  expect(await keysOf(behind)).toMatchObject({ version: 2 })
  // It does not sign with what is no release key any more.
  expect((await releaseInFeed(collector))?.keyId).toBe(keyId)

  const dataDir = mkdtempSync(join(tmpdir(), 'murram-keys-'))
  const keyFile = join(dataDir, 'keys.json')
  const next = createSigningKey()
  const body = { ...drafted.root.body, version: 3 }
  const release = { keyIds: [keyIdOf(next.publicKey)], threshold: 1 }
  const named = { ...body.keys, [keyIdOf(next.publicKey)]: { publicKey: next.publicKey, holder: 'collector' } }
  const third = { body: { ...body, keys: named, roles: { ...body.roles, release } }, signatures: [] }
  await collector.write.execute(sql`
    insert into root_documents (version, signed, published_at_ms)
    values (3, ${JSON.stringify(signedBy({ ...drafted, root: third }, keys.root))}::json, 1)`)
  const cut = { ...keys, next: { release: next } }
  await using again = await startTestCollector({ cluster, databaseUrl, keys: cut, keyFile, dataDir, join: true })
  expect(await keysOf(again)).toMatchObject({ version: 3 })
  expect(unwrap(loadProjectKeys(keyFile)).release).toEqual(next)
  expect((await releaseInFeed(again))?.keyId).toBe(keyIdOf(next.publicKey))
})

test('TR5 a root held here is renewed while the collector runs, before it ends', async () => {
  let nowMs = Date.now()
  await using collector = await startTestCollector({ cluster, now: () => nowMs })
  const device = await enrolTestDevice({ collector })
  expect((await device.connect()).more?.trust?.roots).toMatchObject([{ body: { version: 1 } }])
  await device.disconnect()
  nowMs += 600 * 86_400_000
  expect((await device.connect()).more?.trust?.roots).toMatchObject([
    { body: { version: 1 } },
    { body: { version: 2 } },
  ])
  expect(await keysOf(collector)).toMatchObject({ version: 2, isExpired: false, isHeldOnline: true })
})
