import { unwrap } from '@murram/ground'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compile } from './compile.ts'
import type { Expression } from './expression.ts'
import { parse } from './parse.ts'
import { environment, n, treeOf, type Plain } from './plain-tree.ts'
import { calls, reads } from './reads.ts'
import { toText } from './value.ts'

const list = n(
  '',
  n(
    'root',
    n('item', n('name', 'a'), n('of', 'x')),
    n('item', n('name', 'b'), n('of', 'y')),
    n('item', n('name', 'c'), n('of', 'x')),
  ),
)
const document = n(
  '',
  n(
    'data',
    n('age', '30'),
    n('blank'),
    n('born', '1996-02-29'),
    n('many', 'a c'),
    n('row', n('id', '1'), n('pay', '5')),
    n('row', n('id', '2'), n('pay', '7')),
    n('row', n('id', '3'), n('pay', '')),
    n('kind', 'x'),
  ),
)
const data = document.children[0]!
const tree = treeOf({ list })

function evaluate(source: string, node: Plain = data): string {
  const expression = unwrap(parse(source))
  // What a device runs went through JSON.
  const stored = JSON.parse(JSON.stringify(expression)) as Expression
  const run = unwrap(compile(stored, tree, source))
  return toText(tree, run({ node, current: node, position: 1, size: 1, environment }))
}

