/**
 * What a person meets who does something wrong, on real processes: a message of the catalogue
 * that says what to do next, an exit code that a script sees, and nothing lost by it.
 *
 * Here: the houses as a whole and the `murram` command. Frames and signatures have their tests
 * where they are read (`gate.test.ts`, `frame.test.ts`, `push-columns.test.ts`), workbooks and
 * tables where those are read, a missing browser with the test that needs one.
 */
import { cpSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createProjectKeys, saveProjectKeys } from '@murram/collector'
import { codes, type FaultCode, type ProjectId } from '@murram/ground'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { murram } from './murram.ts'
import { openProofStage, statusOf, type ProofStage } from './proof-stage.ts'

let stage: ProofStage
let url: string
let laptop: string
const below = (...names: string[]) => join(stage.folder, ...names)

beforeAll(async () => {
  stage = await openProofStage({ agents: 2, seed: 9 })
  url = stage.address().url
  laptop = stage.officer(0).config.dataDir
})
afterAll(() => stage.close())

/** The command ends with 2, and says the fault and what to do about it. */
async function refusal(args: readonly string[]): Promise<{ readonly fault: string; readonly says: string }> {
  const { exit, stdout, stderr } = await murram(args)
  if (exit !== 2) throw new Error(`murram ${args.join(' ')} ended with ${exit}:\n${stdout}${stderr}`)
  expect(stdout).toBe('')
  // Notes come before it (a start takes a moment); what stopped it is said last.
  const says = stderr.trimEnd().split('\n').at(-1) ?? ''
  return { fault: says.split(':')[0] ?? '', says }
}

const refusedFor = (fault: FaultCode) => ({ fault, says: expect.stringContaining(codes[fault].mend) })

const newToken = async (): Promise<string> =>
  (await stage.central.post<{ token: string }>('/api/v1/enrolment-tokens', { officer: 'Auma' })).token

const enrolment = (token: string, data: string) =>
  ['agent', 'enroll', '--collector', url, '--token', token, '--officer', 'Auma', '--data', data] as const

test('a token enrols one laptop; used again it says where the next one comes from', async () => {
  const token = await newToken()
  expect(await murram([...enrolment(token, below('auma')), '--demo'])).toMatchObject({
    exit: 0,
    stderr: expect.stringMatching(/^the store is opened by the key file .*MURRAM_PASSPHRASE[^\n]*\n$/) as string,
  })
  expect(await refusal([...enrolment(token, below('stranger')), '--demo'])).toEqual(refusedFor('enrol.token-used'))
  // The one that is enrolled stays so.
  const sync = await murram(['agent', 'sync', '--data', below('auma'), '--demo', '--json'])
  expect(sync).toMatchObject({ exit: 0 })
  expect(JSON.parse(sync.stdout)).toMatchObject({ ok: true, forms: [{ formId: stage.formId }] })
})

test('demo keys are refused outside the demo: at enrolment, at every start, and at the centre', async () => {
  expect(await refusal(enrolment(await newToken(), below('real')))).toEqual(refusedFor('key.demo-refused'))
  expect(await refusal(['agent', 'status', '--data', below('auma')])).toEqual(refusedFor('key.demo-refused'))
  mkdirSync(below('real-centre'))
  cpSync(below('collector', 'keys.json'), below('real-centre', 'keys.json'))
  const start = ['collector', 'start', '--data', below('real-centre'), '--port', '0']
  expect(await refusal(start)).toEqual(refusedFor('key.demo-refused'))
})

test('a port that somebody else has is named as such, at the centre and on a laptop', async () => {
  const { port } = stage.address()
  const centre = ['collector', 'start', '--data', below('second-centre'), '--port', String(port)]
  expect(await refusal(centre)).toEqual(refusedFor('house.port-occupied'))
  const agent = ['agent', 'start', '--data', below('auma'), '--demo', '--port', String(port)]
  expect(await refusal(agent)).toEqual(refusedFor('house.port-occupied'))
  expect((await fetch(`${url}/health`)).status).toBe(200) // who had it has it
})

