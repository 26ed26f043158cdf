/**
 * Nothing that an officer or a household said lies on the disk in the clear: a marker is
 * planted in an answer, a draft, an entity and a line of the log, and searched for in every file, in every
 * coding, while the agent runs and after it was killed.
 */
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { diagnose } from './diagnostics/diagnose.ts'
import { writeDiagnostics } from './diagnostics/diagnostics-file.ts'
import { runChild } from './test-house/run-child.ts'
import { enrolHere, openHere, testFolder } from './test-house/test-agent.ts'
import { entityBody, startTestCollector } from './test-house/test-collector.ts'

const MARKER = 'Zwartkopspruit-7731'

/** The marker in UTF-8, UTF-16 and base64, whatever stands before it. */
const needles = [
  Buffer.from(MARKER),
  Buffer.from(MARKER, 'utf16le'),
  ...[0, 1, 2].map(shift => {
    const text = Buffer.from('x'.repeat(shift) + MARKER).toString('base64')
    return Buffer.from(text.slice(shift === 0 ? 0 : 4, -4))
  }),
]

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true })
    .map(name => join(folder, String(name)))
    .filter(path => statSync(path).isFile())

const tellingFiles = (...folders: readonly string[]): readonly string[] =>
  folders.flatMap(filesBelow).filter(path => {
    const bytes = readFileSync(path)
    return needles.some(needle => bytes.includes(needle))
  })

test('the search itself finds a marker in each coding', () => {
  const said = [
    MARKER,
    Buffer.from(MARKER, 'utf16le'),
    ...['', 'a', 'ab'].map(before => Buffer.from(before + MARKER).toString('base64')),
  ]
  for (const text of said) expect(needles.some(needle => Buffer.from(text).includes(needle))).toBe(true)
})

test('no file holds what was said, neither running nor after kill -9', async () => {
  using folder = testFolder()
  await using collector = await startTestCollector()
  collector.publishForm()
  const entityId = '0000000a-0000-4000-8000-000000000000'
  collector.publish('entity', entityId, entityBody(entityId, { name: MARKER, roof: 'iron' }))
  unwrap(await enrolHere(folder, collector))
  const temporary = join(folder.dataDir, 'temporary')
  mkdirSync(temporary)

  const names = Array.from({ length: 30 }, (_, i) => `${MARKER} ${i}`)
  const child = runChild(folder, { names, draft: MARKER, sync: 'before', stay: true }, { TMPDIR: temporary })
  await expect.poll(() => child.lines.includes('done') || child.errors(), { timeout: 15_000 }).toBe(true)
  expect(tellingFiles(folder.dataDir)).toEqual([])
  child.process.kill('SIGKILL')
  await child.ended
  expect(tellingFiles(folder.dataDir)).toEqual([])

  // It is all there for whoever has the key, and diagnostics still say nothing of it.
  const agent = unwrap(await openHere(folder))
  expect(await agent.collections.drafts.find().exec()).toHaveLength(1)
  expect((await agent.households.find(entityId))?.label).toBe(MARKER)
  const diagnosis = await diagnose(agent)
  expect(diagnosis).toMatchObject({ outbox: { waiting: 30 }, drafts: 1, mirror: { entity: 1 } })
  expect(JSON.stringify(diagnosis)).not.toContain(MARKER)
  expect(JSON.stringify(agent.log.lines())).toContain(MARKER)
  await writeDiagnostics(agent, folder.dataDir, Date.now())
  await agent.close()
  expect(tellingFiles(folder.dataDir)).toEqual([])
})