const CASES: Readonly<Record<string, readonly (readonly [source: string, expected: string])[]>> = {
  'operators bind as XPath says': [
    ['1 + 2 * 3', '7'],
    ['(1 + 2) * 3', '9'],
    ['7 mod 3 - 1', '0'],
    ['7 div 2', '3.5'],
    ['-2 - -3', '1'],
    ['1 < 2 and 2 < 1 or true()', 'true'],
    ['1 = 1 != false()', 'true'],
    ['5 mod -2', '1'],
    ['1 div 0', 'Infinity'],
  ],
  'a name is an operator only after an operand': [
    ['div', ''],
    ['6 div 2', '3'],
    ['/data/age div 2', '15'],
    ['/data/* = 30', 'true'],
    ['2 * 3', '6'],
    ['age-1', ''],
    ['age -1', '29'],
  ],
  'comparisons convert as XPath says, and dates are days': [
    ["'10' = 10", 'true'],
    ["'10' = '10.0'", 'false'],
    ["/data/blank = ''", 'true'],
    ['/data/blank = 0', 'false'],
    ['/data/blank != 5', 'true'],
    ['/data/row/pay > 6', 'true'],
    ["/data/none = ''", 'false'],
    ["/data/born < '2000-01-01'", 'true'],
    ["date('2020-03-01') - date('2020-02-28')", '2'],
    ["number('1970-01-02')", '1'],
    ["'' < 5", 'false'],
  ],
  'paths, relative and absolute, with predicates': [
    ['/data/age', '30'],
    ['age', '30'],
    ['./age', '30'],
    ['/data/row[2]/pay', '7'],
    ['/data/row[id = 3 or pay = 7]/id', '2'],
    ['/data/row[last()]/id', '3'],
    ['count(/data/row[pay != ""])', '2'],
    ['count(//pay)', '3'],
    ['row[1]/following-sibling::row/id', '2'],
    ["instance('list')/root/item[of = current()/kind][2]/name", 'c'],
    ["instance('list')/root/item[of = 'y']/name", 'b'],
    ["count(instance('none')/root/item)", '0'],
    ['count(/data/age | /data/kind | /data/age)', '2'],
    ['indexed-repeat(/data/row/pay, /data/row, 1 + 1)', '7'],
  ],
  'functions of selects and logic': [
    ["selected(/data/many, 'c')", 'true'],
    ["selected(/data/many, 'a c')", 'false'],
    ['count-selected(/data/many)', '2'],
    ['selected-at(/data/many, 1)', 'c'],
    ['selected-at(/data/many, 9)', ''],
    ["coalesce(/data/blank, 'x')", 'x'],
    ["if(/data/age > 18, 'adult', nope)", 'adult'],
    ['not(/data/none)', 'true'],
    ["boolean('false')", 'true'],
    ["boolean-from-string('false')", 'false'],
    ["jr:itext('hello')", 'text of hello'],
    ["jr:choice-name(/data/kind, '/data/kind')", 'x of /data/kind'],
    ['once(uuid())', 'drawn'],
    ["weighted-checklist(5, -1, true(), 3, 'x' = 'x', 2)", 'true'],
    ['checklist(2, 2, true(), true(), true())', 'false'],
  ],
  'functions of numbers': [
    ['sum(/data/row[pay != ""]/pay)', '12'],
    ['sum(/data/none)', '0'],
    ['max(/data/row[pay != ""]/pay)', '7'],
    ['min(3, 1, 2)', '1'],
    ['round(1.005, 2)', '1.01'],
    ['round(-2.5)', '-2'],
    ['round(1234.5, -2)', '1200'],
    ['int(-1.9)', '-1'],
    ['pow(2, 10)', '1024'],
    ['abs(-3)', '3'],
    ["number('x')", 'NaN'],
    ['count-non-empty(/data/row/pay)', '2'],
    ['0.1 * 3', '0.30000000000000004'],
    ['10000000000 * 1000000000000', '10000000000000000000000'],
    ['1 div 10000000', '0.0000001'],
    ['position(/data/row[3])', '3'],
  ],
  'functions of text': [
    ["concat('a', 1, true())", 'a1true'],
    ["join('-', /data/row/id)", '1-2-3'],
    ["substr('hello', 1, 3)", 'el'],
    ["substr('hello', -2)", 'lo'],
    ["substring('12345', 2, 3)", '234'],
    ["substring('12345', 1.5, 2.6)", '234'],
    ["substring-before('a=b', '=')", 'a'],
    ["substring-after('a=b', '=')", 'b'],
    ["contains('abc', 'b')", 'true'],
    ["starts-with('abc', 'ab')", 'true'],
    ["ends-with('abc', 'bc')", 'true'],
    ["normalize-space('  a   b ')", 'a b'],
    ["translate('bar', 'abc', 'AB')", 'BAr'],
    ["regex('2547', '[0-9]{4}')", 'true'],
    ["regex('x2547', '[0-9]{4}')", 'false'],
    ["regex('a', '(')", 'false'],
    ["string-length('četi')", '4'],
    ["digest('abc', 'SHA-256', 'hex')", 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ["digest('abc', 'MD5')", 'kAFQmDzST7DWlj99KOF/cg=='],
  ],
  'functions of dates, in the zone of the interview': [
    ['today()', '2026-11-22'],
    ['now()', '2026-11-22T00:30:15.250+03:00'],
    ["format-date(today(), '%Y/%n/%e %b %a')", '2026/11/22 Nov Sun'],
    ["format-date-time(now(), '%H:%M:%S.%3 %y')", '00:30:15.250 26'],
    ["format-date('2020-02-30', '%Y')", ''],
    ["date('2026-11-21T22:30:00.000Z')", '2026-11-22'],
    ['date(1)', '1970-01-02'],
    ["date-time('2026-01-01')", '2026-01-01T00:00:00.000+03:00'],
    ["int((date('2026-11-22') - /data/born) div 365.25)", '30'],
    ["decimal-date-time('1970-01-02T12:00:00Z')", '1.5'],
    ["decimal-time('06:00:00')", '0.25'],
  ],
}

for (const [law, cases] of Object.entries(CASES))
  describe(`${law}`, () => {
    for (const [source, expected] of cases)
      test(`${source} is ${JSON.stringify(expected)}`, () => {
        expect(evaluate(source)).toBe(expected)
      })
  })

describe('what cannot be read is a fault that names the place', () => {
  const BROKEN: readonly (readonly [string, number, string])[] = [
    ['1 +', 3, 'ends too early'],
    ['/a ? 2', 3, 'unexpected "?"'],
    ["'open", 0, 'not closed'],
    ['concat(1, 2', 11, '")" is missing'],
    ['/a[1', 4, '"]" is missing'],
    ['', 0, 'empty'],
    ['1 2', 2, 'unexpected "2"'],
    ['child::', 7, 'a name is missing'],
    ['nonsense::a', 0, 'no axis'],
    ['('.repeat(5000), 200, 'nested too deeply'],
    ['indexed-repeat(/data/a, /data/row, 1)', 0, 'does not go through'],
  ]
  for (const [source, at, problem] of BROKEN)
    test(`${source.slice(0, 30)}: ${problem}`, () => {
      const refused = parse(source)
      expect(refused).toMatchObject({
        ok: false,
        error: { fault: 'xpath.syntax', data: { at, problem: expect.stringContaining(problem) as string } },
      })
    })

  test('an unknown function and a wrong number of arguments', () => {
    const compiled = (source: string) => compile(unwrap(parse(source)), tree, source)
    expect(compiled('nope(1)')).toMatchObject({
      error: { fault: 'xpath.unknown-function', detail: 'nope(1): there is no function nope()' },
    })
    expect(compiled('constructor()')).toMatchObject({ ok: false })
    expect(compiled('if(1, 2)')).toMatchObject({
      error: { detail: 'if(1, 2): if() takes 3 arguments, not 2: if(condition, then, otherwise)' },
    })
  })

  test('no text makes the parser throw', () => {
    const pieces = fc.constantFrom(
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
      'a',
      'div',
      ' ',
      '1',
      '-',
      "'x'",
      ',',
      '|',
      '=',
      'not(',
      '::',
      '"',
      '$',
      '\u00a0',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30, size: 'max' }), parts => {
        const parsed = parse(parts.join(''))
        expect(parsed.ok || parsed.error.fault === 'xpath.syntax').toBe(true)
        if (parsed.ok) compile(parsed.value, tree)
      }),
      { numRuns: 3000, seed: 1 },
    )
  })
})

