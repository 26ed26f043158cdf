import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Attachment } from '@murram/fold'
import type { Sha256 } from '@murram/ground'
import type { Have } from '@murram/wire'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AttachmentList, SubmissionList, Summary } from '../http/api-types.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, testAdminToken, type TestCollector } from '../test-collector.ts'
import { createTestDevice, enrolTestDevice, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'
import { createUploadStore, purgeUploads } from './upload-repo.ts'
import { createUploadSession, UPLOAD_LIMITS } from './upload-session.ts'

let cluster: TestCluster
let databaseUrl: string
let collector: TestCollector
beforeAll(async () => {
  cluster = await startTestCluster()
  databaseUrl = await cluster.freshDatabase()
  collector = await startTestCollector({ cluster, databaseUrl, rooms: [] })
  await collector.publish(householdXml())
})
afterAll(async () => {
  await collector.close()
  await cluster.stop()
})

let photos = 0
/** Of random bytes, as a photo looks to a compressor. */
function takePhoto(sizeBytes = 20_000, mediaType = 'image/jpeg'): { bytes: Uint8Array; attachment: Attachment } {
  photos += 1
  const bytes = new Uint8Array(randomBytes(sizeBytes))
  const sha256 = createHash('sha256').update(bytes).digest('hex') as Sha256
  return { bytes, attachment: { name: `173220000${photos}.jpg`, sha256, sizeBytes, mediaType } }
}

const offerOf = ({ sha256, sizeBytes, mediaType }: Attachment, offer = 1) =>
  ({ type: 'offer', offer, sha256, sizeBytes, mediaType, purpose: 'attachment' }) as const

async function ask(device: TestDevice, message: Parameters<TestDevice['send']>[0]): Promise<Have> {
  device.send(message)
  return device.next('have')
}
const piece = (bytes: Uint8Array, offset: number, length: number, offer = 1) =>
  ({ type: 'piece', offer, offset, bytes: Uint8Array.from(bytes.subarray(offset, offset + length)) }) as const

async function sendAll(device: TestDevice, bytes: Uint8Array, { from = 0, upto = bytes.length, offer = 1 } = {}) {
  let last: Have | null = null
  for (let at = from; at < upto; at += 8_000)
    last = await ask(device, piece(bytes, at, Math.min(8_000, upto - at), offer))
  return last
}
const filesOf = async (instanceId: string) =>
  (await collector.get<AttachmentList>(`/submissions/${instanceId}/attachments`)).body.attachments
const download = (instanceId: string, name: string, headers: Record<string, string> = {}) =>
  collector.request(`/api/v1/submissions/${instanceId}/attachments/${encodeURIComponent(name)}`, {
    headers: { Authorization: `Bearer ${testAdminToken}`, ...headers },
  })
const partialsOf = async ({ deviceId }: TestDevice) => {
  const { rows } = await collector.read.execute<{ files: number; pieces: number }>(sql`
    select (select count(*)::int from uploads where device_id = ${deviceId}) as files,
           (select count(*)::int from upload_pieces where device_id = ${deviceId}) as pieces`)
  return rows[0]
}

describe('a photo of a submission', () => {
  test('arrives in pieces and is the same, is awaited until then, and a second offer costs nothing', async () => {
    await using device = await enrolTestDevice({ collector })
    await device.connect()
    const { bytes, attachment } = takePhoto()
    const { submission } = await device.submit({ answers: { name: 'Asha' }, attachments: [attachment] })
    expect(await filesOf(submission.instanceId)).toMatchObject([{ ...attachment, state: 'awaited', haveBytes: 0 }])
    expect((await download(submission.instanceId, attachment.name)).status).toBe(409)
    const before = (await collector.get<Summary>('/summary')).body.attachments
    expect(before).toMatchObject({ awaited: 1, awaitedBytes: 20_000, incomplete: 1 })
    const listed = (await collector.get<SubmissionList>('/submissions?limit=1')).body.submissions
    expect(listed).toMatchObject([{ attachments: { total: 1, awaited: 1 } }])

    expect(await ask(device, offerOf(attachment))).toMatchObject({ haveBytes: 0, complete: false })
    expect(await sendAll(device, bytes, { upto: 16_000 })).toMatchObject({ haveBytes: 16_000, complete: false })
    expect(await filesOf(submission.instanceId)).toMatchObject([{ state: 'awaited', haveBytes: 16_000 }])
    expect(await sendAll(device, bytes, { from: 16_000 })).toMatchObject({ haveBytes: 20_000, complete: true })
    expect(await filesOf(submission.instanceId)).toMatchObject([{ state: 'complete', haveBytes: 20_000 }])
    const got = await download(submission.instanceId, attachment.name)
    expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true)
    expect(await partialsOf(device)).toEqual({ files: 0, pieces: 0 })
    expect((await collector.get<Summary>('/summary')).body.attachments).toMatchObject({ awaited: 0, incomplete: 0 })

    // Another submission with the same photo: nothing is sent twice.
    const again = await device.submit({
      answers: { name: 'Asha' },
      attachments: [{ ...attachment, name: 'again.jpg' }],
    })
    expect(await filesOf(again.submission.instanceId)).toMatchObject([{ name: 'again.jpg', state: 'complete' }])
    expect(await ask(device, offerOf(attachment, 2))).toMatchObject({ complete: true })
  })

  test('goes on after a cut where it ended, also at another collector process', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'murram-other-'))
    await using device = await enrolTestDevice({ collector })
    await device.connect()
    const { bytes, attachment } = takePhoto(50_000)
    const { submission } = await device.submit({ answers: { name: 'Asha' }, attachments: [attachment] })
    await ask(device, offerOf(attachment))
    await sendAll(device, bytes, { upto: 24_000 })
    await device.disconnect()
    const other = await startTestCollector({
      cluster,
      databaseUrl,
      dataDir,
      keys: collector.keys,
      rooms: [],
      join: true,
    })
    try {
      await using elsewhere = createTestDevice({ ...device, collector: other })
      await elsewhere.connect()
      expect(await ask(elsewhere, offerOf(attachment, 9))).toMatchObject({ haveBytes: 24_000, complete: false })
      expect(await sendAll(elsewhere, bytes, { from: 24_000, offer: 9 })).toMatchObject({ complete: true })
    } finally {
      await other.close()
      rmSync(dataDir, { recursive: true, force: true })
    }
    const got = await download(submission.instanceId, attachment.name)
    expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true)
  })

  test('a file of nothing is whole at once; one that was whole when its collector died is put together', async () => {
    await using device = await enrolTestDevice({ collector })
    await device.connect()
    const empty = takePhoto(0)
    const whole = takePhoto(9_000)
    await device.submit({ answers: { name: 'Asha' }, attachments: [empty.attachment, whole.attachment] })
    expect(await ask(device, offerOf(empty.attachment, 1))).toMatchObject({ complete: true })
    await ask(device, offerOf(whole.attachment, 2))
    await collector.write.execute(sql`
      insert into upload_pieces values (${device.deviceId}, ${whole.attachment.sha256}, 0, ${Buffer.from(whole.bytes)})`)
    await collector.write.execute(sql`update uploads set have_bytes = 9000 where device_id = ${device.deviceId}`)
    expect(await ask(device, offerOf(whole.attachment, 3))).toMatchObject({ haveBytes: 9_000, complete: true })
  })

  test('UR2 a corrupted piece is noticed: the file is thrown away, asked anew, and then taken', async () => {
    await using device = await enrolTestDevice({ collector })
    await device.connect()
    const { bytes, attachment } = takePhoto()
    const { submission } = await device.submit({ answers: { name: 'Asha' }, attachments: [attachment] })
    await ask(device, offerOf(attachment))
    const spoilt = Uint8Array.from(bytes)
    spoilt[9_000] = (spoilt[9_000] ?? 0) ^ 1
    expect(await sendAll(device, spoilt)).toMatchObject({ haveBytes: 0, complete: false })
    expect(await partialsOf(device)).toEqual({ files: 1, pieces: 0 })
    expect(await filesOf(submission.instanceId)).toMatchObject([{ state: 'awaited' }])
    expect(await sendAll(device, bytes)).toMatchObject({ complete: true })
  })

  test('UR1 two sessions of one device that send the same file store each byte once', async () => {
    await using device = await enrolTestDevice({ collector })
    await device.connect()
    const { bytes, attachment } = takePhoto(40_000)
    await device.submit({ answers: { name: 'Asha' }, attachments: [attachment] })
    const store = createUploadStore(collector.read, collector.write)
    const deps = { store, now: Date.now, limits: UPLOAD_LIMITS, awaits: {}, onStored: async () => {}, onSpoilt }
    const uploads = [0, 1].map(() => createUploadSession(deps, device.deviceId))
    const answers = await Promise.all(
      uploads.map(async upload => {
        let { haveBytes, complete } = unwrapHave(await upload.answer(offerOf(attachment)))
        for (let turns = 0; !complete && turns < 50; turns += 1)
          ({ haveBytes, complete } = unwrapHave(await upload.answer(piece(bytes, haveBytes, 4_000))))
        return complete
      }),
    )
    expect(answers).toEqual([true, true])
    expect(await partialsOf(device)).toEqual({ files: 0, pieces: 0 })
  })
})

