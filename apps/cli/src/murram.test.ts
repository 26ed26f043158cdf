/** The command as a script meets it: exit codes, one JSON object a line, help with examples. */
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
  expect(murram('form', 'check', 'nowhere.xlsx').code).toBe(2)
})

test('a model trained on a table verifies, scores, and is refused once a byte of it has changed', () => {
  const trained = murram(
    'model',
    'train',
    'people.csv',
    '--outcome',
    'income',
    '--id',
    'house',
    '--out',
    'bundle',
    '--json',
  )
  expect(trained.code).toBe(0)
  expect(trained.json()[0]).toMatchObject({ ok: true, kind: 'logistic' })
  expect(trained.json()[0]?.auc).toBeGreaterThan(0.75)

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
  murram('model', 'train', 'people.csv', '--outcome', 'income', '--out', 'other')
  const { code, json } = murram('model', 'verify', 'other', '--root', 'A'.repeat(43), '--json')
  expect(code).toBe(1)
  expect(json()[0]).toMatchObject({ fault: 'bundle.bad-signature' })
})

test('what cannot be done says what to do: a column that is not there, a torn table, one class', () => {
  const column = murram('model', 'train', 'people.csv', '--outcome', 'wealth', '--out', 'x')
  expect(column.code).toBe(2)
  expect(column.said).toContain('it has age, work, income, house')
  const torn = murram('model', 'train', 'torn.csv', '--outcome', 'income', '--out', 'x')
  expect(torn.code).toBe(2)
  expect(torn.said).toContain('table.unreadable')
  expect(murram('model', 'train', 'people.csv', '--outcome', 'work', '--out', 'x').code).toBe(1)
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
