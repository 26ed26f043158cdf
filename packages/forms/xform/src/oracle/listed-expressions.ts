/** Differences in what expressions, actions and rows give. Tests only. */
import { xformOf } from '../fixtures/forms.ts'
import { bound, calls, input, repeatAround, type Listed } from './difference-row.ts'

export const EXPRESSIONS: readonly Listed[] = [
  {
    reason: 'a Sunday has a short name (%a) like the other days; theirs leaves it out',
    covers: ({ key, makers }) => key.startsWith('value ') && makers.some(source => source.includes('%a')),
    ends: true,
    example: {
      xml: xformOf({
        instance: '<a/><b/>',
        model: bound('b', `calculate="format-date('2026-11-22', '%a %d')"`),
        body: input('a'),
      }),
      key: 'value b',
      ours: 'Sun 22',
      theirs: ' 22',
    },
  },
  {
    reason: 'a text with a quote may be looked up: theirs builds an expression of it and cannot read that again',
    covers: ({ key, theirs = '' }) =>
      key.startsWith('taken ') && theirs.includes('the oracle throws: Error: Expression has syntax error'),
    ends: true,
    example: {
      xml: xformOf({
        instance: '<a/><b/>',
        model: `<instance id="l"><root><item><name>x</name><n>1</n></item></root></instance>${bound('b', `calculate="pulldata('l', 'n', 'name', /data/a)"`)}`,
        body: input('a'),
      }),
      answers: [['a', "O'Brien"]],
      key: 'taken a',
      ours: `answer a = "O'Brien"`,
      theirs: `the oracle throws: Error: Expression has syntax error: instance('l')/root/item[name='O'Brien']/n`,
    },
  },
  {
    reason: 'spaces around the reference of an action mean nothing; theirs then finds no node',
    covers: ({ key, xml, makers }) =>
      key.startsWith('value ') && makers !== undefined && /<setvalue[^>]*\sref="(?:\s[^"]*|[^"]*\s)"/.test(xml),
    ends: true,
    example: {
      xml: xformOf({
        instance: '<a/><b>x</b>',
        body: '<input ref="/data/a"><label>a</label><setvalue event="xforms-value-changed" ref=" /data/b " value="/data/a"/></input>',
      }),
      answers: [['a', '1']],
      key: 'value b',
      ours: '1',
      theirs: 'x',
    },
  },
  {
    reason: 'an absolute path in a row means that row (as in JavaRosa); theirs reads the first row, or all of them',
    covers: ({ sources, spec, program }) => {
      const row = spec === undefined ? undefined : repeatAround(program, spec)
      return row !== undefined && sources.some(source => source.includes(`/${program.nodes[0]!.name}/${row}`))
    },
    ends: true,
    example: {
      xml: xformOf({
        instance: '<r><a/><b/></r><r><a/><b/></r>',
        model: bound('r/b', 'calculate="string(/data/r/a)"'),
        body: `<group ref="/data/r"><repeat nodeset="/data/r">${input('r/a')}</repeat></group>`,
      }),
      answers: [['r[1]/a', 'x']],
      key: 'value r[2]/b',
      ours: '',
      theirs: 'x',
    },
  },
  {
    reason: 'a pattern has to fit the whole text (ODK, regex()); theirs is content with a part of it',
    covers: ({ sources }) => calls('regex', sources),
    ends: true,
    example: {
      xml: xformOf({
        instance: '<a/><b/>',
        model: bound('b', `calculate="regex(/data/a, '[0-9]')"`),
        body: input('a'),
      }),
      answers: [['a', '12']],
      key: 'value b',
      ours: 'false',
      theirs: 'true',
    },
  },
  {
    reason:
      'only a person changes an answer: theirs also runs actions where an answer comes or goes with its relevance or its choices',
    covers: ({ key, followsRelevance }) => key.startsWith('value ') && followsRelevance,
    ends: true,
    example: {
      xml: xformOf({
        instance: '<a>1</a><b>x</b><n/>',
        model: bound('b', 'relevant="/data/a = 1"'),
        body: `${input('a')}<input ref="/data/b"><label>b</label><setvalue event="xforms-value-changed" ref="/data/n" value="concat(/data/a, '!')"/></input>`,
      }),
      answers: [['a', '2']],
      key: 'value n',
      ours: '',
      theirs: '2!',
    },
  },
  {
    reason:
      'a repeat without a template takes its first row for one, answers included (as JavaRosa); theirs adds blank rows',
    covers: ({ key, ours = '', theirs, spec, program, xml }) => {
      const row = spec === undefined ? undefined : repeatAround(program, spec)
      return (
        row !== undefined &&
        (key.startsWith('value ') || key.startsWith('wrong ')) &&
        (theirs === '' ? ours !== '' : key.startsWith('wrong ')) &&
        !new RegExp(`<(?:[\\w.-]+:)?${row.split('/').at(-1)}\\s[^>]*template=`).test(xml)
      )
    },
    ends: true,
    example: {
      xml: xformOf({
        instance: '<r><a>x</a></r>',
        body: `<group ref="/data/r"><repeat nodeset="/data/r">${input('r/a')}</repeat></group>`,
      }),
      answers: [['add', 'r']],
      key: 'value r[2]/a',
      ours: 'x',
      theirs: '',
    },
  },
  {
    reason: 'a line break is white space to normalize-space() (XPath 1.0, section 4.2); theirs leaves it',
    covers: ({ sources, ours = '', theirs = '' }) =>
      calls('normalize-space', sources) && theirs.includes('\n') && !ours.includes('\n'),
    ends: true,
    example: {
      xml: xformOf({
        instance: '<a/><b/>',
        model: bound('b', 'calculate="normalize-space(/data/a)"'),
        body: input('a'),
      }),
      answers: [['a', 'x\ny']],
      key: 'value b',
      ours: 'x y',
      theirs: 'x\ny',
    },
  },
  {
    reason: 'a device has its id also under the older name uri:deviceid; theirs knows the newer one only',
    covers: ({ spec, theirs = '', ours = '' }) =>
      (spec?.preload?.parameter ?? '').startsWith('uri:') && theirs === '' && ours !== '',
    ends: true,
    example: {
      xml: xformOf({
        instance: '<a/><b/>',
        model: bound('b', 'type="string" jr:preload="property" jr:preloadParams="uri:deviceid"'),
        body: input('a'),
      }),
      key: 'value b',
      ours: 'test:device',
      theirs: '',
    },
  },
  {
    reason: 'the sum of no numbers is 0 (XPath 1.0, section 4.4); theirs is NaN, and blank',
    covers: ({ ours, theirs, makers }) => calls('sum', makers) && ours === '0' && theirs === '',
    ends: true,
    example: {
      xml: xformOf({
        instance: '<a/><total/>',
        model: bound('total', 'calculate="sum(/data/none)"'),
        body: input('a'),
      }),
      key: 'value total',
      ours: '0',
      theirs: '',
    },
  },
  {
    reason:
      'halves are rounded upwards, also below zero (XPath 1.0, section 4.4); with a number of places theirs rounds them away from zero',
    covers: ({ key, makers }) => key.startsWith('value ') && calls('round', makers),
    ends: true,
    example: {
      xml: xformOf({
        instance: '<a/><b/>',
        model: bound('a', 'type="decimal"') + bound('b', 'calculate="round(/data/a, 0)"'),
        body: input('a'),
      }),
      answers: [['a', '-0.5']],
      key: 'value b',
      ours: '0',
      theirs: '-1',
    },
  },
  {
    reason: 'a first-load default reaches a question that is asked only later; theirs stays blank for good',
    covers: ({ key, theirs, makers }) => key.startsWith('value ') && theirs === '' && makers.length > 0,
    ends: true,
    example: {
      xml: xformOf({
        instance: '<a/><b/>',
        model:
          bound('b', 'relevant="/data/a = 1"') +
          `<setvalue event="odk-instance-first-load" ref="/data/b" value="concat('x', 'y')"/>`,
        body: input('a') + input('b'),
      }),
      answers: [['a', '1']],
      key: 'value b',
      ours: 'xy',
      theirs: '',
    },
  },
  {
    reason: 'what is calculated in words follows the language; theirs keeps the words of the language before',
    covers: ({ key, makers }) =>
      key.startsWith('value ') && (calls('jr:choice-name', makers) || calls('jr:itext', makers)),
    ends: true,
    example: {
      xml: xformOf({
        instance: '<a/><b/>',
        model: `<itext><translation lang="en"><text id="t"><value>one</value></text></translation><translation lang="fr"><text id="t"><value>un</value></text></translation></itext>${bound('b', `calculate="jr:itext('t')"`)}`,
        body: input('a'),
      }),
      answers: [['language', 'fr']],
      key: 'value b',
      ours: 'un',
      theirs: 'one',
    },
  },
]