const onSpoilt = (): void => {
  throw new Error('two sessions spoilt a file')
}
const unwrapHave = (result: { ok: boolean; value?: Have }): Have => {
  if (result.value === undefined) throw new Error('an upload ended')
  return result.value
}

describe('a hostile device', () => {
  test('UL1 a file that no submission of its own names is not taken, nor one of another size', async () => {
    await using owner = await enrolTestDevice({ collector })
    await using thief = await enrolTestDevice({ collector })
    await owner.connect()
    await thief.connect()
    const { bytes, attachment } = takePhoto()
    await owner.submit({ answers: { name: 'Asha' }, attachments: [attachment] })
    const refused = { haveBytes: 0, complete: false, fault: { fault: 'sync.not-awaited' } }
    expect(await ask(thief, offerOf(attachment))).toMatchObject(refused)
    expect(await ask(thief, piece(bytes, 0, 8_000))).toMatchObject(refused)
    expect(await ask(owner, offerOf({ ...attachment, sizeBytes: 21_000 }))).toMatchObject(refused)
    expect(await ask(owner, { ...offerOf(attachment), purpose: 'copy' })).toMatchObject(refused)
    expect(await partialsOf(thief)).toEqual({ files: 0, pieces: 0 })
    // Also where it is whole: whether it is here is told to who names it alone.
    await ask(owner, offerOf(attachment, 7))
    await sendAll(owner, bytes, { offer: 7 })
    expect(await ask(thief, offerOf(attachment, 2))).toMatchObject(refused)
  })

  test('UL2 what it sends under the hash of another device spoils nothing', async () => {
    await using owner = await enrolTestDevice({ collector })
    await using thief = await enrolTestDevice({ collector })
    await owner.connect()
    await thief.connect()
    const { bytes, attachment } = takePhoto()
    await owner.submit({ answers: { name: 'Asha' }, attachments: [attachment] })
    await thief.submit({ answers: { name: 'Nobody' }, attachments: [attachment] })
    await ask(owner, offerOf(attachment))
    await sendAll(owner, bytes, { upto: 16_000 })
    await ask(thief, offerOf(attachment))
    expect(await sendAll(thief, new Uint8Array(20_000))).toMatchObject({ haveBytes: 0, complete: false })
    expect(await sendAll(owner, bytes, { from: 16_000 })).toMatchObject({ complete: true })
  })

  test('UL3 a piece elsewhere than the file ends is told where that is, and not stored', async () => {
    await using device = await enrolTestDevice({ collector })
    await device.connect()
    const { bytes, attachment } = takePhoto()
    await device.submit({ answers: { name: 'Asha' }, attachments: [attachment] })
    await ask(device, offerOf(attachment))
    await sendAll(device, bytes, { upto: 8_000 })
    for (const offset of [0, 4_000, 8_001, 12_000])
      expect(await ask(device, piece(bytes, offset, 1_000))).toMatchObject({ haveBytes: 8_000, complete: false })
    expect(await partialsOf(device)).toEqual({ files: 1, pieces: 1 })
  })

  test.each([
    ['beyond the end', (bytes: Uint8Array) => piece(new Uint8Array(30_000), bytes.length - 100, 200)],
    ['far beyond the end', () => ({ type: 'piece', offer: 1, offset: 2 ** 40, bytes: new Uint8Array(1) }) as const],
    ['of what was not offered', (bytes: Uint8Array) => piece(bytes, 0, 100, 77)],
    ['larger than a piece may be', () => piece(new Uint8Array(30_000), 0, 16_001)],
  ])('UL3 a piece %s ends its session and costs nothing', async (_, hostile) => {
    await using device = await enrolTestDevice({ collector })
    await device.connect()
    const { bytes, attachment } = takePhoto()
    await device.submit({ answers: { name: 'Asha' }, attachments: [attachment] })
    await ask(device, offerOf(attachment))
    device.send(hostile(bytes))
    await expect(device.next('have')).rejects.toThrow('wire.')
    expect(await device.closed()).toBe(1008)
    expect(await partialsOf(device)).toEqual({ files: 1, pieces: 0 })
  })

  test('UL4 it has a bounded number and sum of files under way; those that were begun go on', async () => {
    await using device = await enrolTestDevice({ collector })
    await device.connect()
    const all = Array.from({ length: 70 }, () => takePhoto(100))
    await device.submit({ answers: { name: 'Asha' }, attachments: all.map(({ attachment }) => attachment) })
    const answers: (string | null)[] = []
    for (const [i, { attachment }] of all.entries())
      answers.push((await ask(device, offerOf(attachment, i))).fault?.fault ?? null)
    expect(answers.filter(answer => answer === null)).toHaveLength(64)
    expect(answers.filter(answer => answer === 'sync.upload-limit')).toHaveLength(6)
    expect(await sendAll(device, all[0]?.bytes ?? new Uint8Array(), { offer: 0 })).toMatchObject({ complete: true })
    expect((await ask(device, offerOf(all[69]?.attachment ?? all[0]!.attachment, 99))).fault).toBeUndefined()
  })

  test('no device reads what a device sent, also where it knows the hash', async () => {
    await using owner = await enrolTestDevice({ collector })
    await owner.connect()
    const { bytes, attachment } = takePhoto()
    await owner.submit({ answers: { name: 'Asha' }, attachments: [attachment] })
    await ask(owner, offerOf(attachment))
    await sendAll(owner, bytes)
    owner.send({ type: 'want', sha256: attachment.sha256, offset: 0, length: 100 })
    await expect(owner.next('chunk')).rejects.toThrow('http.not-found')
  })
})

