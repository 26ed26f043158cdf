/**
 * The short story as a person starts it, from end to end: every house a process, a clock of five years,
 * four laptops, and one JSON object at the end.
 *
 *   LS1 in the end every laptop has what the registry says, a model that was trained, and nothing is lost
 *   LS2 too few outcomes promote nothing; a candidate that is spoilt is refused, and the lines are named
 *   LS3 a release goes from ring to ring by evidence, and waits where a person halts it
 *   LS4 a region that nobody had seen is found out, told, and learnt
 *   LS5 a file that lies is named at its import, is never in force, and is withdrawn
 *   LS6 what was put right is learnt as it was, and the candidate is judged
 *   LS7 every decision is printed with its reason
 */
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LearningClosing } from './learning-close.ts'
import type { DecisionKind } from './telling.ts'

const data = mkdtempSync(join(tmpdir(), 'murram-learning-story-'))
chmodSync(data, 0o711)
afterAll(() => rmSync(data, { recursive: true, force: true }))

const tellStory = (): Promise<{ readonly code: number | null; readonly lines: readonly string[] }> =>
  new Promise(resolve => {
    const args = [join(import.meta.dirname, 'main.ts'), '--quick', '--json', '--data', data]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.on('close', code => resolve({ code, lines: said.trimEnd().split('\n') }))
  })

let code: number | null
let printed: string
let closing: LearningClosing
beforeAll(async () => {
  const told = await tellStory()
  code = told.code
  printed = told.lines.slice(0, -1).join('\n')
  const last = told.lines.at(-1) ?? ''
  if (!last.startsWith('{')) throw new Error(`the story broke:\n${told.lines.slice(-20).join('\n')}`)
  closing = JSON.parse(last) as LearningClosing
}, 900_000)

const of = (kind: DecisionKind) => closing.decisions.filter(one => one.kind === kind)
const refusals = () => of('gate').filter(({ what }) => what.startsWith('candidate is refused'))

test('LS1 in the end every laptop has what the registry says, and nothing is lost', () => {
  expect(closing.checks.filter(({ isRight }) => !isRight)).toEqual([])
  expect({ right: closing.right, code, lost: closing.lost, duplicated: closing.duplicated }).toEqual({
    right: true,
    code: 0,
    lost: 0,
    duplicated: 0,
  })
  expect(closing.devices).toHaveLength(4)
  const promoted = of('release').filter(({ why }) => why.includes('promotion'))
  for (const { releaseId, expected } of closing.devices) {
    expect(releaseId).toBe(expected)
    expect(promoted.some(({ what }) => what.startsWith(`${releaseId} `))).toBe(true)
  }
})

test('LS2 too few outcomes promote nothing, a spoilt candidate is refused, and the lines are named', () => {
  expect(of('gate')[0]).toMatchObject({
    what: 'candidate is refused',
    why: expect.stringContaining('holdout outcomes'),
  })
  const spoilt = of('gate').filter(({ what }) => what.includes('spoilt on purpose'))
  expect(spoilt).toHaveLength(1)
  for (const line of ['log-loss gain, mean', 'spoilt on purpose']) expect(spoilt[0]?.why).toContain(line)
  for (const { why } of refusals()) expect(why).toMatch(/^it failed at: ./)
  expect(printed.match(/✗ \S/g)?.length).toBeGreaterThanOrEqual(refusals().length)
})

test('LS3 rings open by evidence; one halt by a person holds a release', () => {
  expect(of('ring').some(({ what, why }) => what.includes('is for all') && why.includes('scores from'))).toBe(true)
  expect(of('halt')).toHaveLength(1)
})

test('LS4 the new region is found out, told, and learnt', () => {
  expect(of('finding').some(({ what }) => what.includes('calibration') && what.includes('lake'))).toBe(true)
  const last = closing.waves.at(-1)?.inNewRegion
  expect(Math.abs(last?.retrained.offBy ?? 1)).toBeLessThan(Math.abs(last?.never?.offBy ?? 0))
})

test('LS5 the file that lies is named at its import, never in force, and withdrawn', () => {
  const { poison } = closing
  expect(poison).toMatchObject({ wasFlagged: true, run: { verdict: 'refused', releaseId: null } })
  expect(poison?.run?.asItLied).toBe(poison?.interviews)
  expect(of('batch').filter(({ what }) => what.startsWith('district-office.csv') && what.includes('odd'))).toHaveLength(
    1,
  )
  expect(of('withdrawal')).toHaveLength(1)
})

test('LS6 what was put right is learnt as it was, and the candidate is judged', () => {
  const healing = closing.poison?.healing
  expect(healing).toMatchObject({ asItWas: closing.poison?.interviews, asItLied: 0 })
  expect(healing?.why).not.toBe('')
  expect(of('healing')).toHaveLength(1)
})

test('LS7 every decision is printed with its reason', () => {
  expect(closing.decisions.length).toBeGreaterThan(30)
  for (const { what, why } of closing.decisions) expect([what, why]).not.toContain('')
  expect(printed.match(/ because: /g)?.length).toBe(closing.decisions.length)
})
