/**
 * A collector whose database is replaced by an older copy of itself. It does not go on in
 * silence; told to go on, it begins a new epoch, and the laptops bring back what it lost.
 *
 * RS1 an older database is refused, with what to do
 * RS2 accepted, it has a higher epoch, and every laptop notices
 * RS3 nothing is lost and nothing doubled: laptops keep what they have sent
 * RS4 a release made after the copy is not forgotten by the laptops' counters: the next one
 *     stands above it
 * RS5 of the verified backups any one can be put back: what was acked since comes again, also
 *     from a laptop that let go of it, and from one that was without a link all the while
 * RS6 what people at the centre did comes out of the journal, also where no database is left
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse as parseYaml, stringify as stringifyYaml } from 'yaml'
import { untilAll, type Officer } from '../officers.ts'
import { vulnerabilityFiles } from '../scenes/open.ts'
import { murram } from './murram.ts'
import { heldBy, openProofStage, type ProofStage } from './proof-stage.ts'

const root = resolve(import.meta.dirname, '..', '..', '..', '..')
const LIMIT_MS = 60_000

let stage: ProofStage
beforeAll(async () => {
  stage = await openProofStage({ agents: 3, seed: 8 })
})
afterAll(() => stage.close())

/** Another prior of the same model is another release of it. */
async function releasePrior(baseRate: number): Promise<string | null> {
  const { recipe, card } = vulnerabilityFiles(root)
  const kept = parseYaml(recipe) as { readonly prior: object }
  const changed = stringifyYaml({ ...kept, prior: { ...kept.prior, baseRate } })
  return (await stage.central.post<{ releaseId: string | null }>('/api/v1/models', { recipe: changed, card })).releaseId
}

const newestRelease = async (): Promise<number> => {
  const { releases } = await stage.central.get<{ releases: readonly { counter: number }[] }>('/api/v1/releases')
  return Math.max(...releases.map(({ counter }) => counter))
}

test('RS1 RS2 RS3 RS4 a collector on an older copy of its database gets back what it lost', async () => {
  await stage.interview(0, 3)
  await stage.interview(1, 3)
  await stage.settle()
  expect(await stage.compare()).toEqual({ lost: [], duplicated: [] })

  const copy = join(stage.folder, 'copy-of-the-database')
  await stage.collector().stop()
  execFileSync('cp', ['-a', stage.clusterDir, copy])
  await stage.startCollector()
  expect(stage.address().epoch).toBe(1)

  // After the copy: more interviews, and a release that every laptop has taken.
  await stage.interview(0, 4)
  await stage.interview(1, 2)
  const later = await releasePrior(0.31)
  const laterCounter = await newestRelease()
  expect([later, laterCounter]).toEqual([expect.any(String), expect.any(Number)])
  await untilAll(stage.officers, ({ modelCounter }) => modelCounter === laterCounter, LIMIT_MS)
  await stage.settle()
  expect(await stage.compare()).toEqual({ lost: [], duplicated: [] })
  for (const officer of stage.officers) expect((await heldBy(officer)).letGo).toBe(0) // no backup was declared

  await stage.collector().stop()
  rmSync(stage.clusterDir, { recursive: true })
  execFileSync('cp', ['-a', copy, stage.clusterDir])
  await expect(stage.startCollector()).rejects.toThrow(/house\.epoch-mismatch[^]*--accept-restore/)

  await stage.interview(0, 1) // somebody works on meanwhile
  await stage.startCollector({ acceptRestore: true })
  expect(stage.address().epoch).toBe(2)
  expect(await newestRelease()).toBeLessThan(laterCounter)

  await untilAll(stage.officers, ({ epoch, link }) => epoch === 2 && link === 'live', LIMIT_MS)
  const endAt = Date.now() + LIMIT_MS
  while ((await stage.compare()).lost.length > 0 && Date.now() < endAt) await sleep(200)
  await stage.settle()
  expect(stage.ledger()).toHaveLength(13)
  expect(await stage.compare()).toEqual({ lost: [], duplicated: [] })

  await releasePrior(0.32)
  const afterRestore = await newestRelease()
  expect(afterRestore).toBeGreaterThan(laterCounter)
  await untilAll(stage.officers, ({ modelCounter }) => modelCounter === afterRestore, LIMIT_MS)
}, 180_000)

test('RS2 an accepted restore is accepted once: the next start needs no word, and nothing is sent again', async () => {
  await stage.collector().stop()
  await stage.startCollector()
  expect(stage.address().epoch).toBe(2)
  await stage.interview(1, 1)
  await stage.settle()
  expect(await stage.compare()).toEqual({ lost: [], duplicated: [] })
})

interface Made {
  readonly name: string
  readonly folder: string
  readonly submissions: number
}
const central = (...args: readonly string[]) =>
  murram(['collector', ...args, '--data', join(stage.folder, 'collector'), '--json'])