describe('a download', () => {
  test('is saved and never run, is known by its hash, and comes in parts where it is asked so', async () => {
    await using device = await enrolTestDevice({ collector })
    await device.connect()
    const page = new TextEncoder().encode('<script>alert(1)</script>')
    const sha256 = createHash('sha256').update(page).digest('hex') as Sha256
    const hostile = { name: 'né "x".html', sha256, sizeBytes: page.length, mediaType: 'text/html' }
    const { submission } = await device.submit({ answers: { name: 'Asha' }, attachments: [hostile] })
    await ask(device, offerOf(hostile))
    await sendAll(device, page)
    const got = await download(submission.instanceId, hostile.name)
    expect(got.status).toBe(200)
    expect(got.headers.get('Content-Type')).toBe('application/octet-stream')
    expect(got.headers.get('Content-Disposition')).toBe("attachment; filename*=UTF-8''n%C3%A9%20%22x%22.html")
    expect(got.headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(got.headers.get('Content-Security-Policy')).toContain('sandbox')
    expect(await got.text()).toBe('<script>alert(1)</script>')
    const etag = got.headers.get('ETag') ?? ''
    expect((await download(submission.instanceId, hostile.name, { 'If-None-Match': etag })).status).toBe(304)
    const part = await download(submission.instanceId, hostile.name, { Range: 'bytes=1-6' })
    expect([part.status, part.headers.get('Content-Range'), await part.text()]).toEqual([206, 'bytes 1-6/25', 'script'])
    const tail = await download(submission.instanceId, hostile.name, { Range: 'bytes=-9' })
    expect(await tail.text()).toBe('</script>')
    expect((await download(submission.instanceId, hostile.name, { Range: 'bytes=25-' })).status).toBe(416)
    expect((await download(submission.instanceId, 'other.html')).status).toBe(404)
    expect((await download('uuid:none', hostile.name)).status).toBe(404)
    const bare = await collector.request(`/api/v1/submissions/${submission.instanceId}/attachments`)
    expect(bare.status).toBe(401)
  })
})

test('what nobody goes on with is let go after a time, sooner where no submission awaits it', async () => {
  await using device = await enrolTestDevice({ collector })
  await device.connect()
  const { bytes, attachment } = takePhoto()
  await device.submit({ answers: { name: 'Asha' }, attachments: [attachment] })
  await ask(device, offerOf(attachment))
  await sendAll(device, bytes, { upto: 8_000 })
  const soon = Date.now() + 1_000
  await purgeUploads(collector.write, { touchedBeforeMs: 0, unnamedBeforeMs: soon })
  expect(await partialsOf(device)).toEqual({ files: 1, pieces: 1 })
  await collector.write.execute(sql`delete from submission_attachments where device_id = ${device.deviceId}`)
  await purgeUploads(collector.write, { touchedBeforeMs: 0, unnamedBeforeMs: soon })
  expect(await partialsOf(device)).toEqual({ files: 0, pieces: 0 })
})
