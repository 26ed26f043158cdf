/**
 * Against ODK's own engine (0.22): generated expressions over one tree, evaluated by both.
 * Where we knowingly differ stands in a table, each row with its reason; a row that no longer
 * differs makes this test red: then strike it out.
 */
import { unwrap } from '@murram/ground'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { compile } from './compile.ts'
import { parse } from './parse.ts'
import { peerTree, startPeer, type Calculate } from './peer-engine.ts'
import { environment } from './plain-tree.ts'
import { toText } from './value.ts'

// The engine takes the zone of its process; what zones do is tested in `dates.test.ts`.
process.env['TZ'] = 'UTC'

const { tree, question } = peerTree()
let peer: Calculate
beforeAll(async () => {
  peer = await startPeer()
})

/** As a question stores it: a calculation that gives no number is blank. */
function ours(source: string): string {
  const run = unwrap(compile(unwrap(parse(source)), tree, source))
  const value = run({
    node: question,
    current: question,
    position: 1,
    size: 1,
    environment: { ...environment, now: Date.now, timeZone: 'UTC' },
  })
  return typeof value === 'number' && Number.isNaN(value) ? '' : toText(tree, value)
}

/** The engine writes large and small numbers with an exponent, which is no number in XPath. */
const isSame = (a: string, b: string): boolean => a === b || (/e[+-]\d/.test(b) && Number(a) === Number(b))

const call = (name: string, ...values: readonly string[]): string => `${name}(${values.join(', ')})`
const quoted = (text: string): string => `'${text}'`

interface Kinds {
  number: string
  /** Surely a number: what the text of a number may be asked of. */
  finite: string
  text: string
  truth: string
  nodes: string
  date: string
}