test('arithmetic is that of IEEE doubles, whatever the brackets', () => {
  const tidy = fc.letrec<{ sum: { text: string; value: number } }>(tie => ({
    sum: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.nat(1000).map(value => ({ text: String(value), value })),
      fc.tuple(tie('sum'), fc.constantFrom('+', '-', '*', 'div', 'mod'), tie('sum')).map(([a, operator, b]) => ({
        text: `(${a.text} ${operator} ${b.text})`,
        value:
          operator === '+'
            ? a.value + b.value
            : operator === '-'
              ? a.value - b.value
              : operator === '*'
                ? a.value * b.value
                : operator === 'div'
                  ? a.value / b.value
                  : a.value % b.value,
      })),
    ),
  })).sum
  fc.assert(
    fc.property(tidy, ({ text, value }) => {
      expect(evaluate(`string(${text})`)).toBe(evaluate(`string(number(${text}))`))
      const got = Number(evaluate(text))
      const isClose = Object.is(got, value) || Math.abs(got - value) <= 1e-9 * Math.abs(value)
      expect({ text, got, isClose: isClose || Number.isNaN(value) }).toEqual({ text, got, isClose: true })
    }),
    { numRuns: 300, seed: 3 },
  )
})

describe('what an expression reads', () => {
  const shown = (source: string): readonly string[] =>
    reads(unwrap(parse(source))).map(({ from, steps }) =>
      [
        typeof from === 'string' ? from : `list ${from.instance}`,
        ...steps.map(({ axis, name, filtered }) => `${axis}::${name}${filtered ? '[]' : ''}`),
      ].join('/'),
    )

  test('paths, and what their predicates read', () => {
    expect(shown('/data/a + ../b')).toEqual(['root/child::data/child::a', 'context/parent::node()/child::b'])
    expect(shown("instance('l')/root/item[of = current()/../k]/name")).toEqual([
      'list l/child::root/child::item[]/child::of',
      'context/parent::node()/child::k',
      'list l/child::root/child::item[]/child::name',
    ])
    expect(shown('sum(/data/row[pay > /data/least]/pay)')).toEqual([
      'root/child::data/child::row[]/child::pay',
      'root/child::data/child::least',
      'root/child::data/child::row[]/child::pay',
    ])
    expect(shown('indexed-repeat(/data/row/pay, /data/row, ../i)')).toEqual([
      'context/parent::node()/child::i',
      'root/child::data/child::row[]/child::pay',
    ])
  })

  test('and which functions it calls', () => {
    expect([...calls(unwrap(parse("if(a[not(b)], jr:itext('x'), 1)")))].sort()).toEqual(['if', 'jr:itext', 'not'])
  })
})

describe('a seeded shuffle is the one that ODK makes', () => {
  const letters = n('', n('root', ...'ABCDEF'.split('').map(letter => n('item', n('name', letter)))))
  const lettersTree = treeOf({ letters })
  const order = (seed: string): string => {
    const shuffled = unwrap(parse(`randomize(instance('letters')/root/item/name, ${seed})`))
    const run = unwrap(compile(shuffled, lettersTree, ''))
    const found = run({ node: data, current: data, position: 1, size: 1, environment })
    return Array.isArray(found) ? found.map(node => lettersTree.text(node as Plain)).join('') : ''
  }

  test.each([
    ['42', 'AFCBDE'],
    ['1', 'BFEACD'],
    ['1.7', 'BFEACD'],
    ['-42', 'EDAFBC'],
    ['11111111', 'ACDBFE'],
    ["'abc'", 'ACBEFD'],
  ])('by the seed %s', (seed, expected) => expect(order(seed)).toBe(expected))
})
