import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { unwrap, type InstanceId } from '@murram/ground'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Capture } from '../capture/capture.ts'
import { diagnose } from '../diagnostics/diagnose.ts'
import type { Agent } from '../open-agent.ts'
import { PHOTO_FORM_ID, photoForm } from '../test-house/photo-form.ts'
import { openHere, startTestAgent, type TestAgent } from '../test-house/test-agent.ts'
import { startTestCollector, type TestCollector } from '../test-house/test-collector.ts'
import { fileAnswer, isAccepted, plainMediaType } from './file-answer.ts'

let collector: TestCollector
let agent: TestAgent
beforeEach(async () => {
  collector = await startTestCollector()
  collector.publishForm('1', photoForm())
  agent = await startTestAgent(collector)
})
afterEach(async () => {
  await agent[Symbol.asyncDispose]()
  await collector[Symbol.asyncDispose]()
})

async function* inParts(bytes: Uint8Array, partBytes = 10_007): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += partBytes) yield bytes.subarray(at, at + partBytes)
}
const photo = (sizeBytes = 200_000): Uint8Array => new Uint8Array(randomBytes(sizeBytes))
const shaOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const take = async (capture: Capture, bytes: Uint8Array, ref = 'house', mediaType = 'image/jpeg', by: Agent = agent) =>
  unwrap(await by.attachments.put(capture, ref, { mediaType, bytes: inParts(bytes) }))
const open = async (by: Agent = agent): Promise<Capture> => unwrap(await by.capture.open(PHOTO_FORM_ID))
const submissionOf = async (instanceId: InstanceId, by: Agent = agent) =>
  (await by.collections.submissions.findOne(instanceId).exec())?.toJSON().body.submission
const readAll = (by: Agent, interviewId: string, name: string): Uint8Array => {
  const { attachment, read } = unwrap(by.attachments.open(interviewId, name))
  return read(0, attachment.sizeBytes)
}

/** Files in the store, and names in the interview. */
const kept = ({ interviewId }: Capture) => [agent.attachments.usage().files, agent.attachments.of(interviewId).length]

describe('a photo is an answer', () => {
  test('AT2 its name is the answer, and the submission says what it is', async () => {
    const capture = await open()
    const bytes = photo()
    const { accepted, name } = await take(capture, bytes)
    expect(accepted).toBe(true)
    expect(name).toMatch(/^\d{13}\.jpg$/)
    expect(capture.question('house')?.value).toBe(name)
    expect(Buffer.from(readAll(agent, capture.interviewId, name)).equals(bytes)).toBe(true)
    const { instanceId } = unwrap(await capture.finalise())
    const submission = await submissionOf(instanceId)
    expect(submission?.answers['house']).toBe(name)
    expect(submission?.attachments).toEqual([
      { name, sha256: shaOf(bytes), sizeBytes: 200_000, mediaType: 'image/jpeg' },
    ])
  })

  test('ranges are read where they lie, over the seams of what is stored', async () => {
    const capture = await open()
    const bytes = photo()
    const { name } = await take(capture, bytes)
    const { read } = unwrap(agent.attachments.open(capture.interviewId, name))
    for (const [offset, length] of [
      [0, 1],
      [65_535, 2],
      [65_536, 65_536],
      [199_999, 5],
      [100, 150_000],
      [200_000, 10],
    ] as const)
      expect(Buffer.from(read(offset, length)).equals(bytes.subarray(offset, offset + length))).toBe(true)
  })

  test('BT1 BT2 the same photo twice is kept once; one that is replaced, removed or left with its draft is gone', async () => {
    const capture = await open()
    const [bytes, other] = [photo(), photo()]
    const first = await take(capture, bytes)
    unwrap(capture.addRepeat('room'))
    await take(capture, bytes, 'room[1]/view')
    expect(kept(capture)).toEqual([1, 2])
    await take(capture, other)
    expect(kept(capture)).toEqual([2, 2])
    expect(agent.attachments.open(capture.interviewId, first.name)).toMatchObject({ ok: false })
    unwrap(await agent.attachments.remove(capture, 'house'))
    expect(capture.question('house')?.value).toBe('')
    expect(kept(capture)).toEqual([1, 1])
    await agent.capture.dropDraft(capture.interviewId)
    expect(kept(capture)).toEqual([0, 0])
  })

  test('AT2 what is not asked any more is not sent, and does not stay', async () => {
    const capture = await open()
    await take(capture, photo())
    const voice = await take(capture, photo(), 'voice', 'audio/mp4')
    unwrap(capture.answer('asked', 'no'))
    const { instanceId } = unwrap(await capture.finalise())
    expect((await submissionOf(instanceId))?.attachments.map(({ name }) => name)).toEqual([voice.name])
    expect(kept(capture)).toEqual([1, 1])
  })

  test('AT1 a draft comes back with its photos after a restart; what was taken in by half does not', async () => {
    const capture = await open()
    const bytes = photo()
    const { name } = await take(capture, bytes)
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield photo(300_000)
      throw new Error('the camera was pulled out')
    }
    const half = agent.attachments.put(capture, 'voice', { mediaType: 'audio/mp4', bytes: broken() })
    await expect(half).rejects.toThrow('camera')
    expect(kept(capture)).toEqual([1, 1])
    await agent.close()
    const again = unwrap(await openHere(agent.folder))
    const resumed = unwrap(await again.capture.open(null, { draft: capture.interviewId }))
    expect(resumed.question('house')?.value).toBe(name)
    expect(Buffer.from(readAll(again, capture.interviewId, name)).equals(bytes)).toBe(true)
    await again.close()
  })

  test('a correction begins with the photos of what it corrects', async () => {
    const capture = await open()
    const bytes = photo()
    const { name } = await take(capture, bytes)
    const { instanceId } = unwrap(await capture.finalise())
    const correction = unwrap(await agent.capture.open(null, { correct: instanceId }))
    expect(Buffer.from(readAll(agent, correction.interviewId, name)).equals(bytes)).toBe(true)
    const voice = await take(correction, photo(), 'voice', 'audio/mp4')
    const saved = unwrap(await correction.finalise())
    const named = (await submissionOf(saved.instanceId))?.attachments.map(file => file.name)
    expect(named).toEqual([name, voice.name])
    expect(kept(correction)).toEqual([2, 2])
  })

  test('what the question does not take, and what is too large, is refused and leaves nothing', async () => {
    const capture = await open()
    const put = (ref: string, mediaType: string, bytes = photo(10)) =>
      agent.attachments.put(capture, ref, { mediaType, bytes: inParts(bytes) })
    expect(await put('house', 'application/pdf')).toMatchObject({ error: { fault: 'attachment.unexpected' } })
    expect(await put('name', 'image/jpeg')).toMatchObject({ error: { fault: 'attachment.unexpected' } })
    expect(await put('nowhere', 'image/jpeg')).toMatchObject({ error: { fault: 'session.no-such-question' } })
    expect(await put('paper', 'text/csv')).toMatchObject({ ok: true })
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield new Uint8Array(8_000_000)
    }
    const tooLarge = await agent.attachments.put(capture, 'house', { mediaType: 'image/jpeg', bytes: endless() })
    expect(tooLarge).toMatchObject({ error: { fault: 'attachment.too-large' } })
    expect(capture.question('house')?.value).toBe('')
    expect(kept(capture)).toEqual([1, 1])
  })
})

