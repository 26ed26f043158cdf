/** The command as a script meets it: exit codes, one JSON object a line, help with examples. */
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..', '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'murram-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

function murram(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'apps/cli/src/main.ts'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, MURRAM_CWD: folder },
    timeout: 20_000,
  })
  return {
    code: status,
    out: stdout,
    said: stderr,
    json: () =>
      stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as Record<string, unknown>),
  }
}

/** Older people earn more, with exceptions; a blank now and then. */
beforeAll(() => {
  const rows = Array.from({ length: 700 }, (_, i) => {
    const age = 18 + ((i * 37) % 50)
    const rich = age + ((i * 13) % 23) > 48 !== (i % 11 === 0)
    return `${i % 17 === 0 ? '' : age},${['farm', 'trade', 'school'][i % 3]},${rich ? 'high' : 'low'},h${Math.floor(i / 2)}`
  })
  writeFileSync(join(folder, 'people.csv'), `age,work,income,house\n${rows.join('\n')}\n`)
  writeFileSync(join(folder, 'torn.csv'), 'age,work,income\n1,"farm,high\n')
})

test('form check says which form is good, one JSON object a file, and exits with 1 for a bad one', () => {
  const bad = join(folder, 'bad.xml')
  writeFileSync(bad, '<h:html>')
  const { code, json } = murram('form', 'check', join(root, 'models/vulnerability/form.xlsx'), 'bad.xml', '--json')
  expect(code).toBe(1)
  expect(json()).toEqual([
    expect.objectContaining({ ok: true, errors: [], languages: ['English (en)', 'Swahili (sw)'] }),
    expect.objectContaining({
      file: 'bad.xml',
      ok: false,
      errors: [expect.objectContaining({ message: expect.stringMatching(/./) as string })],
    }),
  ])
})

test('a file that is not there is wrong use, not a bad form', () => {
  const form = murram('form', 'check', 'nowhere.xlsx')
  const table = murram('model', 'train', '--csv', 'nowhere.csv', '--target', 'x', '--out', 'y')
  expect([form.code, table.code]).toEqual([2, 2])
  for (const said of [form.out, table.said]) {
    expect(said).toContain('nowhere.')
    expect(said).toContain('it is not there')
    expect(said).not.toContain('ENOENT')
  }
})

test('a model trained on a table verifies, scores, and is refused once a byte of it has changed', () => {
  const trained = murram(
    'model',
    'train',
    '--csv',
    'people.csv',
    '--target',
    'income',
    '--positive',
    'high',
    '--group',
    'house',
    '--out',
    'bundle',
    '--json',
  )
  expect(trained.code).toBe(0)
  expect(trained.json()[0]).toMatchObject({ rows: expect.any(Number) as number, features: 2, learner: 'logistic' })
  expect(trained.json()[0]).toMatchObject({ classes: ['low', 'high'] })
  expect((trained.json()[0] as { metrics: { test: { auc: number } } }).metrics.test.auc).toBeGreaterThan(0.75)

  expect(murram('model', 'verify', 'bundle').code).toBe(0)
  const scored = murram('model', 'score', 'bundle', '--rows', 'people.csv')
  expect(scored.code).toBe(0)
  expect(scored.out.trim().split('\n')).toHaveLength(701)
  expect(scored.out).toMatch(/^row,label,probability,sure\n1,(high|low),0\.\d{6},(true|false)\n/)

  appendFileSync(join(folder, 'bundle', 'model.onnx'), 'x')
  const changed = murram('model', 'verify', 'bundle', '--json')
  expect(changed.code).toBe(1)
  expect(changed.json()[0]).toMatchObject({ ok: false, fault: 'bundle.hash-mismatch' })
  expect(murram('model', 'score', 'bundle', '--rows', 'people.csv').code).toBe(1)
})

test('a bundle signed by somebody else is refused where a root is named', () => {
  murram('model', 'train', '--csv', 'people.csv', '--target', 'income', '--out', 'other')
  const { code, json } = murram('model', 'verify', 'other', '--root', 'A'.repeat(43), '--json')
  expect(code).toBe(1)
  expect(json()[0]).toMatchObject({ fault: 'bundle.bad-signature' })
})

test('what cannot be done says what to do: a column that is not there, a torn table, one class', () => {
  const column = murram('model', 'train', '--csv', 'people.csv', '--target', 'wealth', '--out', 'x')
  expect(column.code).toBe(2)
  expect(column.said).toContain('it has age, work, income, house')
  const torn = murram('model', 'train', '--csv', 'torn.csv', '--target', 'income', '--out', 'x')
  expect(torn.code).toBe(2)
  expect(torn.said).toContain('table.unreadable')
  writeFileSync(join(folder, 'same.csv'), `age,income\n${'30,high\n'.repeat(50)}`)
  const one = murram('model', 'train', '--csv', 'same.csv', '--target', 'income', '--out', 'x')
  expect(one).toMatchObject({ code: 1, said: expect.stringContaining('one value alone, “high”') as string })
})

test('a device that is not enrolled says so, and every verb has help with examples', () => {
  const status = murram('agent', 'status', '--data', 'empty', '--json')
  expect(status.code).toBe(2)
  expect(status.json()[0]).toMatchObject({ fault: 'sync.not-enrolled' })
  for (const verb of [
    ['form', 'check'],
    ['model', 'train'],
    ['model', 'score'],
    ['model', 'verify'],
    ['collector', 'start'],
    ['collector', 'token'],
    ['agent', 'enroll'],
    ['agent', 'start'],
    ['agent', 'sync'],
    ['agent', 'status'],
  ]) {
    const { code, out } = murram(...verb, '--help')
    expect(code, verb.join(' ')).toBe(0)
    expect(out).toContain('Examples:')
  }
  expect(murram('agent', 'stat').code).toBe(2)
})

test('help says what a verb is for, what must be given, and how a store is opened', () => {
  for (const verb of [
    ['collector', 'start'],
    ['collector', 'publish'],
    ['model', 'train'],
    ['model', 'score'],
    ['model', 'verify'],
  ]) {
    const [usage, , purpose] = murram(...verb, '--help').out.split('\n')
    expect(usage).toContain('Usage:')
    expect(purpose, verb.join(' ')).not.toMatch(/^(Arguments:|Options:)?$/)
  }
  expect(murram('model', 'train', '--help').out).toMatch(/--target <column>.*\n?.*\(required\)/)
  for (const verb of ['enroll', 'start', 'sync', 'status'])
    expect(murram('agent', verb, '--help').out, verb).toContain('MURRAM_PASSPHRASE')
})

test('a port that is none, and a folder that cannot be made, are refused at once', () => {
  expect(murram('collector', 'start', '--port', '99999')).toMatchObject({
    code: 2,
    said: expect.stringContaining('65535') as string,
  })
  for (const data of ['/proc/nowhere', '/proc/nowhere/below', '/etc/passwd/x']) {
    for (const [room, verb, ...rest] of [
      ['collector', 'start'],
      ['agent', 'enroll', '--collector', 'http://127.0.0.1:1', '--token', 't', '--officer', 'Akello'],
    ] as const) {
      const { code, said } = murram(room, verb, '--data', data, ...rest)
      expect(code, `${room} ${data}`).toBe(2)
      expect(said).toContain('store.directory-unreachable')
    }
  }
}, 60_000)

test('looking at a folder where nobody enrolled does not make it', () => {
  for (const verb of ['status', 'sync', 'start']) expect(murram('agent', verb, '--data', 'new').code).toBe(2)
  expect(existsSync(join(folder, 'new'))).toBe(false)
})
