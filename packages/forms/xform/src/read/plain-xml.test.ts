import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { readPlainXml } from './plain-xml.ts'
import { parseFully } from './xml.ts'

const shared = join(import.meta.dirname, '../../../../../../shared/forms')

const SAMPLE = `<?xml version="1.0" encoding="UTF-8"?>
<!-- a form --><h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h='http://www.w3.org/1999/xhtml' xmlns:jr="urn:jr">
  <h:head><h:title>One &amp; two &#233; &#x1F600;</h:title><model jr:a="1" a="x	y&#10;z &lt;">
<b/><c xmlns:jr="urn:other" jr:v="'q'" /><d xmlns=""><e/></d></model ></h:head>
  <h:body>a<!-- in -->b<![CDATA[c < d ]] ]]>e ]] &gt;</h:body></h:html>
`

/** Both readers, or the full one alone: never the plain one alone. */
function agree(text: string): 'tree' | 'left to the full parser' {
  const plain = readPlainXml(text, 500)
  if (plain === null) return 'left to the full parser'
  const whole = parseFully(text)
  expect(whole).toEqual({ ok: true, value: plain })
  return 'tree'
}

describe('P1 the plain reader makes the tree that the full parser makes', () => {
  test('of a document with everything that it knows', () => {
    expect(agree(SAMPLE)).toBe('tree')
    expect(agree(SAMPLE.replaceAll('\n', '\r\n'))).toBe('tree')
  })

  test('of real forms', () => {
    const files = existsSync(shared) ? readdirSync(shared).filter(name => name.endsWith('.xml')) : []
    for (const name of files) expect([name, agree(readFileSync(join(shared, name), 'utf8'))]).toEqual([name, 'tree'])
  })

  test('or none at all, whatever is cut out of a document or put into it', () => {
    const pieces = [
      '<',
      '>',
      '/',
      '&',
      ';',
      '"',
      "'",
      '=',
      ' ',
      '\n',
      '\t',
      ':',
      'x',
      'a',
      ']]>',
      '--',
      '<!--',
      '-->',
      '&#0;',
    ]
    const more = [
      '<![CDATA[',
      '<?p?>',
      '<!DOCTYPE a>',
      'xmlns',
      'xmlns:h=""',
      'xml:',
      'é',
      '\u0000',
      '\ud800',
      '&amp;',
      '<b/>',
    ]
    const piece = fc.constantFrom(...pieces, ...more)
    const edit = fc.record({ at: fc.nat(SAMPLE.length), cut: fc.nat(3), put: fc.array(piece, { maxLength: 2 }) })
    let trees = 0
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), edits => {
        let text = SAMPLE
        for (const { at, cut, put } of edits) text = text.slice(0, at) + put.join('') + text.slice(at + cut)
        if (agree(text) === 'tree') trees += 1
      }),
      { seed: 20261121, numRuns: 4000 },
    )
    expect(trees).toBeGreaterThan(400)
  })
})

describe('P2 what is unusual or wrong is left to the full parser', () => {
  test.each([
    ['a DTD', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['an unknown entity', '<a>&b;</a>'],
    ['a processing instruction', '<a><?b c?></a>'],
    ['two roots', '<a/><b/>'],
    ['text beside the root', '<a/>b'],
    ['an attribute twice', '<a b="1" b="2"/>'],
    ['one attribute under two prefixes', '<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>'],
    ['an undeclared prefix', '<p:a/>'],
    ['tags that cross', '<a><b></a></b>'],
    ['a name that is not ASCII', '<é/>'],
    ['a character that XML forbids', '<a>&#1;</a>'],
    ['an unclosed element', '<a><b/>'],
    ['nothing', ''],
    ['more levels than a form has', `${'<a>'.repeat(501)}${'</a>'.repeat(501)}`],
  ])('%s', (_, text) => {
    expect(readPlainXml(text, 500)).toBe(null)
  })
})
