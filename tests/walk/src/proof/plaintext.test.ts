/**
 * Nothing that was said lies on a laptop's disk in the clear. A text is planted in an answer,
 * a draft, the label and a property of a household that came down from the centre, a line of
 * the log and the file for whoever helps; then all of the data folder, a temporary folder of
 * the process's own and its open files are searched, while it runs and after kill -9.
 *
 * Not here: the collector's database, which holds answers by its purpose, and core dumps,
 * which are memory and for the operating system to forbid (docs/gaps.md).
 */
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readDiagnostics } from '@murram/agent'
import { loadProjectKeys } from '@murram/collector'
import { unwrap } from '@murram/ground'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { filesBelow, filesWith, needlesOf, openFilesWith } from './find-text.ts'
import { openProofStage, statusOf, type ProofStage } from './proof-stage.ts'

/** Letters and digits only, so that no coding has to escape it. */
const marker = `zebra${randomBytes(12).toString('hex')}`
const SORTED_ROWS = 6_000

let stage: ProofStage
const temporary = (at: number) => join(stage.folder, `temporary-${at}`)
const laptop = (at: number) => [stage.officer(at).config.dataDir, temporary(at)]

beforeAll(async () => {
  stage = await openProofStage({ agents: 2, seed: 6 })
  for (const at of [0, 1]) {
    mkdirSync(temporary(at))
    await stage.officer(at).house.kill()
    await stage.startOfficer(at, { TMPDIR: temporary(at) })
    await stage.connect(at)
  }
})
afterAll(() => stage.close())

test('the search finds a text in each coding, wherever it begins', () => {
  const folder = mkdtempSync(join(tmpdir(), 'murram-find-'))
  const before = ['', 'a', 'ab'].map(text => Buffer.from(text))
  const codings = [
    Buffer.from(marker),
    Buffer.from(marker, 'utf16le'),
    Buffer.from(marker, 'utf16le').swap16(),
    ...before.map(text => Buffer.from(Buffer.concat([text, Buffer.from(`${marker}!`)]).toString('base64'))),
    ...before.map(text => Buffer.from(Buffer.concat([text, Buffer.from(marker)]).toString('base64url'))),
  ]
  for (const [i, bytes] of codings.entries())
    writeFileSync(join(folder, String(i)), Buffer.concat([Buffer.from('....'), bytes]))
  writeFileSync(join(folder, 'other'), marker.slice(0, -1))
  expect(
    filesWith(marker, [folder])
      .map(path => path.slice(folder.length + 1))
      .sort(),
  ).toEqual(codings.map((_, i) => String(i)).sort())
  expect(needlesOf(marker).every(needle => needle.length >= 20)).toBe(true)
  rmSync(folder, { recursive: true })
})

test('the search finds a text in a file that was deleted and is still open', () => {
  const path = join(stage.folder, 'deleted')
  const file = openSync(path, 'w+')
  writeSync(file, marker)
  unlinkSync(path)
  expect(openFilesWith(marker, process.pid)).toEqual([expect.stringContaining('deleted')])
  closeSync(file)
})

test('what was said is on no disk in the clear, while the agents run and after kill -9', async () => {
  const { formId } = stage
  const [seen] = (await stage.interview(0, 1)).saved
  const changes = { head_name: marker, village: marker, comment: marker }
  const visit = { index: 0, staging: { as: 'follow-up' as const, entityId: seen?.entityId ?? '', changes } }
  const said = await stage
    .officer(0)
    .house.ask<{ saved: unknown[] }>('interview', { formId, visits: [visit], pauseBeforeFinalise: true })
  expect(said.saved).toHaveLength(1)
  await stage.settle()
  const households = await stage.officer(1).house.ask<{ label: string }[]>('households')
  expect(households.map(({ label }) => label).join()).toContain(marker) // it came down to the other laptop

  for (const at of [0, 1]) {
    const { house, config } = stage.officer(at)
    const file = await house.ask<string>('plant', { formId, text: marker })
    expect((await house.ask<{ drafts: string[] }>('held')).drafts).toHaveLength(1)
    // The file can be read by the project, and has the line of the log in it.
    const keys = unwrap(loadProjectKeys(join(stage.folder, 'collector', 'keys.json')))
    expect(JSON.stringify(unwrap(readDiagnostics(keys.box, readFileSync(file, 'utf8'))))).toContain(marker)

    expect(filesBelow(config.dataDir).some(path => path.endsWith('-wal') && statSync(path).size > 0)).toBe(true)
    expect(filesWith(marker, laptop(at))).toEqual([])

    const progress = { sorting: true }
    const sorted = house
      .ask<number>('sortRows', { rows: SORTED_ROWS, text: marker })
      .finally(() => (progress.sorting = false))
    const found: string[] = []
    for (; progress.sorting; await sleep(5))
      found.push(...openFilesWith(marker, house.pid), ...filesWith(marker, [temporary(at)]))
    expect(await sorted).toBeGreaterThanOrEqual(SORTED_ROWS)
    expect(found).toEqual([])
    expect(filesWith(marker, laptop(at))).toEqual([])

    const again = house
      .ask<number>('sortRows', { rows: 10 * SORTED_ROWS, text: marker })
      .catch((error: unknown) => error)
    await sleep(400)
    await house.kill()
    expect(await again).toBeInstanceOf(Error)
    expect(filesWith(marker, laptop(at))).toEqual([])

    await stage.startOfficer(at, { TMPDIR: temporary(at) })
    expect((await statusOf(stage.officer(at))).households).toBe(households.length)
    expect(filesWith(marker, laptop(at))).toEqual([])
  }
})