test('a data directory that cannot be made is named as such, at the centre and on a laptop', async () => {
  writeFileSync(below('a-file'), '')
  const nowhere = below('a-file', 'data')
  expect(await refusal(['collector', 'start', '--data', nowhere, '--port', '0'])).toEqual(
    refusedFor('store.directory-unreachable'),
  )
  const token = await newToken()
  expect(await refusal([...enrolment(token, nowhere), '--demo'])).toEqual(refusedFor('store.directory-unreachable'))
  // The token was not used up by that.
  expect(await murram([...enrolment(token, below('third')), '--demo'])).toMatchObject({ exit: 0 })
})

test('a laptop whose store is in use, opened with another key, or cut off says which, and keeps its work', async () => {
  stage.officer(0).link.setUp(false)
  await stage.interview(0, 3)
  const status = (data: string, keyFile: string) => ['agent', 'status', '--data', data, '--key-file', keyFile, '--demo']
  const key = join(laptop, 'demo.key')
  expect(await refusal(status(laptop, key))).toEqual(refusedFor('store.in-use'))
  await stage.officer(0).house.stop()

  const before = readFileSync(join(laptop, 'store.sqlite'))
  expect(await refusal(status(laptop, join(stage.officer(1).config.dataDir, 'demo.key')))).toEqual(
    refusedFor('store.wrong-key'),
  )
  expect(readFileSync(join(laptop, 'store.sqlite')).equals(before)).toBe(true)

  const cut = below('cut-laptop')
  cpSync(laptop, cut, { recursive: true })
  const store = join(cut, 'store.sqlite')
  truncateSync(store, before.length - 9_000)
  expect(await refusal(status(cut, join(cut, 'demo.key')))).toEqual(refusedFor('store.damaged'))
  expect(statSync(store).size).toBe(before.length - 9_000)

  const good = await murram([...status(laptop, key), '--json'])
  expect(good.exit).toBe(1) // something waits
  expect(JSON.parse(good.stdout)).toMatchObject({ ok: true, outbox: { waiting: 3 } })
  await stage.startOfficer(0)
  await stage.connect(0)
})

test('the file for whoever helps is read by its own project, and refused to another', async () => {
  const written = await murram(['agent', 'diagnostics', '--data', below('auma'), '--demo', '--json'])
  const { file } = JSON.parse(written.stdout) as { file: string }
  const read = await murram(['collector', 'read-diagnostics', file, '--data', below('collector'), '--json'])
  expect(JSON.parse(read.stdout)).toMatchObject({ ok: true, diagnosis: { demo: true, outbox: { waiting: 0 } } })
  mkdirSync(below('other-centre'))
  const other = createProjectKeys({ projectId: 'other' as ProjectId, demo: true, nowMs: 0 })
  await saveProjectKeys(below('other-centre', 'keys.json'), other)
  const elsewhere = ['collector', 'read-diagnostics', file, '--data', below('other-centre')]
  expect(await refusal(elsewhere)).toEqual(refusedFor('store.wrong-key'))
})

test('a form or a version that nobody published is named, on a laptop and at the centre', async () => {
  const visits = [{ index: 0, staging: { as: 'first' as const } }]
  const asked = stage.officer(1).house.ask('interview', { formId: 'nothing', visits })
  await expect(asked).rejects.toThrow(codes['form.not-found'].mend)
  for (const path of ['nothing/1', `${stage.formId}/99`]) {
    await expect(stage.central.get(`/api/v1/forms/${path}/program`)).rejects.toThrow(/404 .*form\.not-found.*Publish/)
  }
  const recipe =
    'name: other\nform: nothing\noutcome: { classes: [a, b], positive: b }\nfeatures: all\nprior: { baseRate: 0.5 }\n'
  await expect(stage.central.post('/api/v1/models', { recipe, card: '# other' })).rejects.toThrow(
    /form\.not-found.*Publish/,
  )
})

test('after all of that nothing is lost and nothing doubled', async () => {
  await stage.interview(1, 2)
  await stage.settle()
  expect(stage.ledger()).toHaveLength(5)
  expect(await stage.compare()).toEqual({ lost: [], duplicated: [] })
  expect((await statusOf(stage.officer(1))).fault).toBeNull()
})