describe('sent means all', () => {
  test('UD1 a photo follows its submission; until then the interview is awaited, with what is missing', async () => {
    const capture = await open()
    const bytes = photo()
    await take(capture, bytes)
    const { instanceId } = unwrap(await capture.finalise())
    collector.uploads.refuse(true)
    unwrap(await agent.sync.syncOnce())
    expect(agent.queue.placeOf(instanceId)?.state).toBe('sent')
    expect(agent.attachments.awaiting()).toEqual(new Map([[instanceId, { files: 1, bytesLeft: 200_000 }]]))
    const { attachments } = await diagnose(agent)
    expect(attachments).toEqual({ interviews: 1, bytesLeft: 200_000, keptFiles: 1, keptBytes: 200_000 })
    collector.uploads.refuse(false)
    unwrap(await agent.sync.syncOnce())
    expect(agent.attachments.awaiting().size).toBe(0)
    expect(Buffer.from(collector.uploads.whole().get(shaOf(bytes)) ?? []).equals(bytes)).toBe(true)
  })

  test('nothing is offered of a draft', async () => {
    const capture = await open()
    await take(capture, photo())
    unwrap(await agent.sync.syncOnce())
    expect(collector.uploads.heard().offers).toBe(0)
  })

  test('PD5 a collector of version 1 gets all but what names a file, which waits for a newer one', async () => {
    await using old = await startTestCollector({ speaks: { protocol: 1, minProtocol: 1 } })
    old.publishForm('1', photoForm())
    await using officer = await startTestAgent(old)
    const save = async (withPhoto: boolean) => {
      const capture = await open(officer)
      if (withPhoto) await take(capture, photo(), 'house', 'image/jpeg', officer)
      return unwrap(await capture.finalise()).instanceId
    }
    const [before, named, after] = [await save(false), await save(true), await save(false)]
    unwrap(await officer.sync.syncOnce())
    expect(old.stored().map(({ instanceId }) => instanceId)).toEqual([before, after])
    expect(officer.queue.placeOf(named)?.state).toBe('refused')
    expect(old.uploads.heard().offers).toBe(0)
  })

  test('what has arrived is not sent again, after a restart and in a second submission', async () => {
    const bytes = photo()
    const capture = await open()
    await take(capture, bytes)
    unwrap(await capture.finalise())
    unwrap(await agent.sync.syncOnce())
    const before = collector.uploads.heard()
    await agent.close()
    const again = unwrap(await openHere(agent.folder))
    const second = await open(again)
    await take(second, bytes, 'house', 'image/jpeg', again)
    unwrap(await second.finalise())
    unwrap(await again.sync.syncOnce())
    expect(collector.uploads.heard()).toEqual(before)
    expect(again.attachments.awaiting().size).toBe(0)
    await again.close()
  })

  test('UD3 a restored collector gets again what it lost, and an offer is all that the rest costs', async () => {
    const bytes = [photo(), photo()]
    for (const one of bytes) {
      const capture = await open()
      await take(capture, one)
      unwrap(await capture.finalise())
    }
    unwrap(await agent.sync.syncOnce())
    collector.restore(2)
    const { pieces } = collector.uploads.heard()
    unwrap(await agent.sync.syncOnce())
    expect(collector.uploads.heard()).toMatchObject({ offers: 4, pieces })
    collector.uploads.forget()
    collector.restore(2)
    unwrap(await agent.sync.syncOnce())
    expect([...collector.uploads.whole().keys()].toSorted()).toEqual(bytes.map(shaOf).toSorted())
  })

  test('AT3 bytes are let go once the submission is in a backup and the photo arrived long ago', async () => {
    const bytes = photo()
    const capture = await open()
    const { name } = await take(capture, bytes)
    const { instanceId } = unwrap(await capture.finalise())
    unwrap(await agent.sync.syncOnce())
    await agent.close()
    const DAY_MS = 86_400_000
    const isFree = async (afterDays: number, safeUpto: number, clockAheadDays = 0) => {
      collector.faults.safeUpto = safeUpto
      collector.faults.clockAheadMs = afterDays * DAY_MS
      const clock = () => Date.now() + (afterDays + clockAheadDays) * DAY_MS
      const later = unwrap(await openHere(agent.folder, undefined, clock))
      unwrap(await later.sync.syncOnce())
      unwrap(await later.sync.syncOnce())
      const opened = later.attachments.open(capture.interviewId, name)
      await later.close()
      return opened.ok ? false : opened.error.fault
    }
    expect(await isFree(20, 0)).toBe(false)
    expect(await isFree(2, 1)).toBe(false)
    // A laptop's clock that is a year ahead says nothing of what a backup holds.
    expect(await isFree(2, 1, 365)).toBe(false)
    expect(await isFree(20, 1, -365)).toBe('attachment.not-here')
    const after = unwrap(await openHere(agent.folder))
    expect((await submissionOf(instanceId, after))?.attachments).toHaveLength(1)
    // Taken once more, it is here again.
    const again = await open(after)
    const retaken = await take(again, bytes, 'house', 'image/jpeg', after)
    expect(Buffer.from(readAll(after, again.interviewId, retaken.name)).equals(bytes)).toBe(true)
    await after.close()
  })
})

