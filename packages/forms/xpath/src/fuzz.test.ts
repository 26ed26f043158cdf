/**
 * Whatever the text: it is an expression or one of our faults, and what compiles also runs,
 * in bounded time. Some seconds here; longer with `MURRAM_FUZZ_SECONDS=600` (another seed each
 * time, named when it fails).
 */
import { unwrap } from '@murram/ground'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compile } from './compile.ts'
import { functionSignatures } from './functions/table.ts'
import { parse } from './parse.ts'
import { environment, n, treeOf } from './plain-tree.ts'
import { calls, reads } from './reads.ts'
import { toBoolean, toNumber, toText } from './value.ts'

const seconds = Number(process.env['MURRAM_FUZZ_SECONDS'] ?? '2')
const isLong = process.env['MURRAM_FUZZ_SECONDS'] !== undefined

const data = n('data', n('a', '3'), n('b', '2026-02-29'), n('row', n('id', '1')), n('row', n('id', '2')))
n('', data)
const tree = treeOf({ list: n('', n('root', n('item', n('name', 'x')))) })
const context = { node: data, current: data, position: 1, size: 1, environment }

const MARKS = [
  '/',
  '//',
  '[',
  ']',
  '(',
  ')',
  '.',
  '..',
  '@',
  '*',
  '-',
  '+',
  '|',
  '=',
  '!=',
  '<',
  '>=',
  ',',
  '::',
  '$',
  '"',
  "'",
  ':',
  ' ',
  '\u00a0',
  '\u{1f642}',
  '{',
  '&',
  '%',
]
const WORDS = [
  'a',
  'b',
  'row',
  'id',
  'data',
  'div',
  'mod',
  'and',
  'or',
  'node()',
  'text()',
  'current()',
  '1',
  '-1.5',
  '1e9',
  '99999999999',
  "'x'",
  "'2026-01-31'",
  "'2026-03-29T01:30'",
  "instance('list')",
  'child',
  'following',
  '${q}',
  '$v',
]
const piece = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 3, arbitrary: fc.constantFrom(...MARKS) },
  { weight: 2, arbitrary: fc.constantFrom(...functionSignatures.keys()).map(name => `${name}(`) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
)
/** Pieces in any order mostly end at the parser; calls with the right brackets go on to run. */
const value = fc.letrec<{ value: string }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(...WORDS.slice(9), 'a', '/data/row', 'row/id', '../*', '.'),
    fc
      .tuple(fc.constantFrom(...functionSignatures.keys()), fc.array(tie('value'), { maxLength: 4 }))
      .map(([name, values]) => `${name}(${values.join(', ')})`),
    fc
      .tuple(tie('value'), fc.constantFrom('+', '-', 'div', 'mod', '=', '<', 'and', '|', '/', '//'), tie('value'))
      .map(parts => parts.join(' ')),
    fc.tuple(tie('value'), tie('value')).map(([a, b]) => `${a}[${b}]`),
  ),
})).value
const anyText = fc.oneof(
  fc.array(piece, { maxLength: 40 }).map(parts => parts.join('')),
  value,
  fc
    .tuple(value, fc.nat(), fc.nat(10))
    .map(([one, at, length]) => one.slice(0, at % (one.length + 1)) + one.slice((at % (one.length + 1)) + length)),
)

function tryOne(source: string): 'refused' | 'ran' {
  const parsed = parse(source)
  if (!parsed.ok) {
    const { at } = parsed.error.data as { readonly at: number }
    if (!(at >= 0 && at <= source.length)) throw new Error(`the fault names no place in ${source}`)
    return 'refused'
  }
  reads(parsed.value)
  calls(parsed.value)
  // A device runs what went through JSON.
  const compiled = compile(JSON.parse(JSON.stringify(parsed.value)) as typeof parsed.value, tree, source)
  if (!compiled.ok) return 'refused'
  const result = compiled.value(context)
  toText(tree, result)
  toNumber(tree, result, 'UTC')
  toBoolean(result)
  return 'ran'
}

test(
  'any text is an expression that runs, or a fault that names a place in it',
  () => {
    const seen = { refused: 0, ran: 0 }
    fc.assert(
      fc.property(anyText, source => {
        seen[tryOne(source)]++
      }),
      {
        ...(isLong ? {} : { seed: 1 }),
        numRuns: isLong ? 1_000_000_000 : 6_000,
        interruptAfterTimeLimit: seconds * 1000,
      },
    )
    // Neither side of the law is empty.
    expect(Math.min(seen.refused, seen.ran)).toBeGreaterThan(100)
  },
  (seconds + 60) * 1000,
)

describe('what is too large is refused, and quickly', () => {
  const many = (count: number, part: string): string => Array.from({ length: count }, () => part).join('')
  test.each([
    ['brackets', many(50_000, '(')],
    ['predicates in predicates', many(30_000, 'a[')],
    ['calls in calls', many(20_000, 'not(')],
    ['a long chain of sums', `1${many(40_000, '+1')}`],
    ['a long chain of unions', `a${many(40_000, '|a')}`],
    ['more characters than a form has', `'${many(100_001, 'x')}'`],
    ['a text that never ends', `'${many(99_000, 'x')}`],
    ['signs without a value', many(99_000, '-')],
  ])('%s', (_, source) => {
    const start = performance.now()
    expect(parse(source)).toMatchObject({ ok: false, error: { fault: 'xpath.syntax' } })
    expect(performance.now() - start).toBeLessThan(2_000)
  })

  test('but 500 conditions in a row are an expression', () => {
    const source = Array.from({ length: 500 }, (_, i) => `a = ${i}`).join(' or ')
    expect(unwrap(compile(unwrap(parse(source)), tree))(context)).toBe(true)
  })

  test('and so are many signs, steps and predicates', () => {
    const sources = [`${many(400, '-')}1`, `a${many(5_000, '/..')}`, `row${many(5_000, '[1]')}`]
    expect(sources.map(tryOne)).toEqual(['ran', 'ran', 'ran'])
  })

  test('a number of 100,000 digits in an answer costs no time', () => {
    const start = performance.now()
    expect(toNumber(tree, `${many(100_000, '9')}x`)).toBeNaN()
    expect(performance.now() - start).toBeLessThan(200)
  })
})
