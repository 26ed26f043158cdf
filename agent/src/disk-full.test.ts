/**
 * A laptop whose disk is full, on a real small disk.
 *
 * DF1 the interview at hand is saved out of the reserve
 * DF2 then a save is refused with what to do; the interview stays open, what was saved stays whole
 * DF3 with room again the same interview is saved, and all that was called saved arrives once
 */
import { join } from 'node:path'
import { err, unwrap } from '@murram/ground'
import { canMount, openSmallDisk } from '@murram/testkit'
import { expect, test } from 'vitest'
import { startLoopback } from './loopback/start-loopback.ts'
import { answerAll, enrolHere, openHere, saveHousehold } from './test-house/test-agent.ts'
import { startTestCollector } from './test-house/test-collector.ts'
import { TEST_FORM_ID } from './test-house/test-form.ts'

/** The store, its log, the reserve, and some hundred interviews. */
const DISK_BYTES = 16_000_000
const LONG = 'x'.repeat(20_000)

test.runIf(canMount())('DF1 DF2 DF3 a full disk loses nothing, says what to do, and work goes on', async () => {
  await using collector = await startTestCollector()
  collector.publishForm()
  using disk = openSmallDisk(DISK_BYTES)
  const dataDir = join(disk.path, 'agent')
  const folder = {
    dataDir,
    key: { kind: 'key-file', path: join(disk.path, 'user.key') },
    [Symbol.dispose]() {},
  } as const
  unwrap(await enrolHere(folder, collector))
  const agent = unwrap(await openHere(folder))
  unwrap(await agent.sync.syncOnce())
  const page = unwrap(await startLoopback(agent, { port: 0, now: Date.now }))
  const post = async (path: string) => {
    const response = await fetch(`${page.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${page.token}` },
    })
    return { status: response.status, body: (await response.json()) as unknown }
  }

  disk.fillUp(100_000)
  const saved = [await saveHousehold(agent, 'Out of the reserve', { comment: LONG })] // DF1
  disk.fillUp(0)
  const capture = unwrap(await agent.capture.open(TEST_FORM_ID))
  answerAll(capture, { name: 'At the last moment', roof: 'iron', members: '4', comment: LONG })
  const full = { fault: 'store.disk-full', detail: expect.stringContaining('full') as string }
  expect(await capture.finalise()).toEqual(err(full))
  expect(await post(`/api/interviews/${capture.interviewId}/save`)).toMatchObject({ status: 507, body: full })
  expect(agent.queue.summary()).toMatchObject({ waiting: 1 })
  expect(agent.capture.find(capture.interviewId)).not.toBeNull()
  await expect(agent.sync.syncOnce()).resolves.toMatchObject({ ok: false, error: { fault: 'store.disk-full' } })

  disk.clear()
  saved.push(unwrap(await capture.finalise()))
  unwrap(await agent.sync.syncOnce())
  expect(collector.stored().map(({ instanceId }) => instanceId)).toEqual(saved.map(({ instanceId }) => instanceId))
  expect(agent.queue.summary()).toMatchObject({ waiting: 0, sent: 2 })
  await page.close()
  await agent.close()
})
