/** How the code reads, as far as a test can tell (STYLE says the rest). */
import { expect, test } from 'vitest'
import { errorCodesPage } from './error-codes-page.ts'
import { files, read, sources } from './tree.ts'

test('a file is at most 450 lines', () => {
  const long = sources.map(file => [file, read(file).split('\n').length] as const).filter(([, lines]) => lines > 451)
  expect(long).toEqual([])
})

test('no drawer: no folder is named after what does not belong anywhere', () => {
  const drawer = /(^|\/)(common|shared|core|utils?|helpers?|lib|misc|managers?|services?)\//
  expect(files.filter(file => drawer.test(file))).toEqual([])
})

test('a door lists names', () => {
  expect(sources.filter(file => /^export \*/m.test(read(file)))).toEqual([])
})

test('nothing is left for later: no mark of unfinished work and no skipped test', () => {
  const unfinished = new RegExp(
    [
      String.raw`\b(TO` + String.raw`DO|FIX` + String.raw`ME|XX` + String.raw`X|HA` + String.raw`CK)\b`,
      String.raw`\b(it|test|describe)\.(sk` + String.raw`ip|on` + String.raw`ly|to` + String.raw`do)\b`,
      '@ts-(ig' + 'nore|no' + 'check)',
      'not imple' + 'mented',
    ].join('|'),
  )
  expect(files.filter(file => /\.(ts|vue|mjs|yaml)$/.test(file) && unfinished.test(read(file)))).toEqual([])
})

test('the catalogue of faults in docs is the one in the code', () => {
  expect(read('docs/error-codes.md')).toBe(errorCodesPage())
})
