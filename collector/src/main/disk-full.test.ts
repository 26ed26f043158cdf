/**
 * A server whose disk is full, with a real PostgreSQL on a real small disk.
 *
 * DF1 a batch that the disk cannot take is not acked and holds nothing; the collector stays up
 * DF2 with room again the same batch is taken, once, and all that was acked before is there
 */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ProjectId } from '@murram/ground'
import type { Submission } from '@murram/fold'
import { canMount, openSmallDisk } from '@murram/testkit'
import { expect, test } from 'vitest'
import { createProjectKeys } from '../config/project-keys.ts'
import { stopLeftServer } from '../db/postmaster.ts'
import type { SubmissionList } from '../http/api-types.ts'
import { apiOf, testAdminToken } from '../test-collector.ts'
import { enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

/** A new cluster and its log take some 60 MB. */
const DISK_BYTES = 200_000_000
const MOST_PUSHES = 600

const outcomeOf = async (device: TestDevice, submission: Submission): Promise<string | undefined> =>
  device.push([submission]).then(
    ({ results }) => results[0]?.result,
    () => undefined,
  )

async function untilTaken(device: TestDevice, submission: Submission): Promise<string> {
  for (let tries = 0; tries < 60; tries += 1) {
    await device.connect()
    const outcome = await outcomeOf(device, submission)
    if (outcome !== undefined) return outcome
    await sleep(500)
  }
  return 'never'
}

test.runIf(canMount())(
  'DF1 DF2 a full disk acks nothing, loses nothing, and passes',
  async () => {
    using disk = openSmallDisk(DISK_BYTES)
    const dataDir = join(disk.path, 'collector')
    mkdirSync(dataDir)
    const keys = createProjectKeys({ projectId: 'test' as ProjectId, demo: true, nowMs: 0 })
    const program = fileURLToPath(new URL('crash-house.ts', import.meta.url))
    const house = spawn(process.execPath, [program, JSON.stringify({ dataDir, keys })], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const ended = new Promise(settle => house.once('exit', settle))
    try {
      const url = await new Promise<string>((settle, fail) => {
        house.stdout.once('data', (line: Buffer) => settle(line.toString().trim()))
        void ended.then(code => fail(new Error(`the collector ended with ${String(code)}`)))
      })
      const api = apiOf((path, init) => fetch(`${url}${path}`, init), testAdminToken)
      await api.publish(householdXml())
      const device = await enrolTestDevice({ collector: { ...api, url } })
      await device.connect()
      const next = (i: number) =>
        device.make({ answers: { name: 'x'.repeat(50_000), ...namingEntity(randomUUID(), 'create', `House ${i}`) } })

      disk.fillUp(0)
      const acked: Submission[] = []
      let turnedAway: Submission | undefined
      for (let i = 0; i < MOST_PUSHES && turnedAway === undefined; i += 1) {
        const submission = next(i)
        const outcome = await outcomeOf(device, submission)
        if (outcome === 'applied') acked.push(submission)
        else turnedAway = submission
      }
      if (turnedAway === undefined) throw new Error('the disk never became full')
      expect(house.exitCode).toBeNull()

      disk.clear()
      expect(await untilTaken(device, turnedAway)).toBe('applied')
      const { body } = await api.get<SubmissionList>('/submissions?limit=1000')
      expect(body.submissions.map(({ instanceId }) => instanceId).toSorted()).toEqual(
        [...acked, turnedAway].map(({ instanceId }) => instanceId).toSorted(),
      )
      await device.disconnect()
    } finally {
      house.kill('SIGKILL')
      await ended
      await stopLeftServer(join(dataDir, 'pg', 'data'), 20_000)
    }
  },
  120_000,
)
