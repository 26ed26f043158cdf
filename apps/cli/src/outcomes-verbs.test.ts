/** `murram outcomes …` against a collector's API as it answers; what it does with the rows is tested there. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const main = resolve(import.meta.dirname, 'main.ts')
const folder = mkdtempSync(join(tmpdir(), 'murram-outcomes-'))
interface Asked {
  readonly path: string
  readonly query: URLSearchParams
  readonly body: string
}
const asked: Asked[] = []
/** Refuses the rows in which `bad` stands, counted as the collector counts them. */
const server: Server = createServer((request, response) => {
  void (async () => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    asked.push({ path: pathname, query: searchParams, body })
    const said = answer(pathname, searchParams, body)
    response.writeHead('fault' in said ? 404 : 200, { 'Content-Type': 'application/json' }).end(JSON.stringify(said))
  })()
})
function answer(path: string, query: URLSearchParams, body: string): object {
  if (path.endsWith('/outcomes') && body === '') {
    const after = Number(query.get('after'))
    return { outcomes: after === 0 ? [outcome(1), outcome(2)] : [outcome(3)], next: after === 0 ? 2 : null }
  }
  if (path.endsWith('/outcomes')) {
    const lines = body.split('\n').slice(1)
    const refused = lines.flatMap((line, i) =>
      line.includes('bad')
        ? [{ row: i + 2, fault: { fault: 'outcome.invalid', what: 'x', detail: `row ${i + 2}: value is bad` } }]
        : [],
    )
    return { importId: query.get('importId'), imported: lines.length - refused.length, known: 0, withdrawn: 0, refused }
  }
  return path.includes('/imports/') ? { fault: 'http.not-found' } : { done: true }
}
const outcome = (seq: number) => ({
  seq,
  outcomeId: `o${seq}`,
  instanceId: `uuid:${seq}`,
  value: seq === 2 ? '=SUM(A1), "x"' : 'coping',
  state: 'verified',
  probability: null,
  observedAtMs: 0,
  importedAtMs: 0,
})

let url = ''
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  writeFileSync(join(folder, 'admin-token'), 'secret')
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

async function murram(...args: readonly string[]) {
  asked.length = 0
  const child = spawn(process.execPath, [main, 'outcomes', ...args, '--data', '.', '--collector', url], {
    env: { ...process.env, MURRAM_CWD: folder },
  })
  const [out, said] = ['', ''].map(() => ({ text: '' })) as [{ text: string }, { text: string }]
  child.stdout.on('data', text => (out.text += String(text)))
  child.stderr.on('data', text => (said.text += String(text)))
  const [code] = (await once(child, 'close')) as [number]
  return { code, out: out.text, said: said.text }
}

test('a large file goes in pieces of one batch; refused rows are named as the file numbers them', async () => {
  const rows = Array.from({ length: 12_000 }, (_, i) => `id${i};${i === 7_001 ? 'bad' : 'coping'};"said; ""so"""`)
  writeFileSync(join(folder, 'march.csv'), ['instanceId;value;method', ...rows].join('\r\n'))
  const { code, out, said } = await murram('import', 'march.csv', '--by', 'Grace')
  expect(code).toBe(1)
  expect(said).toContain('march.csv: row 7003: value is bad')
  expect(out).toContain('11999 outcomes imported, 1 row refused, batch ')
  expect(asked.map(({ query }) => [query.get('name'), query.get('by'), query.get('more')])).toEqual([
    ['march.csv', 'Grace', 'true'],
    ['march.csv', 'Grace', 'true'],
    ['march.csv', 'Grace', 'false'],
  ])
  expect(new Set(asked.map(({ query }) => query.get('importId'))).size).toBe(1)
  expect(asked[2]!.body.split('\n').slice(0, 2)).toEqual(['instanceId,value,method', 'id10000,coping,"said; ""so"""'])
})

test('a file that is not there, or no table, is wrong use', async () => {
  expect(await murram('import', 'nowhere.csv')).toMatchObject({ code: 2 })
  writeFileSync(join(folder, 'no.json'), '{}')
  expect(await murram('import', 'no.json')).toMatchObject({ code: 2, said: expect.stringContaining('no list of rows') })
})

test('a file in another encoding, or with a quote that never ends, is refused with its line, and nothing of it is sent', async () => {
  const rows = Array.from({ length: 6_000 }, (_, i) => `id${i},coping,${i === 5_500 ? 'Zoé' : 'Zoe'}`)
  const text = ['instanceId,value,verifier', ...rows].join('\n')
  for (const [encoding, said] of [
    ['latin1', 'line 5502 is not UTF-8'],
    ['utf16le', 'UTF-16'],
  ] as const) {
    writeFileSync(join(folder, 'odd.csv'), text, encoding)
    expect(await murram('import', 'odd.csv')).toMatchObject({ code: 2, said: expect.stringContaining(said) as string })
    expect(asked).toEqual([])
  }
  writeFileSync(join(folder, 'open.csv'), `instanceId,value\nid1,"coping\n${'id2,coping\n'.repeat(200_000)}`)
  expect(await murram('import', 'open.csv')).toMatchObject({
    code: 2,
    said: expect.stringMatching(/record/i) as string,
  })
})

test('what is exported is whole, and no formula', async () => {
  expect(await murram('export', '-o', 'out.csv')).toMatchObject({
    code: 0,
    said: expect.stringContaining('3 outcomes'),
  })
  const lines = readFileSync(join(folder, 'out.csv'), 'utf8').trimEnd().split('\n')
  expect(lines).toHaveLength(4)
  expect(lines[2]).toContain(`"'=SUM(A1), ""x"""`)
  const { out } = await murram('export', '--format', 'json')
  expect(JSON.parse(out)).toMatchObject([
    { outcomeId: 'o1' },
    { value: '=SUM(A1), "x"' },
    { observedAt: '1970-01-01T00:00:00.000Z' },
  ])
})

test('an id is that of a batch, or else of an outcome; the reason goes along', async () => {
  expect(await murram('withdraw', 'o7')).toMatchObject({ code: 2, said: expect.stringContaining('--why') })
  expect(await murram('withdraw', 'o7', '--why', 'swapped', '--by', 'Grace')).toMatchObject({ code: 0 })
  expect(asked.map(({ path }) => path)).toEqual([
    '/api/v1/outcomes/imports/o7/withdraw',
    '/api/v1/outcomes/o7/withdraw',
  ])
  expect(JSON.parse(asked[1]!.body)).toEqual({ reason: 'swapped', by: 'Grace' })
})