test('no byte of a photo lies on the disk in the clear', async () => {
  const marker = Buffer.from('Zwartkopspruit-7731-photo')
  const capture = await open()
  await take(capture, new Uint8Array(Buffer.concat(Array.from({ length: 40_000 }, () => marker))))
  const telling = readdirSync(agent.folder.dataDir, { recursive: true })
    .map(file => join(agent.folder.dataDir, String(file)))
    .filter(path => statSync(path).isFile() && readFileSync(path).includes(marker))
  expect(telling).toEqual([])
  const stored = readdirSync(agent.folder.dataDir).map(file => statSync(join(agent.folder.dataDir, file)).size)
  expect(Math.max(...stored)).toBeGreaterThan(1_000_000)
})

test('a file is called as ODK calls it, and its kind is read carefully', () => {
  expect(fileAnswer(1732200000000, 'image/jpeg', '', new Set())).toBe('1732200000000.jpg')
  expect(fileAnswer(1732200000000, 'image/jpeg', 'IMG_1.JPEG', new Set())).toBe('1732200000000.jpeg')
  expect(fileAnswer(1, 'x/y', '../../etc/passwd', new Set(['1.bin']))).toBe('2.bin')
  expect(plainMediaType('Audio/OGG; codecs=opus')).toBe('audio/ogg')
  expect(plainMediaType('a/b\r\nSet-Cookie: x')).toBe('application/octet-stream')
  expect(['image/png', 'audio/ogg'].map(type => isAccepted('image/*', type))).toEqual([true, false])
  expect(isAccepted('application/*', 'text/csv') && isAccepted(undefined, 'x/y')).toBe(true)
})
