import { readFileSync } from 'node:fs'
import { createBoxKey } from '@murram/seal'
import { unwrap } from '@murram/ground'
import { openEncrypted } from '@murram/rxdb-sqlite'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startTestAgent, testFolder } from '../test-house/test-agent.ts'
import { startTestCollector } from '../test-house/test-collector.ts'
import { readDiagnostics, writeDiagnostics } from './diagnostics-file.ts'
import { createStoreLog, KEPT_LINES } from './store-log.ts'
import { silentLog, type Log } from './log.ts'

function openTestStore(dataDir: string) {
  const opened = openEncrypted({ path: join(dataDir, 'log.db'), key: new Uint8Array(32).fill(7), create: true })
  if (!opened.ok) throw new Error(opened.error.fault)
  return opened.value
}

test('SG1 the log keeps its newest lines, and has them after the store was closed', () => {
  using folder = testFolder()
  const first = openTestStore(folder.dataDir)
  const log = createStoreLog(first, { now: () => 5, also: silentLog })
  first.connection.transaction(() => {
    for (let i = 0; i < KEPT_LINES + 30; i += 1) log.info({ i }, 'one more')
  })()
  log.error({ fault: 'sync.checksum', long: 'x'.repeat(9_000) }, 'the last')
  first.close()

  const second = openTestStore(folder.dataDir)
  const { lines } = createStoreLog(second, { now: () => 6, also: silentLog })
  expect(lines()).toHaveLength(KEPT_LINES)
  expect(lines()[0]).toEqual({ atMs: 5, level: 'info', message: 'one more', facts: { i: 31 } })
  expect(lines(1)).toMatchObject([{ level: 'error', message: 'the last', facts: { fault: 'sync.checksum' } }])
  expect(String(lines(1)[0]?.facts.long)).toHaveLength(2_001)
  second.close()
})

test('SG2 a log whose store is closed does not fail, and says so elsewhere', () => {
  using folder = testFolder()
  const said: string[] = []
  const note: Log['info'] = (_, message) => void said.push(message)
  const store = openTestStore(folder.dataDir)
  const log = createStoreLog(store, { now: () => 5, also: { info: note, warn: note, error: note } })
  store.close()
  log.warn({}, 'too late')
  expect(said).toEqual(['too late', 'a line could not be written to the log in the store'])
})

test('the diagnostics file is for the project alone', async () => {
  await using collector = await startTestCollector()
  collector.publishForm()
  await using agent = await startTestAgent(collector)
  agent.log.warn({ error: 'quoted' }, 'something broke')
  const path = await writeDiagnostics(agent, agent.folder.dataDir, 1_000)
  const text = readFileSync(path, 'utf8')
  expect(text).not.toContain('quoted')
  expect(unwrap(readDiagnostics(collector.box, text))).toMatchObject({
    format: 1,
    writtenAtMs: 1_000,
    diagnosis: { deviceId: agent.enrolment.deviceId, mirror: { form: 1 } },
    log: expect.arrayContaining([expect.objectContaining({ message: 'something broke', facts: { error: 'quoted' } })]),
  })
  expect(readDiagnostics(createBoxKey(), text)).toMatchObject({ error: { fault: 'store.wrong-key' } })
})
