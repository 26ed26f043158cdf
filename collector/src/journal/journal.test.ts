import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap } from '@murram/ground'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { lineOf, openJournal, readJournal, type Journal } from './journal.ts'

const root = mkdtempSync(join(tmpdir(), 'murram-journal-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let made = 0
const place = () => {
  const dataDir = mkdtempSync(join(root, `place-${(made += 1)}-`))
  const folder = join(dataDir, 'deep', 'journal')
  const open = (): Journal => unwrap(openJournal({ folder, dataDir, now: () => 7 }))
  const file = () => join(folder, readdirSync(folder)[0] ?? '')
  return { dataDir, folder, open, file }
}
const bodiesOf = (journal: Journal) => journal.readAll().flatMap(({ entries }) => entries.map(({ body }) => body))

test('J1 what was kept is read back by the next process', () => {
  const { open } = place()
  const journal = open()
  for (const body of ['one', { two: ['\n', '"', 'é'] }, null])
    unwrap(journal.keep('decision', JSON.stringify(body), body))
  journal.close()
  const again = open()
  expect(bodiesOf(again)).toEqual(['one', { two: ['\n', '"', 'é'] }, null])
  expect([again.has('decision', '"one"'), again.has('form', '"one"')]).toEqual([true, false])
  again.close()
})

test('J1 a kill at any byte of a line loses that line alone, and the next one stands by itself', () => {
  const { open, file } = place()
  const journal = open()
  unwrap(journal.keep('order', 'a', 'first'))
  journal.close()
  const before = readFileSync(file())
  const line = lineOf({ kind: 'order', key: 'b', atMs: 7, body: 'torn é' })
  fc.assert(
    fc.property(fc.nat(Buffer.byteLength(line) - 1), cut => {
      writeFileSync(file(), Buffer.concat([before, Buffer.from(line).subarray(0, cut)]))
      const next = open()
      unwrap(next.keep('order', 'c', 'after'))
      expect(bodiesOf(next)).toEqual(['first', 'after'])
      expect(next.readAll()[0]?.damaged).toEqual([])
      next.close()
    }),
    { numRuns: 60, seed: 4 },
  )
})

test('J2 a key is kept once', () => {
  const { open, file } = place()
  const journal = open()
  for (const body of [1, 2]) unwrap(journal.keep('release', 'r-1', body))
  unwrap(journal.keep('form', 'r-1', 3)) // another kind is another key
  expect(bodiesOf(journal)).toEqual([1, 3])
  expect(readFileSync(file(), 'utf8').split('\n')).toHaveLength(3)
  journal.close()
})

test('many lines go in one write, each key once, and a kill among them loses the last ones', () => {
  const { open, file } = place()
  const journal = open()
  unwrap(journal.keep('word', 'b', 'known'))
  const those = ['a', 'b', 'c', 'a'].map((key, n) => ({ key, body: n }))
  unwrap(journal.keepAll('word', those))
  unwrap(journal.keepAll('word', those))
  expect(bodiesOf(journal)).toEqual(['known', 3, 2])
  journal.close()
  writeFileSync(file(), readFileSync(file()).subarray(0, -5))
  const next = open()
  expect(bodiesOf(next)).toEqual(['known', 3])
  next.close()
})

test('J3 a line that was changed is named and passed over', () => {
  const { open, file } = place()
  const journal = open()
  for (const key of ['a', 'b', 'c']) unwrap(journal.keep('device', key, `body of ${key}`))
  journal.close()
  const text = readFileSync(file(), 'utf8')
  for (const spoilt of [
    text.replace('body of b', 'body of x'),
    text.replace(/\n1 /, '\n2 '),
    text.replace(/\n1 [0-9a-f]/, '\n1 '),
  ]) {
    writeFileSync(file(), spoilt)
    const { entries, damaged } = readJournal(file(), 'it')
    expect(entries.map(({ key }) => key)).toEqual(['a', 'c'])
    expect(damaged).toEqual([2])
  }
})

test('collectors with folders of their own share a folder of journals, each writing its own file', () => {
  const [one, two] = [place(), place()]
  const first = one.open()
  const second = unwrap(openJournal({ folder: one.folder, dataDir: two.dataDir, now: () => 7 }))
  unwrap(first.keep('form', 'a', 'mine'))
  unwrap(second.keep('form', 'a', 'theirs'))
  expect(readdirSync(one.folder)).toHaveLength(2)
  expect(new Set(bodiesOf(first))).toEqual(new Set(['mine', 'theirs']))
  first.close()
  second.close()
})

test('a folder that cannot be written is a fault with what to do', () => {
  const { dataDir } = place()
  const file = join(dataDir, 'file')
  writeFileSync(file, '')
  expect(openJournal({ folder: join(file, 'below'), dataDir, now: () => 7 })).toMatchObject({
    ok: false,
    error: { fault: 'journal.unwritable' },
  })
})
