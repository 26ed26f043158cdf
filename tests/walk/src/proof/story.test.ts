/**
 * The whole walk at small size, as `npm start -- --exit --json` runs it: the synthetic
 * population, a real table, and what it says to wrong use.
 *
 * The real table lies beside the repository where there is one (`../shared`); elsewhere a
 * small one of the same columns is written here.
 */
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { lastLineOf, runWalk } from './run-walk.ts'

const root = resolve(import.meta.dirname, '..', '..', '..', '..')
const data = mkdtempSync(join(tmpdir(), 'murram-story-'))
chmodSync(data, 0o711) // PostgreSQL has a user of its own where this one is root
afterAll(() => rmSync(data, { recursive: true, force: true }))

/** A second is promised; the machine of a test may be busy with others. */
const SILENCE_MS = 2_500
const belowSilence = expect.toSatisfy((ms: number) => ms < SILENCE_MS, `below ${SILENCE_MS} ms`)

const figures = {
  captured: expect.any(Number),
  refusedAnswers: expect.any(Number),
  synced: expect.any(Number),
  conflicts: expect.any(Number),
  lost: 0,
  duplicated: 0,
  releases: expect.any(Number),
  agents: 2,
  agentsOnNewest: 2,
  bytesPerSubmission: expect.any(Number),
  model: { before: null, after: null },
}

test('the walk ends with nothing lost, nothing doubled, and every laptop on the newest release', async () => {
  const run = await runWalk(['--exit', '--json', '--agents', '2', '--interviews', '12', '--seed', '7', '--data', data])
  expect({ exit: run.exit, stderr: run.stderr }).toEqual({ exit: 0, stderr: '' })
  const closing = lastLineOf(run) as Readonly<Record<keyof typeof figures, number>>
  expect(closing).toMatchObject(figures)
  expect(closing.synced).toBe(closing.captured)
  expect(closing.captured).toBeGreaterThan(24) // beyond the plan: a second listing, follow-ups, a correction
  expect(closing.refusedAnswers).toBeGreaterThan(0)
  expect(closing.conflicts).toBeGreaterThanOrEqual(2)
  expect(closing.bytesPerSubmission).toBeGreaterThan(0)
  expect(run.silence).toEqual({ longestMs: belowSilence, after: expect.any(String) })
  // Each value that does not stand is printed with where it can be chosen.
  expect(run.stdout.match(/“.+” stands, “.+” is kept beside it/g)).toHaveLength(closing.conflicts)
  expect(run.stdout.match(/choose at http:.+settle/g)).toHaveLength(closing.conflicts)
})

test('a real table is replayed row by row, and none of it is lost', async () => {
  const real = join(root, '..', 'shared', 'data', 'adult', 'adult.csv')
  const table = existsSync(real) ? real : writeSmallTable()
  const form = join(root, 'tests', 'fixtures', 'adult.xlsx')
  const replay = ['--replay', table, '--form', form, '--outcome', 'income', '--limit', '60']
  const run = await runWalk(['--exit', '--json', '--agents', '2', ...replay, '--data', data])
  expect({ exit: run.exit, stderr: run.stderr }).toEqual({ exit: 0, stderr: '' })
  const closing = lastLineOf(run) as { captured: number; synced: number; setAside: number }
  expect(closing).toMatchObject({ ...figures, model: expect.anything() })
  expect(closing.synced).toBe(closing.captured)
  expect(closing.captured + closing.setAside).toBe(60)
  expect(closing.captured).toBeGreaterThan(40)
  expect(run.silence).toEqual({ longestMs: belowSilence, after: expect.any(String) })
})

test.each([
  [['--agents', '0'], /whole number from 1 to 20/],
  [['--interviews', 'many'], /whole number/],
  [['--nonsense'], /unknown option/],
  [['--replay', 'people.csv'], /also needs --form/],
  [['--outcome', 'income'], /go with --replay/],
  [['--replay', 'nowhere.csv', '--form', 'nowhere.xlsx', '--outcome', 'income'], /nowhere\.(xlsx|csv)/],
])('wrong use says what is wrong: %j', async (args, message) => {
  const { exit, stdout, stderr } = await runWalk(['--exit', '--data', data, ...args])
  expect(exit).toBe(1)
  expect(stdout + stderr).toMatch(message)
})

/** Sixty people of the columns of the real table, made up. */
function writeSmallTable(): string {
  const header =
    'age,workclass,fnlwgt,education,education_num,marital_status,occupation,relationship,race,sex,capital_gain,capital_loss,hours_per_week,native_country,income'
  const people = [
    'Private,77516,HS-grad,9,Divorced,Handlers-cleaners,Not-in-family,White,Male,0,0,40,United-States,<=50K',
    'Self-emp-not-inc,83311,Bachelors,13,Married-civ-spouse,Exec-managerial,Husband,White,Male,0,0,50,United-States,>50K',
    'Private,284582,Masters,14,Married-civ-spouse,Prof-specialty,Wife,Black,Female,0,0,40,United-States,>50K',
    'State-gov,160187,11th,7,Never-married,Other-service,Own-child,Black,Female,0,0,16,Jamaica,<=50K',
  ]
  const file = join(data, 'small.csv')
  const rows = Array.from({ length: 60 }, (_, i) => `${20 + i},${people[i % people.length] ?? ''}`)
  writeFileSync(file, `${[header, ...rows].join('\n')}\n`)
  return file
}
