/** The verbs of the central team against a real collector with a PostgreSQL of its own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { once } from 'node:events'
import { Command } from 'commander'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { addCollectorVerbs } from './verbs/collector-verbs.ts'
import { addModelVerbs } from './verbs/model-verbs.ts'

const root = resolve(import.meta.dirname, '..', '..', '..')
const main = join(root, 'apps/cli/src/main.ts')
const models = join(root, 'models/vulnerability')
const folder = mkdtempSync(join(tmpdir(), 'murram-cli-'))
const env = { ...process.env, MURRAM_CWD: folder }

let house: ChildProcess
let url = ''
let saidAtStart = ''
beforeAll(async () => {
  house = spawn(process.execPath, [main, 'collector', 'start', '--data', 'centre', '--port', '0', '--json'], { env })
  house.stderr?.on('data', text => (saidAtStart += String(text)))
  if (house.stdout === null) throw new Error('no output')
  const [line] = (await once(house.stdout, 'data')) as [Buffer]
  url = (JSON.parse(line.toString()) as { url: string }).url
}, 180_000)
afterAll(async () => {
  const ended = once(house, 'exit')
  house.kill('SIGTERM')
  await ended
  rmSync(folder, { recursive: true, force: true })
})

function murram(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env,
    timeout: 60_000,
  })
  return { code: status, out: stdout, said: stderr }
}
const publish = (...args: readonly string[]) =>
  murram('collector', 'publish', ...args, '--data', 'centre', '--collector', url)

test('a start that has to wait for PostgreSQL says so, beside its output', () => {
  expect(saidAtStart).toContain('starting PostgreSQL')
})

test('publish puts a form and its model in force; the same again is no failure', () => {
  const files = [join(models, 'form.xlsx'), '--recipe', join(models, 'recipe.yaml'), '--card', join(models, 'card.md')]
  const first = publish(...files, '--json')
  expect(first).toMatchObject({ code: 0 })
  expect(JSON.parse(first.out)).toMatchObject({
    ok: true,
    created: true,
    form: { formId: expect.any(String) as string, version: expect.any(String) as string },
    model: { releaseId: expect.any(String) as string },
  })
  const again = publish(...files)
  expect(again.code).toBe(0)
  expect(again.out).toContain('was published before')
  expect(again.out).toContain('what is in force stays')
})

test('a form with errors is a no; a file that is not there and half a model are wrong use', () => {
  writeFileSync(join(folder, 'bad.xml'), '<h:html>')
  expect(publish('bad.xml')).toMatchObject({ code: 1, said: expect.stringContaining('form.xml-malformed') as string })
  expect(publish('nowhere.xlsx')).toMatchObject({ code: 2, said: expect.stringContaining('is not there') as string })
  expect(publish('bad.xml', '--recipe', 'r.yaml')).toMatchObject({ code: 2 })
})

test('publish takes the lists beside a form; publish-lists takes newer ones, and says which row is wrong', () => {
  const select = `<select1 ref="/data/village"><label>V</label><itemset nodeset="instance('villages')/root/item"><value ref="name"/><label ref="label"/></itemset></select1>`
  writeFileSync(
    join(folder, 'visit.xml'),
    `<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title>Visit</h:title><model><instance><data id="visit" version="1"><village/></data></instance><instance id="villages" src="jr://file-csv/villages.csv"/></model></h:head><h:body>${select}</h:body></h:html>`,
  )
  writeFileSync(join(folder, 'villages.csv'), 'name,label\na,Aber\n')
  const told = publish('visit.xml')
  expect([told.code, told.out]).toEqual([0, expect.stringContaining('villages.csv is not attached')])
  const first = publish('visit.xml', '--attach', 'villages.csv', '--json')
  expect(JSON.parse(first.out)).toMatchObject({ created: false, form: { lists: [{ name: 'villages.csv', rows: 1 }] } })
  const lists = (...args: readonly string[]) =>
    murram('collector', 'publish-lists', 'visit', ...args, '--data', 'centre', '--collector', url)
  expect(lists('villages.csv').out).toContain('nothing is new')
  writeFileSync(join(folder, 'villages.csv'), 'name,label\na,Aber\nb,Bala\n')
  expect(lists('villages.csv', '--form-version', '1').out).toContain('list villages.csv, 2 of version 1: 2 rows')
  writeFileSync(join(folder, 'villages.csv'), 'name,label\na,Aber\nb,Bala,x\n')
  expect(lists('villages.csv')).toMatchObject({
    code: 1,
    said: expect.stringContaining('villages.csv, row 3') as string,
  })
  expect(lists('nowhere.csv').code).toBe(2)
}, 60_000)

test('an address where no collector answers is named, with what to do', () => {
  const nobody = 'http://127.0.0.1:1'
  const asked = ['--data', 'centre', '--collector', nobody, '--officer', 'Akello']
  const enroll = ['agent', 'enroll', '--token', 't', '--data', 'laptop', '--collector', nobody, '--officer', 'Akello']
  for (const args of [['collector', 'token', ...asked], enroll]) {
    const { code, said } = murram(...args)
    expect(code).toBe(2)
    expect(said).toContain(`(${nobody})`)
    expect(said).toContain('Start the collector, or correct the address')
  }
})

test('a second collector on the same folder is told what to close', () => {
  const second = murram('collector', 'start', '--data', 'centre', '--port', '0')
  expect(second).toMatchObject({ code: 2, said: expect.stringContaining('agent or collector') as string })
})

test('enrolling without a passphrase warns of the key file, and a later passphrase is told of it', () => {
  const central = ['--data', 'centre', '--collector', url, '--officer', 'Akello']
  const token = murram('collector', 'token', ...central).out.trim()
  const laptop = ['--data', 'laptop-2', '--collector', url, '--officer', 'Akello', '--token', token]
  const enrolled = murram('agent', 'enroll', ...laptop)
  expect(enrolled.code).toBe(0)
  expect(enrolled.said).toContain('as safe as the disk')
  const { status, stderr } = spawnSync(process.execPath, [main, 'agent', 'status', '--data', 'laptop-2'], {
    encoding: 'utf8',
    env: { ...env, MURRAM_PASSPHRASE: 'another' },
    timeout: 60_000,
  })
  expect(status).toBe(2)
  expect(stderr).toContain('a key-file does')
})

test('fold-held tries what is held, and says what stays so', () => {
  const centre = ['--data', 'centre', '--collector', url] as const
  expect(murram('collector', 'fold-held', ...centre)).toMatchObject({ code: 0, out: 'nothing is held\n' })
  const one = murram('collector', 'fold-held', 'uuid:11111111-1111-4111-8111-111111111111', ...centre, '--json')
  expect(one.code).toBe(2)
  expect(JSON.parse(one.out)).toMatchObject({ fault: 'http.not-found' })
})

test('backup copies and verifies while the collector runs; restore does not while it runs', () => {
  const taken = murram('collector', 'backup', '--data', 'centre', '--to', 'backups')
  expect(taken).toMatchObject({ code: 0, out: expect.stringMatching(/backups.*MB, \d+ submissions/) as string })
  expect(taken.said).toMatch(/copying[^]*verifying/)
  const restored = murram('collector', 'restore', '--data', 'centre', '--from', 'backups', '--replace', '--json')
  expect([restored.code, JSON.parse(restored.out)]).toMatchObject([2, { ok: false, fault: 'store.in-use' }])
}, 180_000)

test('recovering says where nothing is to be recovered; backup-done wants one of a time and marks', () => {
  const central = ['--data', 'centre', '--collector', url] as const
  expect(murram('collector', 'recovering', ...central)).toMatchObject({
    code: 0,
    out: 'epoch 1: nothing is to be recovered\n',
  })
  expect(murram('collector', 'backup-done', ...central).said).toContain('cli.usage')
}, 180_000)

test('a further collector without the project’s keys is told what to copy', () => {
  const joined = murram('collector', 'start', '--data', 'third', '--join', '--database-url', 'postgres://localhost:1/x')
  expect(joined).toMatchObject({ code: 2, said: expect.stringContaining('house.other-keys') as string })
}, 180_000)

/** In this process: each program of its own costs a second. */
async function here(...args: readonly string[]) {
  const [out, said]: [string[], string[]] = [[], []]
  vi.stubEnv('MURRAM_CWD', folder)
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(text => out.push(String(text)) > 0),
    vi.spyOn(process.stderr, 'write').mockImplementation(text => said.push(String(text)) > 0),
  ]
  const program = new Command('murram').exitOverride()
  addModelVerbs(program)
  addCollectorVerbs(program)
  try {
    await program.parseAsync([...args, '--data', 'centre', '--collector', url], { from: 'user' })
  } finally {
    for (const spy of spies) spy.mockRestore()
    vi.unstubAllEnvs()
  }
  const code = Number(process.exitCode ?? 0)
  process.exitCode = 0
  return { code, out: out.join(''), said: said.join('') }
}
const jsonOf = async (...args: readonly string[]) =>
  JSON.parse((await here(...args, '--json')).out) as Record<string, unknown>
