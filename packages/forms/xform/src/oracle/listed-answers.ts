/** Differences in what is taken as an answer, and in what is left of one that is not. Tests only. */
import { xformOf } from '../fixtures/forms.ts'
import type { NodeSpec } from '../program.ts'
import { bound, input, isNumbers, numbersOf, type Listed } from './difference-row.ts'
import { LEFT_A_TRACE } from './pair.ts'

const TYPED: ReadonlySet<string> = new Set([
  'int',
  'decimal',
  'date',
  'time',
  'dateTime',
  'geopoint',
  'geotrace',
  'geoshape',
])
const typed = (spec: NodeSpec | undefined): boolean => spec !== undefined && TYPED.has(spec.type)

export const ANSWERS: readonly Listed[] = [
  {
    reason:
      'one number, two spellings: theirs writes every decimal and coordinate with a fraction, ours as short as it is',
    covers: ({ key, ours = '', theirs = '', program }) =>
      (key.startsWith('value ') && isNumbers(ours) && isNumbers(theirs) && numbersOf(ours) === numbersOf(theirs)) ||
      // The same inside a text that quotes it.
      (program.nodes.some(({ type }) => type === 'decimal' || type.startsWith('geo')) &&
        ours === theirs.replace(/(\d)\.0+(?!\d)/g, '$1')),
    example: {
      xml: xformOf({ instance: '<a/>', model: bound('a', 'type="geopoint"'), body: input('a') }),
      answers: [['a', '1.5 2 0 4']],
      key: 'value a',
      ours: '1.5 2 0 4',
      theirs: '1.5 2.0 0.0 4.0',
    },
  },
  {
    reason:
      'a number is written in digits: theirs reads whatever JavaScript reads as one (0x10, 1e3) and cuts fractions off whole numbers',
    covers: ({ key, theirs = '', spec }) =>
      key.startsWith('taken ') &&
      ['int', 'integer', 'decimal'].includes(spec?.type ?? '') &&
      theirs.startsWith('refused here (type)'),
    ends: true,
    example: {
      xml: xformOf({ instance: '<a/>', model: bound('a', 'type="int"'), body: input('a') }),
      answers: [['a', '1.5']],
      key: 'taken a',
      ours: 'answer a = "1.5" (refused: type)',
      theirs: 'refused here (type); the oracle keeps "1"',
    },
  },
  {
    reason:
      'a refused answer changes nothing: theirs takes it first, with its rows and actions, and then calls it wrong',
    covers: ({ key, theirs }) => key.startsWith('taken ') && theirs === LEFT_A_TRACE,
    ends: true,
    example: {
      xml: xformOf({
        instance: '<a/><b/>',
        model: bound('a', 'type="int" constraint=". &lt; 9"'),
        body: '<input ref="/data/a"><label>a</label><setvalue event="xforms-value-changed" ref="/data/b">x</setvalue></input>',
      }),
      answers: [['a', '10']],
      key: 'taken a',
      ours: 'answer a = "10" (refused: constraint)',
      theirs: LEFT_A_TRACE,
    },
  },
  {
    reason: 'an answer that a filter took away is gone: theirs is only hidden, counts as given, and comes back unasked',
    covers: ({ key, ours, theirs, spec }) =>
      key.startsWith('wrong required ') &&
      ours !== undefined &&
      theirs === undefined &&
      spec?.control?.choices?.from === 'nodes',
    ends: true,
    example: {
      xml: xformOf({
        instance: '<a/><b>x</b>',
        model: `<instance id="l"><root><item><n>x</n><of>1</of></item></root></instance>${bound('b', 'required="true()"')}`,
        body: `${input('a')}<select1 ref="/data/b"><label>b</label><itemset nodeset="instance('l')/root/item[of = /data/a]"><value ref="n"/><label ref="n"/></itemset></select1>`,
      }),
      key: 'wrong required b',
      ours: 'This question must be answered.',
      theirs: undefined,
    },
  },
  {
    reason: 'a select over an attached list (query) takes what the list offers; theirs takes any text',
    covers: ({ key, theirs = '', spec, xml }) =>
      key.startsWith('taken ') &&
      theirs.startsWith('refused here (type)') &&
      spec !== undefined &&
      new RegExp(
        `<input[^>]*\\squery=[^>]*ref="[^"]*/${spec.name}"|<input[^>]*ref="[^"]*/${spec.name}"[^>]*\\squery=`,
      ).test(xml),
    ends: true,
    example: {
      xml: xformOf({
        instance: '<a/>',
        body: `<input ref="/data/a" query="instance('towns')/root/item[of = 'x']"><label>a</label></input>`,
      }),
      answers: [['a', 'Rome']],
      key: 'taken a',
      ours: 'answer a = "Rome" (refused: type)',
      theirs: 'refused here (type); the oracle keeps "Rome"',
    },
  },
  {
    reason: 'a trace may end where it began: theirs takes that for no trace',
    covers: ({ key, ours = '', theirs, spec }) =>
      key.startsWith('value ') && theirs === '' && ours !== '' && spec?.type === 'geotrace',
    example: {
      xml: xformOf({ instance: '<a/>', model: bound('a', 'type="geotrace"'), body: input('a') }),
      answers: [['a', '1 2;3 4;1 2']],
      key: 'value a',
      ours: '1 2;3 4;1 2',
      theirs: '',
    },
  },
  {
    reason: 'a place has two to four numbers: theirs drops what comes after them',
    covers: ({ key, ours = '', theirs = '', spec }) =>
      key.startsWith('taken ') &&
      (spec?.type ?? '').startsWith('geo') &&
      theirs.startsWith('refused here (type)') &&
      /(?:-?[\d.]+ ){4}[\d.]+/.test(ours),
    example: {
      xml: xformOf({ instance: '<a/>', model: bound('a', 'type="geopoint"'), body: input('a') }),
      answers: [['a', '1 2 3 4 5']],
      key: 'taken a',
      ours: 'answer a = "1 2 3 4 5" (refused: type)',
      theirs: 'refused here (type); the oracle keeps "1.0 2.0 3.0 4.0"',
    },
  },
  {
    reason: 'a range may count downwards: theirs takes no value of one whose start is above its end',
    covers: ({ key, theirs, spec }) =>
      key.startsWith('value ') &&
      theirs === '' &&
      spec?.control?.bounds != null &&
      spec.control.bounds.start > spec.control.bounds.end,
    ends: true,
    example: {
      xml: xformOf({
        instance: '<a/>',
        model: bound('a', 'type="int"'),
        body: '<range ref="/data/a" start="7" end="3" step="2"><label>a</label></range>',
      }),
      answers: [['a', '5']],
      key: 'value a',
      ours: '5',
      theirs: '',
    },
  },
  {
    reason:
      'what the form itself puts into a typed node stays as it was written, and is reported as of the wrong type; theirs is blank',
    covers: ({ key, ours = '', theirs, spec }) =>
      (key.startsWith('value ') && theirs === '' && ours !== '' && typed(spec) && !isNumbers(ours)) ||
      (key.startsWith('wrong type ') && theirs === undefined),
    ends: true,
    example: {
      xml: xformOf({ instance: '<a>many</a>', model: bound('a', 'type="int"'), body: input('a') }),
      key: 'value a',
      ours: 'many',
      theirs: '',
    },
  },
  {
    reason: 'an upload that is cleared is blank; theirs goes back to the default of the form',
    covers: ({ key, ours, theirs = '', spec }) =>
      key.startsWith('value ') && ours === '' && theirs.startsWith('jr://') && spec?.control?.element === 'upload',
    ends: true,
    example: {
      xml: xformOf({
        instance: '<a>jr://images/cat.png</a>',
        model: bound('a', 'type="binary"'),
        body: '<upload ref="/data/a" mediatype="image/*"><label>a</label></upload>',
      }),
      answers: [['a', '']],
      key: 'value a',
      ours: '',
      theirs: 'jr://images/cat.png',
    },
  },
]
