/**
 * What once differed and was ours to mend: both engines now give the same, and this is it.
 * Each on the smallest form; larger forms find the next ones (`oracle.test.ts`).
 */
import { unwrap } from '@murram/ground'
import { beforeAll, expect, test } from 'vitest'
import { xformOf } from '../fixtures/forms.ts'
import { compileXform } from '../open-form.ts'
import { differing, showPair } from './compare.ts'
import { bound, input } from './difference-row.ts'
import { startEngine, type Engine } from './engine.ts'
import { answerBoth, openPair, withTimeHeld } from './pair.ts'

interface Mended {
  readonly rule: string
  readonly xml: string
  readonly answers?: readonly (readonly [ref: string, value: string])[]
  /** What both say in the end; `undefined`: neither says anything. */
  readonly say: Readonly<Record<string, string | undefined>>
}

const LIST =
  '<instance id="l"><root><item><name>A</name></item><item><name>B</name></item><item><name>C</name></item></root></instance>'
const FROM_LIST = `<itemset nodeset="instance('l')/root/item"><value ref="name"/><label ref="name"/></itemset>`

const MENDED: readonly Mended[] = [
  {
    rule: 'a list on a question of places is what its map shows, not what it takes',
    xml: xformOf({
      instance: '<a/>',
      model: LIST + bound('a', 'type="geotrace"'),
      body: `<input ref="/data/a"><label>a</label>${FROM_LIST}</input>`,
    }),
    answers: [['a', '1.5 2.5;3.5 4.5']],
    say: { 'value a': '1.5 2.5;3.5 4.5' },
  },
  {
    rule: 'a list on a range labels its ticks, and takes no value away',
    xml: xformOf({
      instance: '<a>5</a>',
      model: LIST + bound('a', 'type="int"'),
      body: `<range ref="/data/a" start="1" end="9" step="1"><label>a</label>${FROM_LIST}</range>`,
    }),
    say: { 'value a': '5' },
  },
  {
    rule: 'a rank keeps the order that it is given',
    xml: xformOf({
      instance: '<a/>',
      model: LIST + bound('a', 'type="odk:rank"'),
      body: `<rank ref="/data/a" xmlns="http://www.opendatakit.org/xforms"><label xmlns="http://www.w3.org/2002/xforms">a</label>${FROM_LIST.replace('<itemset', '<itemset xmlns="http://www.w3.org/2002/xforms"')}</rank>`,
    }),
    answers: [['a', 'C A B']],
    say: { 'value a': 'C A B' },
  },
  {
    rule: 'one point is no trace',
    xml: xformOf({ instance: '<a/>', model: bound('a', 'type="geotrace"'), body: input('a') }),
    answers: [['a', '1.5 2.5']],
    say: { 'value a': '' },
  },
  {
    rule: 'a shape ends where it began',
    xml: xformOf({ instance: '<a/>', model: bound('a', 'type="geoshape"'), body: input('a') }),
    answers: [['a', '1.5 2.5;3.5 4.5;5.5 6.5']],
    say: { 'value a': '' },
  },
  {
    rule: 'a whole number has 32 bits',
    xml: xformOf({ instance: '<a/>', model: bound('a', 'type="int"'), body: input('a') }),
    answers: [['a', '99999999999']],
    say: { 'value a': '' },
  },
  {
    rule: 'what an action sets is written as its node is typed',
    xml: xformOf({
      instance: '<a/><b/><c/>',
      model: bound('b', 'type="int"') + bound('c', 'type="int"'),
      body: '<input ref="/data/a"><label>a</label><setvalue event="xforms-value-changed" ref="/data/b" value="7 div 2"/><setvalue event="xforms-value-changed" ref="/data/c" value="/data/a + 1"/></input>',
    }),
    answers: [['a', 'x']],
    say: { 'value b': '3', 'value c': '' },
  },
  {
    rule: 'an empty value on an action clears, whatever text stands inside',
    xml: xformOf({
      instance: '<a/><b>x</b>',
      body: '<input ref="/data/a"><label>a</label><setvalue event="xforms-value-changed" ref="/data/b" value="">text</setvalue></input>',
    }),
    answers: [['a', '1']],
    say: { 'value b': '' },
  },
  {
    rule: "a choice made of a row's answer goes when the row is given another",
    xml: xformOf({
      instance: '<r><n/></r><a/>',
      body: `<group ref="/data/r"><repeat nodeset="/data/r">${input('r/n')}</repeat></group><select1 ref="/data/a"><label>a</label><itemset nodeset="/data/r[n != '']"><value ref="n"/><label ref="n"/></itemset></select1>`,
    }),
    answers: [
      ['r[1]/n', 'Asha'],
      ['a', 'Asha'],
      ['r[1]/n', 'Juma'],
    ],
    say: { 'value a': '', 'choices a': 'Juma=Juma' },
  },
]

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})

for (const { rule, xml, answers = [], say } of MENDED)
  test(`${rule}`, async () => {
    const loaded = await engine(xml)
    try {
      const pair = openPair(unwrap(compileXform(xml)), loaded)
      const made = withTimeHeld(() => answers.map(([ref, value]) => answerBoth(pair, ref, value)))
      expect(made.filter(one => one.disagreement !== null)).toEqual([])
      const { ours, theirs } = showPair(pair)
      expect(differing(ours, theirs)).toEqual([])
      expect(ours).toMatchObject(say)
    } finally {
      loaded.close()
    }
  })