const BY = ['--by', 'Grace', '--why', 'a test'] as const

test('a model on one screen: what is in force, since when, how far it is, and what is waited for', async () => {
  expect((await here('model', 'list')).out).toMatch(/^vulnerability {2}reads \S+ {2}prior, since \d{4}/)
  const { code, out } = await here('model', 'show', 'vulnerability')
  expect(code).toBe(0)
  for (const word of [
    'champion',
    'figures',
    'devices',
    'rings      out to all',
    'runs       none open',
    'waits for  outcomes',
  ])
    expect(out).toContain(word)
  expect(await jsonOf('model', 'show', 'vulnerability')).toMatchObject({
    ok: true,
    model: { modelName: 'vulnerability' },
    rollout: { order: { state: 'complete' } },
    watch: { findings: expect.any(Array) as unknown[] },
  })
  const unknown = await here('model', 'show', 'poverty')
  expect(unknown.code).toBe(1)
  expect(unknown.said).toContain('there is vulnerability')
})

test('orders of people: what cannot be done now is said with the reason, and leaves 1', async () => {
  const back = await here('model', 'rollback', 'vulnerability', ...BY)
  expect(back).toMatchObject({ code: 1, said: expect.stringContaining('no earlier release') as string })
  const resumed = await here('model', 'resume', 'vulnerability', ...BY)
  expect(resumed).toMatchObject({ code: 1, said: expect.stringContaining('it is not halted') as string })
  expect(await here('model', 'halt', 'vulnerability', ...BY)).toMatchObject({ code: 0 })
  const shown = await here('model', 'show', 'vulnerability')
  expect(shown).toMatchObject({ code: 1, out: expect.stringContaining('HALTED') as string })
  expect((await here('model', 'resume', 'vulnerability', ...BY)).code).toBe(0)
  expect((await here('model', 'rings', 'vulnerability')).out).toMatch(/halted, by Grace: a test/)
  expect((await here('model', 'rings', 'vulnerability', '--open-next')).code).toBe(2)
  expect((await here('model', 'challenger', 'vulnerability')).out).toContain('nothing was scored in shadow')
  expect((await here('model', 'staff')).out).toContain('ring 0 is empty')
  expect(await here('model', 'watch', 'vulnerability', '--now')).toMatchObject({ code: 0 })
})

test('a key for a program: shown once, asks for scores, and opens nothing once it is revoked', async () => {
  const { key, apiKey } = (await jsonOf('collector', 'api-key', 'create', 'The app', '--days', '30')) as unknown as {
    readonly key: string
    readonly apiKey: { readonly keyId: string }
  }
  const ask = async () => {
    const reply = await fetch(`${url}/predict`, {
      method: 'POST',
      headers: { 'X-API-Key': key, 'Content-Type': 'application/json' },
      body: JSON.stringify({ model: 'vulnerability', record: {} }),
    })
    return reply.status
  }
  expect(await ask()).toBe(200)
  const listed = await here('collector', 'api-key', 'list')
  expect(listed.out).toContain(`${apiKey.keyId}  The app  predict, 100 records/s, until`)
  expect(listed.out).not.toContain(key)
  expect((await here('collector', 'api-key', 'revoke', apiKey.keyId)).code).toBe(0)
  expect(await ask()).toBe(401)
  expect((await here('collector', 'api-key', 'revoke', 'nothing')).code).toBe(1)
})