const { number, text, truth, date } = fc.letrec<Kinds>(tie => {
  const to = (kind: keyof Kinds): fc.Arbitrary<string> => tie(kind) as fc.Arbitrary<string>
  const [number, finite, text] = [to('number'), to('finite'), to('text')]
  const [truth, nodes, date] = [to('truth'), to('nodes'), to('date')]
  const one = fc
    .constantFrom('age', 'neg', 'ratio', 'blank', 'kind', 'word', 'many', 'yes')
    .map(name => `/data/in/${name}`)
  const comparison = fc.constantFrom('=', '!=', '<', '<=', '>', '>=')
  const infix = (a: fc.Arbitrary<string>, signs: readonly string[], b: fc.Arbitrary<string>) =>
    fc.tuple(a, fc.constantFrom(...signs), b).map(parts => `(${parts.join(' ')})`)
  const of = (name: string, ...values: readonly fc.Arbitrary<string>[]) =>
    fc.tuple(...values).map(parts => call(name, ...parts))
  const few = fc.integer({ min: -2, max: 4 }).map(String)
  const short = fc.constantFrom('', 'a', 'c', 'x', 'two words', 'a b c', '7', '30', '-1.5', 'Hello')
  return {
    finite: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.integer({ min: 0, max: 1000 }).map(String),
      fc.constantFrom('/data/in/age', '../in/neg', '/data/in/row[2]/pay', '0.25', '12.5'),
      infix(finite, ['+', '-', '*'], finite),
      fc.oneof(
        of('count', nodes),
        of('string-length', text),
        of('count-selected', text),
        of('position', fc.constant('/data/in/row[3]')),
      ),
    ),
    number: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      finite,
      infix(number, ['+', '-', '*', 'div', 'mod'], number),
      number.map(inner => `-(${inner})`),
      fc.constantFrom('abs', 'floor', 'ceiling', 'int', 'sqrt', 'exp', 'number').chain(name => of(name, number)),
      of('number', text),
      of('pow', finite, few),
      of('max', finite, number),
      of('min', nodes),
      of('if', truth, number, number),
    ),
    text: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      short.map(quoted),
      one.map(path => call('string', path)),
      of('concat', text, text),
      of('string', finite),
      of('join', short.map(quoted), nodes, text),
      of('substr', text, few),
      of('substr', text, few, few),
      of('substring', text, few, fc.integer({ min: 0, max: 5 }).map(String)),
      of('substring-before', text, short.map(quoted)),
      of('translate', text, fc.constant("'aeo'"), fc.constantFrom("'AE'", "'xyz'", "''")),
      of('normalize-space', text),
      of('coalesce', text, text),
      of('if', truth, text, text),
      of('selected-at', text, fc.constantFrom('0', '1', '5')),
      fc
        .tuple(text, fc.constantFrom('MD5', 'SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'), fc.constantFrom('hex', 'base64'))
        .map(([inner, algorithm, encoding]) => call('digest', inner, quoted(algorithm), quoted(encoding))),
      of('format-date', date, fc.constantFrom("'%Y-%m-%d'", "'%e %b %y'", "'%n/%d'")),
      of(
        'pulldata',
        fc.constant("'list'"),
        fc.constantFrom("'rank'", "'of'"),
        fc.constant("'name'"),
        short.filter(one => one !== '').map(quoted),
      ),
    ),
    truth: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('true()', 'false()'),
      infix(number, ['=', '!=', '<', '<=', '>', '>='], number),
      infix(text, ['=', '!='], text),
      fc.tuple(nodes, comparison, number).map(parts => `(${parts.join(' ')})`),
      fc.tuple(nodes, fc.constantFrom('=', '!='), text).map(parts => `(${parts.join(' ')})`),
      infix(date, ['=', '<', '<=', '>', '>='], date),
      infix(truth, ['and', 'or'], truth),
      of('not', truth),
      of('boolean', fc.oneof(number, nodes)),
      fc.constantFrom('contains', 'starts-with', 'ends-with').chain(name => of(name, text, text)),
      of('selected', fc.constant('/data/in/many'), short.map(quoted)),
      of('boolean-from-string', text),
      of('checklist', few, few, truth, truth),
      of('regex', text, fc.constantFrom("'^[a-z ]*$'", "'^.+$'", "'^[0-9]+$'")),
    ),
    nodes: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(
        '/data/in/row/pay',
        '../in/row/id',
        '/data/in/row[2]/*',
        '/data/in/none',
        "instance('list')/root/item/rank",
        "instance('list')/root/item[of = current()/../in/kind]/name",
        '/data/in/row[last()]/pay',
        '/data/in/g/descendant::*',
        '/data/in/row[1]/following-sibling::row/pay',
      ),
      one,
      fc.tuple(comparison, finite).map(([sign, value]) => `/data/in/row[pay ${sign} ${value}]/id`),
      fc.tuple(comparison, few).map(([sign, value]) => `/data/in/row[position() ${sign} ${value}]/pay`),
      truth.map(condition => `/data/in/row[${condition}]/pay`),
      text.map(value => `instance('list')/root/item[name = ${value} and rank > 0]/of`),
    ),
    date: fc.oneof(
      fc.constantFrom('/data/in/born', "date('2024-02-29')", "date('1969-12-31')", "date('2026-3-9')", 'today()'),
      fc.integer({ min: -40_000, max: 40_000 }).map(days => `date(${days})`),
      fc.integer({ min: -800, max: 800 }).map(days => `date(/data/in/born + ${days})`),
    ),
  }
})

describe('what is generated, both engines make the same of', () => {
  const days = fc.tuple(date, date).map(([a, b]) => `(number(${a}) - number(${b}))`)
  test.each([
    ['numbers', number],
    ['texts', text],
    ['conditions', truth],
    ['days', days],
  ] as const)('%s', async (_, arbitrary) => {
    const expressions = fc.sample(arbitrary, { numRuns: 250, seed: 7 }).filter(one => one.length < 600)
    const theirs: (string | Error)[] = []
    for (let i = 0; i < expressions.length; i += 50) theirs.push(...(await peer(expressions.slice(i, i + 50))))
    const differing = expressions.flatMap((expression, i) => {
      const [mine, other] = [ours(expression), theirs[i]!]
      if (other instanceof Error) return [{ expression, mine, other: other.message }]
      return isSame(mine, other) ? [] : [{ expression, mine, other }]
    })
    // A generator of one value would agree with everybody.
    const [distinct, least] = [new Set(theirs).size, arbitrary === truth ? 2 : 50]
    expect(distinct).toBeGreaterThanOrEqual(least)
    expect(differing.sort((a, b) => a.expression.length - b.expression.length).slice(0, 5)).toEqual([])
  })
})

