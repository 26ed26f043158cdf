/** `murram form …` as a script meets it: many files, records of many kinds, two versions. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..', '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'murram-form-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Ran {
  readonly code: number | null
  readonly out: string
  readonly said: string
  readonly json: () => readonly Record<string, unknown>[]
}

function murram(...args: readonly string[]): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'apps/cli/src/main.ts'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, MURRAM_CWD: folder },
    timeout: 60_000,
  })
  const json = (): readonly Record<string, unknown>[] =>
    stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
  return { code: status, out: stdout, said: stderr, json }
}

const put = (name: string, text: string): void => writeFileSync(join(folder, name), text)

const household = (version: string, work: string, size = 'yes'): string => `
| survey |               |        |             |          |            |              |
|        | type          | name   | label       | required | constraint | relevant     |
|        | integer       | size   | How many?   | ${size}  | . < 20     |              |
|        | begin_group   | home   | Home        |          |            |              |
|        | select_one w  | work   | Work        |          |            |              |
|        | text          | which  | Which?      |          |            | \${work} = 'other' |
|        | geopoint      | place  | Where?      |          |            |              |
|        | end_group     |        |             |          |            |              |
|        | begin_repeat  | roster | Members     |          |            |              |
|        | integer       | age    | Age         | yes      | . < 130    |              |
|        | end_repeat    |        |             |          |            |              |
| choices |   |   |   |
|         | list_name | name | label |
${work
  .split(' ')
  .map(name => `|         | w | ${name} | ${name} |`)
  .join('\n')}
| settings |         |         |
|          | form_id | version |
|          | household | ${version} |
`

beforeAll(() => {
  mkdirSync(join(folder, 'forms'))
  const good = household('1', 'farm trade other')
  put('forms/good.md', good)
  put('forms/bad.md', good.replace('| end_repeat    |', '| end_group     |'))
  put('forms/districts.csv', 'name,label\nlira,Lira\n')
  put('forms/broken.xlsx', 'no workbook')
  put('forms/notes.md', '# How these forms came about\n')
  put('new.md', household('2', 'farm other', ''))
})

test('form check takes folders and many files: every form has its line, and a broken one stops none', () => {
  const { code, json, said } = murram('form', 'check', 'forms', 'nowhere.xlsx', '--json')
  expect(code).toBe(2)
  expect(json().map(({ file, ok }) => [file, ok])).toEqual([
    ['forms/bad.md', false],
    ['forms/broken.xlsx', false],
    ['forms/good.md', true],
    ['nowhere.xlsx', false],
  ])
  expect(said).toBe('')
  for (const line of json()) {
    expect(Object.keys(line)).toEqual(['file', 'ok', 'errors', 'warnings', 'questions', 'languages'])
    for (const error of line.errors as object[])
      expect(Object.keys(error)).toEqual(['code', 'message', 'sheet', 'row', 'column'])
  }
  const [bad, , good] = json()
  expect(bad).toMatchObject({ errors: [{ sheet: 'survey', row: expect.any(Number) as number }], questions: 0 })
  expect(good).toMatchObject({ errors: [], questions: 5 })
}, 60_000)

test('form check writes the XForm of one form to a file, of several to a folder, and says a folder is needed', () => {
  expect(murram('form', 'check', 'forms/good.md', '--xform', 'good.xml').code).toBe(0)
  expect(readFileSync(join(folder, 'good.xml'), 'utf8')).toContain('<h:html')
  const several = murram('form', 'check', 'forms/good.md', 'new.md', '--xform', 'nowhere')
  expect(several).toMatchObject({ code: 2, said: expect.stringContaining('a folder that is there') as string })
  mkdirSync(join(folder, 'xforms'))
  const told = murram('form', 'check', 'forms/good.md', 'new.md', '--xform', 'xforms')
  expect(told.out).toContain('2 forms: 2 good, 0 with errors')
  expect(existsSync(join(folder, 'xforms', 'new.xml'))).toBe(true)
}, 60_000)

test('form validate reads a table with its tables of rows, and names line, field and what is wrong', () => {
  mkdirSync(join(folder, 'export'))
  put(
    'export/household.csv',
    `SubmissionDate,size,home-work,home-which,home-place-Latitude,home-place-Longitude,KEY,Status
2026-11-21,3,farm,,1.5,32.9,uuid:a,ok
2026-11-21,,farm,,,,uuid:b,ok
2026-11-21,99,fish,,1.5,200,uuid:c,ok
2026-11-21,1,farm,nobody asked,,,uuid:d,ok
`,
  )
  put('export/household-roster.csv', 'age,PARENT_KEY,KEY\n40,uuid:a,1\n,uuid:a,2\nold,uuid:b,3\n')
  const { code, json, said } = murram(
    'form',
    'validate',
    'forms/good.md',
    '--records',
    'export/household.csv',
    '--json',
  )
  expect(code).toBe(1)
  const found = json().map(({ record, ok, violations }) => [
    record,
    ok,
    (violations as { field: string; kind: string }[]).map(({ field, kind }) => `${field} ${kind}`),
  ])
  expect(found).toEqual([
    ['line 2 (uuid:a)', false, ['roster[2]/age required']],
    ['line 3 (uuid:b)', false, ['size required', 'roster[1]/age type']],
    ['line 4 (uuid:c)', false, ['size constraint', 'home/work not-offered', 'home/place type']],
    ['line 5 (uuid:d)', false, ['home/which not-relevant']],
  ])
  expect(said).toContain('4 records: 0 good, 4 with 7 violations')
}, 60_000)

test('form validate reads JSON by line or nested, and instances from a folder', () => {
  put(
    'records.jsonl',
    `{"size":2,"home":{"work":"farm"},"roster":[{"age":40},{"age":7}]}
{"size":"2","home/work":"farm","roster[1]/age":"400","colour":"red"}
`,
  )
  const lines = murram('form', 'validate', 'forms/good.md', '--records', 'records.jsonl')
  expect(lines.code).toBe(1)
  expect(lines.out).not.toContain('line 1:')
  expect(lines.out).toMatch(/line 2: colour unknown-node: .*\n?.*/)
  expect(lines.out).toContain('line 2: roster[1]/age constraint:')
  expect(lines.out).toContain('2 records: 1 good, 1 with 2 violations')

  mkdirSync(join(folder, 'instances', 'one'), { recursive: true })
  put('instances/one/submission.xml', '<data id="household"><size>4</size><home><work>farm</work></home></data>')
  put('instances/other.xml', '<data id="cattle"><size>4</size></data>')
  put('instances/torn.xml', '<data id="household"><size>4</size>')
  murram('form', 'check', 'forms/good.md', '--xform', 'good.xml')
  const instances = murram('form', 'validate', 'good.xml', '--records', 'instances', '--threads', '1')
  expect(instances.code).toBe(1)
  expect(instances.out).not.toContain('one/submission.xml')
  expect(instances.out).toContain('instances/other.xml: unreadable:')
  expect(instances.out).toContain('instances/torn.xml: unreadable:')
  expect(instances.out).toContain('3 records: 1 good, 2 with 2 violations')
}, 60_000)