const backUp = async (): Promise<Made> => {
  const { exit, stdout, stderr } = await central('backup', '--to', join(stage.folder, 'backups'))
  expect([exit, stderr]).toEqual([0, ''])
  return JSON.parse(stdout) as Made
}
const sent = (officers: readonly Officer[]) => untilAll(officers, ({ waiting }) => waiting === 0, LIMIT_MS)
const untilAllIsThere = async () => {
  const endAt = Date.now() + LIMIT_MS
  while ((await stage.compare()).lost.length > 0 && Date.now() < endAt) await sleep(200)
  await stage.settle()
  expect(await stage.compare()).toEqual({ lost: [], duplicated: [] })
}

test('RS5 of its verified backups any one can be put back, in any order, and nothing is lost', async () => {
  const [steady, other, remote] = [stage.officer(0), stage.officer(1), stage.officer(2)]
  for (const at of [0, 1, 2]) await stage.interview(at, 1)
  await stage.settle()
  const first = await backUp() // while the collector runs
  remote.link.setUp(false)
  await stage.interview(2, 2) // for weeks without a link
  await stage.interview(0, 2)
  await sent([steady, other])
  const second = await backUp()
  await stage.interview(0, 1) // its ack says what is safe
  await sent([steady])
  expect((await heldBy(steady)).letGo).toBeGreaterThan(2)
  const third = await backUp()
  await stage.interview(0, 1)
  await stage.interview(1, 2)
  await sent([steady, other])
  expect([first.submissions, second.submissions, third.submissions]).toEqual(
    [first, second, third].map(({ submissions }) => submissions).toSorted((a, b) => a - b),
  )

  let { epoch } = stage.address()
  for (const backup of [first, third, second]) {
    await stage.collector().stop()
    const { exit, stdout } = await central('restore', '--from', backup.folder, '--replace')
    expect([exit, JSON.parse(stdout)]).toMatchObject([0, { ok: true, backup: backup.name, epoch: (epoch += 1) }])
    await stage.startCollector() // no further word is needed
    expect(stage.address().epoch).toBe(epoch)
    const report = await stage.central.get<{ state: string; backup: string }>('/api/v1/recovering')
    expect(report).toMatchObject({ state: 'open', backup: backup.name })
    if (backup === third) remote.link.setUp(true) // it was not there for the first restore
    await untilAll(backup === first ? [steady, other] : stage.officers, status => status.epoch === epoch, LIMIT_MS)
    if (backup !== first) await untilAllIsThere()
  }

  expect(await stage.central.get('/api/v1/recovering')).toMatchObject({
    state: 'open',
    missing: [],
    devices: [{ seen: true }, { seen: true }, { seen: true }],
  })
  expect(await stage.central.post('/api/v1/recovering/close', { note: 'all are here' })).toMatchObject({
    state: 'closed',
  })
}, 900_000)

test('RS6 a collector that lost its database gets the forms back from its journal, and the rest from the laptops', async () => {
  const { epoch } = stage.address()
  await stage.collector().stop()
  rmSync(join(stage.clusterDir, '..'), { recursive: true }) // with the server's password, as a disk that broke
  await stage.startCollector({ acceptRestore: true })
  await untilAll(stage.officers, status => status.epoch === epoch + 1, LIMIT_MS)
  await untilAllIsThere()
  expect(stage.address().epoch).toBe(epoch + 1)
}, 180_000)

test('RS3 a collector that lost everything, its forms and its journal too, gets all back once the form is published again', async () => {
  const { epoch } = stage.address()
  await stage.collector().stop()
  rmSync(stage.clusterDir, { recursive: true })
  rmSync(join(stage.folder, 'collector', 'journal'), { recursive: true })
  await expect(stage.startCollector()).rejects.toThrow(/house\.epoch-mismatch[^]*--accept-restore/)
  await stage.startCollector({ acceptRestore: true })
  expect(stage.address().epoch).toBe(epoch + 1)
  // Nothing can be taken without its form: it is refused, said, and kept.
  const refusals = async () => Promise.all(stage.officers.map(async officer => (await heldBy(officer)).refused))
  const endAt = Date.now() + LIMIT_MS
  while ((await refusals()).some(count => count === 0) && Date.now() < endAt) await sleep(200)
  expect((await refusals()).reduce((sum, count) => sum + count, 0)).toBe(stage.ledger().length)
  expect((await stage.compare()).lost).toHaveLength(stage.ledger().length)

  const { form } = vulnerabilityFiles(root)
  const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
  await stage.central.send('/api/v1/forms?fileName=form.xlsx', type, new Uint8Array(readFileSync(form)))
  const limit = Date.now() + LIMIT_MS
  while ((await stage.compare()).lost.length > 0 && Date.now() < limit) await sleep(200)
  await stage.settle()
  expect(await stage.compare()).toEqual({ lost: [], duplicated: [] })
  expect(await refusals()).toEqual([0, 0, 0])
}, 180_000)
