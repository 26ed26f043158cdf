/** Differences in what a person is shown and in what is sent. Tests only. */
import { xformOf } from '../fixtures/forms.ts'
import { bound, input, type Listed } from './difference-row.ts'

export const SHOWN: readonly Listed[] = [
  {
    reason:
      'what nobody is asked cannot be wrong: theirs also reports conditions of nodes without a control; Collect does not',
    covers: ({ key, ours, spec }) => key.startsWith('wrong ') && ours === undefined && spec?.control === null,
    example: {
      xml: xformOf({ instance: '<a/><b/>', model: bound('b', 'required="true()"'), body: input('a') }),
      key: 'wrong required b',
      ours: undefined,
      theirs: '',
    },
  },
  {
    reason: 'an attribute without a value is not written; theirs writes it blank',
    covers: ({ key, ours = '', theirs = '' }) =>
      key.startsWith('sent ') && theirs.replace(/ \w+=(?= |$)/g, '') === ours,
    example: {
      xml: xformOf({ instance: '<a b=""/>', model: bound('a/@b', 'calculate="/data/a"'), body: input('a') }),
      answers: [['finish', '']],
      key: 'sent 1',
      ours: '  {}a',
      theirs: '  {}a b=',
    },
  },
  {
    reason: 'a record keeps the namespace that the form gives it; theirs forgets it',
    covers: ({ key, ours = '', theirs = '' }) =>
      key.startsWith('sent ') && withoutNamespace(ours) === withoutNamespace(theirs),
    example: {
      xml: xformOf({ instance: '<a/>', body: input('a') }).replace('<data ', '<data xmlns="urn:own" '),
      answers: [['finish', '']],
      key: 'sent 0',
      ours: '{urn:own}data id=t version=1',
      theirs: '{}data id=t version=1',
    },
  },
  {
    reason: 'a note asks nothing, required or not; theirs (and Collect) let nobody past a required note',
    covers: ({ key, ours, spec }) => key.startsWith('wrong required ') && ours === undefined && spec?.kind === 'note',
    example: {
      xml: xformOf({
        instance: '<a/>',
        model: bound('a', 'type="string" readonly="true()" required="true()"'),
        body: input('a'),
      }),
      key: 'wrong required a',
      ours: undefined,
      theirs: '',
    },
  },
  {
    reason: 'guidance and media have places of their own: theirs puts them into the text of the label or hint',
    covers: ({ key, ours = '', theirs = '', xml }) =>
      /^(?:label|hint|choices|wrong) /.test(key) &&
      /<value\s+form=/.test(xml) &&
      withoutForms(theirs, xml) === withoutForms(ours, xml),
    example: {
      xml: xformOf({
        instance: '<a/>',
        model:
          '<itext><translation lang="en"><text id="a:hint"><value>in years</value><value form="guidance">ask twice</value></text></translation></itext>',
        body: `<input ref="/data/a"><label>a</label><hint ref="jr:itext('a:hint')"/></input>`,
      }),
      key: 'hint a',
      ours: 'in years',
      theirs: 'in yearsask twice',
    },
  },
  {
    reason: 'a shuffle without a seed has no order that could agree',
    covers: ({ key, ours = '', theirs = '', spec, program }) => {
      const source =
        spec?.control?.choices?.from === 'nodes' ? program.expressions[spec.control.choices.expression]!.source : ''
      return (
        key.startsWith('choices ') &&
        source.includes('randomize(') &&
        ours.split('|').toSorted().join() === theirs.split('|').toSorted().join()
      )
    },
    example: {
      xml: xformOf({
        instance: '<a/>',
        model:
          '<instance id="l"><root><item><n>x</n></item><item><n>y</n></item><item><n>z</n></item><item><n>w</n></item></root></instance>',
        body: `<select1 ref="/data/a"><label>a</label><itemset nodeset="randomize(instance('l')/root/item)"><value ref="n"/><label ref="n"/></itemset></select1>`,
      }),
      key: 'choices a',
      ours: 'w=w|y=y|z=z|x=x',
      theirs: 'x=x|z=z|w=w|y=y',
    },
  },
  {
    reason: 'what is calculated is not typed over: theirs lets a person do so until the next calculation takes it away',
    covers: ({ key, ours = '', theirs = '', makers, spec }) =>
      key.startsWith('asked ') &&
      makers.length > 0 &&
      spec?.calculated === true &&
      ours.replace('read-only true', 'read-only false') === theirs,
    example: {
      xml: xformOf({
        instance: '<a/><b/>',
        model: bound('b', 'type="string" calculate="concat(/data/a, 1)"'),
        body: input('a') + input('b'),
      }),
      key: 'asked b',
      ours: 'required false, read-only true',
      theirs: 'required false, read-only false',
    },
  },
]

const withoutNamespace = (line: string): string => line.replace(/\{[^}]*\}/g, '{}')

/** Without the texts that stand in values of a form (`guidance`, `image`, …). */
function withoutForms(text: string, xml: string): string {
  const written = [...xml.matchAll(/<value\s+form="[^"]*"\s*>([^<]*)</g)].map(found =>
    found[1]!.replace(/\s+/g, ' ').trim(),
  )
  return written
    .filter(one => one !== '')
    .toSorted((a, b) => b.length - a.length)
    .reduce((left, one) => left.replaceAll(one, ''), text)
    .replace(/\s+/g, '')
}
