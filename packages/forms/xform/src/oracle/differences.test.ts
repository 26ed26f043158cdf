/**
 * Where we knowingly differ from ODK's engine (0.22), each with its reason. A row that no
 * longer differs makes this test red: then strike it out.
 */
import { beforeAll, expect, test } from 'vitest'
import { xformOf } from '../fixtures/forms.ts'
import { openPair, showBoth, type Pair } from './compare.ts'
import { startEngine, type Engine } from './engine.ts'

interface Difference {
  readonly reason: string
  readonly xml: string
  /** The same answers to both, oracle first. */
  readonly answers?: readonly (readonly [ref: string, value: string])[]
  readonly ref: string
  readonly ours: string | undefined
  readonly theirs: string | undefined
}

const DIFFERENCES: readonly Difference[] = [
  {
    reason: 'the sum of no numbers is 0 (XPath 1.0, section 4.4); theirs is NaN, and blank',
    xml: xformOf({
      instance: '<a/><total/>',
      model: '<bind nodeset="/data/total" calculate="sum(/data/none)"/>',
      body: '<input ref="/data/a"/>',
    }),
    ref: 'total',
    ours: '0',
    theirs: '',
  },
  {
    reason: 'a first-load default reaches a question that is asked only later; theirs stays blank for good',
    xml: xformOf({
      instance: '<a/><b/>',
      model:
        '<bind nodeset="/data/b" relevant="/data/a = 1"/><setvalue event="odk-instance-first-load" ref="/data/b" value="concat(\'x\', \'y\')"/>',
      body: '<input ref="/data/a"/><input ref="/data/b"/>',
    }),
    answers: [['a', '1']],
    ref: 'b',
    ours: 'xy',
    theirs: '',
  },
  {
    reason: 'an answer that a filter took away stays away; theirs is only hidden and comes back unasked',
    xml: xformOf({
      instance: '<a/><b/>',
      model:
        '<instance id="list"><root><item><name>n</name><of>1</of></item><item><name>m</name><of>2</of></item></root></instance>',
      body: `<input ref="/data/a"/><select1 ref="/data/b"><itemset nodeset="instance('list')/root/item[of = /data/a]"><value ref="name"/><label ref="name"/></itemset></select1>`,
    }),
    answers: [
      ['a', '1'],
      ['b', 'n'],
      ['a', '2'],
      ['a', '1'],
    ],
    ref: 'b',
    ours: '',
    theirs: 'n',
  },
]

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})

const play = ({ session, oracle }: Pair, answers: Difference['answers'] = []): void => {
  for (const [ref, value] of answers) {
    oracle.answer(ref, value)
    session.answer(ref, value)
  }
}

for (const { reason, xml, answers, ref, ours, theirs } of DIFFERENCES)
  test(`${reason}`, async () => {
    const pair = await openPair(xml, engine)
    try {
      play(pair, answers)
      const both = showBoth(pair)
      expect({ ours: both.ours.answers[ref], theirs: both.theirs.answers[ref] }).toEqual({ ours, theirs })
    } finally {
      pair.oracle.reset()
    }
  })