test('form validate says what it cannot read, and what it leaves out', () => {
  put('some.csv', 'size,colour\n3,red\n')
  const some = murram('form', 'validate', 'forms/good.md', '--records', 'some.csv')
  expect(some.code).toBe(0)
  expect(some.said).toContain('no question of the form, left out: colour')
  put('torn.csv', 'size\n"3\n')
  const torn = murram('form', 'validate', 'forms/good.md', '--records', 'torn.csv', '--json')
  expect(torn.code).toBe(2)
  expect(torn.json().at(-1)).toMatchObject({ ok: false, fault: 'table.unreadable' })
  expect(murram('form', 'validate', 'forms/good.md', '--records', 'nowhere.csv').said).toContain('it is not there')
  expect(murram('form', 'validate', 'forms/bad.md', '--records', 'some.csv').code).toBe(2)
}, 60_000)

test('form diff says what a new version breaks, by whom it is felt', () => {
  const { code, json } = murram('form', 'diff', 'forms/good.md', 'new.md', '--json')
  expect(code).toBe(0)
  expect(json()[0]).toMatchObject({ ok: true, older: '1', newer: '2', severity: 'asks-again' })
  const changes = json()[0]!.changes as { concern: string; kind: string; path: string }[]
  expect(changes).toContainEqual(
    expect.objectContaining({ concern: 'drafts', kind: 'choices-gone', path: 'home/work' }),
  )
  const gone = household('3', 'farm').replace(/\|\s+\| geopoint .*\n/, '')
  put('gone.md', gone)
  const breaks = murram('form', 'diff', 'forms/good.md', 'gone.md')
  expect(breaks.code).toBe(1)
  expect(breaks.out).toMatch(/^breaks:\n {2}drafts {3}“Where\?” \(home\/place\) is not asked any more/)
  expect(murram('form', 'diff', 'forms/good.md', 'nowhere.md').code).toBe(2)
  expect(murram('form', 'diff', 'forms/good.md', 'forms/good.md').out).toContain('no difference')
}, 60_000)

test('each form verb has help with examples', () => {
  for (const verb of ['check', 'validate', 'diff']) {
    const { code, out } = murram('form', verb, '--help')
    expect(code).toBe(0)
    expect(out).toMatch(/Examples:\n {2}murram form /)
  }
}, 60_000)
