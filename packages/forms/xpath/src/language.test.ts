/** Axes, node tests, document order, and the functions that `xpath.test.ts` leaves out. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { unwrap } from '@murram/ground'
import { describe, expect, test } from 'vitest'
import { compile } from './compile.ts'
import { functionSignatures } from './functions/table.ts'
import { parse } from './parse.ts'
import { environment, n, treeOf, type Plain } from './plain-tree.ts'
import { isNodes, toText } from './value.ts'

const data = n(
  'data',
  n('one', n('a', '1'), n('b', n('a', '2'), n('c', '3'))),
  n('two', n('a', '4'), n('b', '5')),
  n('three', n('a', ''), n('c', '6')),
  n('many', 'x y'),
  n('place', '0.5 36.5 0 0'),
  n('fence', '0 36 0 0; 0 37 0 0; 1 37 0 0; 1 36 0 0; 0 36 0 0'),
)
n('', data)
const attribute = (name: string, text: string, parent: Plain): Plain => ({ ...n(name, text), parent })
const two = data.children[1]!
Object.assign(two, { attributes: [attribute('lang', 'fr-CA', two), attribute('id', 'T', two)] })
const tree = treeOf()

function evaluate(source: string, node: Plain = data): string {
  const value = unwrap(compile(unwrap(parse(source)), tree, source))({
    node,
    current: node,
    position: 1,
    size: 1,
    environment: { ...environment, formVersion: () => '7', property: name => `our ${name}` },
  })
  return isNodes(value) ? value.map(one => `${tree.name(one)}${tree.text(one)}`).join(' ') : toText(tree, value)
}

const table = (rows: readonly (readonly [source: string, expected: string])[]): void =>
  test.each(rows)('%s is %s', (source, expected) => expect(evaluate(source)).toBe(expected))

describe('every axis, in document order', () => {
  table([
    ['child::one/child::a', 'a1'],
    ['descendant::a', 'a1 a2 a4 a'],
    ['//a', 'a1 a2 a4 a'],
    ['one/descendant-or-self::*', 'one a1 b a2 c3'],
    ['one/b/c/ancestor::*', 'data one b'],
    ['one/b/c/ancestor-or-self::*[2]', 'b'],
    ['name(one/b/c/ancestor::*[last()])', 'data'],
    [
      'two/following-sibling::*',
      'three manyx y place0.5 36.5 0 0 fence0 36 0 0; 0 37 0 0; 1 37 0 0; 1 36 0 0; 0 36 0 0',
    ],
    ['three/preceding-sibling::*', 'one two'],
    ['three/preceding-sibling::*[1]', 'two'],
    ['(three/preceding-sibling::*)[1]', 'one'],
    ['one/b/following::a', 'a4 a'],
    ['two/b/preceding::a', 'a1 a2 a4'],
    ['two/b/preceding::a[1]', 'a4'],
    ['two/a/parent::two/b', 'b5'],
    ['two/a/parent::one', ''],
    ['two/self::two/a', 'a4'],
    ['two/@id', 'idT'],
    ['two/@*', 'langfr-CA idT'],
    ['count(two/namespace::*)', '0'],
    ['//a/..', 'one b two three'],
    ['//*[a]/a[1]', 'a1 a2 a4 a'],
    ['count(//node())', '15'],
    ['count(//*)', '15'],
    ['two/@id/following-sibling::*', ''],
    ['name(two/@id/..)', 'two'],
  ])
})

describe('node tests and unions', () => {
  table([
    ['one/a/text()', 'a1'],
    ['three/a/text()', ''],
    ['one/text()', ''],
    ['count(//text())', '9'],
    ['count(//comment() | //processing-instruction("x"))', '0'],
    ['one/node()', 'a1 b'],
    ['one/h:a', 'a1'],
    ['one/h:*', 'a1 b'],
    ['two/a | one/a | two/a', 'a1 a4'],
    ['(two | one)/a', 'a1 a4'],
    ['(//c | //a)[last()]', 'c6'],
    ['(//b)[1]/a', 'a2'],
    ['//a[2]', ''],
    ['(//a)[2]', 'a2'],
    ['//a[. = 4 or ../c = 3]', 'a2 a4'],
  ])
})

describe('functions', () => {
  table([
    ['geofence(place, fence)', 'true'],
    ["geofence('1.5 36.5 0 0', fence)", 'false'],
    ["geofence('', fence)", 'false'],
    ['area(fence) > 12300000000 and area(fence) < 12400000000', 'true'],
    ['enclosed-area(fence) = area(fence)', 'true'],
    ["distance('0 36 0 0', '0 37 0 0')", '111318.85'],
    ["distance('0 36 0 0; 0 37 0 0; x')", 'NaN'],
    ["intersects('0 0 0 0; 1 1 0 0; 0 1 0 0; 1 0 0 0')", 'true'],
    ["intersects('0 0 0 0; 1 1 0 0; 2 1 0 0')", 'false'],
    ['intersects(fence)', 'false'],
    ["intersects('0 0; 0 2; 0 1')", 'true'],
    ["intersects('')", 'false'],
    ["base64-decode('SGFiYXJpIMSN')", 'Habari č'],
    ["base64-decode('no!')", ''],
    ["digest('abc', 'SHA-1', 'hex')", 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ["digest('abc', 'CRC32')", ''],
    ['string-length(uuid(77))', '77'],
    ['uuid(0)', ''],
    ['version()', '7'],
    ["property('deviceid')", 'our deviceid'],
    ["two[lang('fr')]/b", 'b5'],
    ["count(one[lang('fr')])", '0'],
    ["is-selected(many, 'y')", 'true'],
    ["selected('xy x', 'x')", 'true'],
    ["selected('xy', 'x')", 'false'],
    ['depend(one/a, two/a)', 'a1'],
    ['checklist(2, 3, //a)', 'true'],
    ['checklist(-1, 2, //a)', 'false'],
    ['weighted-checklist(7, 7, //a, //a)', 'true'],
    ['count-non-empty(//a)', '3'],
    ["max('2', 10, //c)", '10'],
    ["min('x', 1)", 'NaN'],
    ['max(//none)', 'NaN'],
    ['round(2.5)', '3'],
    ['round(-1.5, 0)', '-1'],
    ['round(-1.25, 1)', '-1.2'],
    ['round(12345.6789, -2)', '12300'],
    ["regex('Ana Maria', '\\p{Lu}\\p{L}+ \\p{Alpha}+')", 'true'],
    ["regex('ABC', '(?i)abc')", 'true'],
    ["regex('a-b', '[\\p{Alpha}-]+')", 'true'],
    ["regex('12', '[0-9]++')", 'true'],
    ["regex('1++', '1\\+\\+')", 'true'],
    ["substr('hello', -3, -1)", 'll'],
    ["substring('12345', 0 div 0, 3)", ''],
    ["substring('12345', -42, 1 div 0)", '12345'],
    ["substring('12345', -1 div 0, 1 div 0)", ''],
    ["substring('12345', 0, 3)", '12'],
    ["concat(//a, '-', 1 div 0)", '124-Infinity'],
    ['string(0.1 + 0.2)', '0.30000000000000004'],
    ['string(-0.000001234)', '-0.000001234'],
    ["normalize-space(' a \u00a0 b ')", 'a b'],
    ["if(true(), one/a, 'x')", 'a1'],
    ["if(1 = 1, 1, 'x') + 1", '2'],
  ])

  test('extract-signed gives what the key has signed, and nothing else', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const key = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')
    const content = Buffer.from('name: Amina č')
    const signed = Buffer.concat([sign(null, content, privateKey), content])
    const forged = Buffer.from(signed)
    forged[70]! ^= 1
    expect(evaluate(`extract-signed('${signed.toString('base64')}', '${key}')`)).toBe('name: Amina č')
    expect(evaluate(`extract-signed('${forged.toString('base64')}', '${key}')`)).toBe('')
    expect(evaluate(`extract-signed('${signed.toString('base64')}', 'AAAA')`)).toBe('')
  })

  test('every function of XPath 1.0 and of the ODK specification is there', () => {
    const specified =
      'abs acos area asin atan atan2 base64-decode boolean boolean-from-string ceiling checklist coalesce concat contains ' +
      'cos count count-non-empty count-selected date date-time decimal-date-time decimal-time depend digest distance ' +
      'enclosed-area ends-with exp exp10 extract-signed false floor format-date format-date-time geofence id if int ' +
      'intersects jr:choice-name jr:itext lang last local-name log log10 max min name namespace-uri normalize-space not ' +
      'now number once pi position pow property pulldata random randomize regex round selected selected-at sin sqrt ' +
      'starts-with string string-length substr substring substring-after substring-before sum tan today translate true ' +
      'uuid version weighted-checklist'
    expect(specified.split(' ').filter(name => !functionSignatures.has(name))).toEqual([])
    // And those that the parser takes.
    expect(evaluate("count(current() | instance('none')) + count(indexed-repeat(one/a, one, 1))")).toBe('2')
  })
})
