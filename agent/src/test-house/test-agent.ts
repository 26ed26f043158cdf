/** An enrolled agent in a temporary folder, on a key file so that no test waits for Argon2id. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap } from '@murram/ground'
import { silentLog, type Log } from '../diagnostics/log.ts'
import { enrolAgent } from '../enrolment/enrol-agent.ts'
import { openAgent, type Agent } from '../open-agent.ts'
import type { Capture } from '../capture/capture.ts'
import type { KeySource } from '../store/key-source.ts'
import type { TestCollector } from './test-collector.ts'
import { TEST_FORM_ID } from './test-form.ts'

export interface TestFolder extends Disposable {
  readonly dataDir: string
  readonly key: KeySource
}

export function testFolder(): TestFolder {
  const dataDir = mkdtempSync(join(tmpdir(), 'murram-agent-'))
  return {
    dataDir,
    key: { kind: 'key-file', path: join(dataDir, 'user.key') },
    [Symbol.dispose]: () => rmSync(dataDir, { recursive: true, force: true }),
  }
}

export const enrolHere = (
  { dataDir, key }: TestFolder,
  { url, token }: TestCollector,
  oneUse = `${token}-${randomUUID()}`,
) => enrolAgent({ dataDir, key, collectorUrl: url, token: oneUse, officer: 'Akello', allowDemo: true, now: Date.now })

export const openHere = ({ dataDir, key }: TestFolder, log: Log = silentLog, now: () => number = Date.now) =>
  openAgent({ dataDir, key, now, random: Math.random, uuid: randomUUID, log, allowDemo: true })

export interface TestAgent extends Agent, AsyncDisposable {
  readonly folder: TestFolder
}

/** Enrolled, synced once: the collector's forms are on its shelf. */
export async function startTestAgent(collector: TestCollector): Promise<TestAgent> {
  const folder = testFolder()
  unwrap(await enrolHere(folder, collector))
  const agent = unwrap(await openHere(folder))
  unwrap(await agent.sync.syncOnce())
  return {
    ...agent,
    folder,
    [Symbol.asyncDispose]: async () => {
      await agent.close()
      folder[Symbol.dispose]()
    },
  }
}

export function answerAll(capture: Capture, answers: Readonly<Record<string, string>>): void {
  for (const [ref, value] of Object.entries(answers)) {
    const answered = unwrap(capture.answer(ref, value))
    if (!answered.accepted) throw new Error(`${ref} = ${value} was refused`)
  }
}

export async function saveHousehold(agent: Agent, name: string, answers: Readonly<Record<string, string>> = {}) {
  const capture = unwrap(await agent.capture.open(TEST_FORM_ID))
  answerAll(capture, { name, roof: 'iron', members: '4', ...answers })
  return unwrap(await capture.finalise())
}