const NOT_READY = /pending|syntax error|GPS coordinates/
/** `[reason, expression, ours, theirs]`; a pattern for theirs is a refusal. */
const DIFFERENCES: readonly (readonly [reason: string, source: string, mine: string, theirs: string | RegExp])[] = [
  ['the sum of no numbers is 0 (XPath 1.0 §4.4)', 'sum(/data/in/none)', '0', ''],
  ['a number has no exponent (XPath 1.0 §4.4)', "number('1e3')", '', '1000'],
  ['a number has no plus sign (XPath 1.0 §4.4)', "number('+5')", '', '5'],
  ['halves are rounded up (XPath 1.0 §4.4)', 'round(-2.5)', '-2', '-3'],
  ['the digits that are shown are rounded, not the nearest double', 'round(1.005, 2)', '1.01', '1'],
  ['a number has no exponent as text either (XPath 1.0 §4.2)', '1 div 10000000', '0.0000001', '1e-7'],
  ['what is no number is NaN as text (XPath 1.0 §4.2)', "concat('a', 0 div 0)", 'aNaN', 'a'],
  [
    'after the whole of the part, not after its first letter (XPath 1.0 §4.2)',
    "substring-after('a--b', '--')",
    'b',
    '-b',
  ],
  ['a start that is no number is 0, as in JavaRosa', "substr('hello', 0 div 0, 2)", 'he', ''],
  ['the whole text matches (ODK documentation of regex)', "regex('abc', 'b')", 'false', 'true'],
  ['an empty list has no item', "selected('', '')", 'false', 'true'],
  ['a predicate on a later step counts from each parent (XPath 1.0 §2.4)', '/data/in/row/pay[. > 3][2]', '', '7'],
  ['a predicate behind brackets counts over the whole set (XPath 1.0 §3.3)', '(/data/in/row/pay)[2]', '7', '5'],
  ['a union is in document order (XPath 1.0 §5)', 'concat(/data/in/kind | /data/in/age)', '30x', NOT_READY],
  [
    'preceding-sibling counts from the nearest (XPath 1.0 §2.4)',
    '/data/in/row[3]/preceding-sibling::row[1]/id',
    '2',
    NOT_READY,
  ],
  [
    'and as a set it is in document order (XPath 1.0 §5)',
    'string(/data/in/row[3]/preceding-sibling::row/id)',
    '1',
    NOT_READY,
  ],
  ['ancestor counts from the nearest (XPath 1.0 §2.4)', 'name(/data/in/row[1]/pay/ancestor::*[1])', 'row', 'data'],
  ['text() is the text of an element (XPath 1.0 §2.3)', '/data/in/kind/text()', 'x', ''],
  ['a group has no value of its own, as in JavaRosa', 'string(/data/in/g)', '', '1two'],
  ['a condition is true or false, whatever was joined (XPath 1.0 §3.4)', "'x' or false()", 'true', 'x'],
  ['several signs are allowed (XPath 1.0 §3.5)', '--3', '3', NOT_READY],
  ['the length of nothing is blank, and refuses no form', 'distance(/data/in/blank)', '', NOT_READY],
]

describe('where we differ, and why', () => {
  test.each(DIFFERENCES)('%s: %s', async (_, source, mine, theirs) => {
    const [other] = await peer([source])
    expect(ours(source)).toBe(mine)
    const said = other instanceof Error ? other.message : other!
    // What is refused need not be refused in the same words.
    expect(typeof theirs === 'string' || !theirs.test(said) ? said : theirs).toBe(theirs)
  })
})
