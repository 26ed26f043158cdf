/** What a field app builds a screen from: pages, progress, words, media, parameters. */
import { unwrap } from '@murram/ground'
import { describe, expect, test } from 'vitest'
import { formOf, sessionOf } from './fixtures/forms.ts'
import type { Session } from './session-types.ts'

const itext = `<itext>
<translation lang="English (en)" default="true()">
  <text id="roof"><value>Roof of <output value="/data/name"/></value><value form="image">jr://images/roof.jpg</value><value form="big-image">jr://images/roof-big.jpg</value><value form="audio">jr://audio/roof.mp3</value><value form="video">jr://video/roof.mp4</value></text>
  <text id="roof-hint"><value>Look from outside</value><value form="guidance">Thatch counts as grass.</value></text>
  <text id="iron"><value>Iron</value><value form="image">jr://images/iron.png</value></text>
  <text id="grass"><value>Grass</value></text>
  <text id="bad"><value>Not below <output value="/data/least"/></value></text>
</translation>
<translation lang="Kiswahili (sw)">
  <text id="roof"><value>Paa la <output value="/data/name"/></value><value form="image">jr://images/paa.jpg</value></text>
  <text id="roof-hint"><value>Tazama kutoka nje</value></text>
  <text id="iron"><value>Bati</value></text>
  <text id="grass"><value>Nyasi</value></text>
  <text id="bad"><value>Isiwe chini ya <output value="/data/least"/></value></text>
</translation></itext>`

const roofForm = formOf({
  instance: '<name/><least>3</least><roof/><count/><photo/><share/><wall/>',
  model: `${itext}<instance id="roofs"><root><item><itextId>iron</itextId><name>i</name></item><item><itextId>grass</itextId><name>g</name></item></root></instance>
<bind nodeset="/data/least" type="int"/><bind nodeset="/data/roof" required="true()"/>
<bind nodeset="/data/count" type="int" constraint=". &gt;= /data/least" jr:constraintMsg="jr:itext('bad')"/>
<bind nodeset="/data/photo" type="binary" orx:max-pixels="1024"/><bind nodeset="/data/share" type="int"/><bind nodeset="/data/wall" constraint=". != 'x'"/>`,
  body: `<input ref="/data/name"/><select1 ref="/data/roof" appearance="minimal"><label ref="jr:itext('roof')"/><hint ref="jr:itext('roof-hint')"/><itemset nodeset="instance('roofs')/root/item"><value ref="name"/><label ref="jr:itext(itextId)"/></itemset></select1>
<input ref="/data/count" rows="4"/><upload ref="/data/photo" mediatype="image/*" appearance="signature"/>
<range ref="/data/share" start="0" end="10" step="2" odk:tick-interval="5" odk:placeholder="4" appearance="vertical"/>
<select1 ref="/data/wall"><label>Wall</label><item><label ref="jr:itext('iron')"/><value>i</value></item><item><label>Other</label><value>x</value></item></select1>`,
})

const SW = 'Kiswahili (sw)'

describe('texts, pictures and guidance in the active language', () => {
  test('a question shows all that its itext holds', () => {
    const session = sessionOf(roofForm)
    unwrap(session.answer('name', 'Asha'))
    expect(session.question('roof')).toMatchObject({
      label: 'Roof of Asha',
      hint: 'Look from outside',
      guidance: 'Thatch counts as grass.',
      media: { image: 'roof.jpg', bigImage: 'roof-big.jpg', audio: 'roof.mp3', video: 'roof.mp4' },
      choices: [
        { value: 'i', label: 'Iron', media: { image: 'iron.png' } },
        { value: 'g', label: 'Grass' },
      ],
      control: 'select1',
      appearance: 'minimal',
    })
    expect(session.question('wall')?.choices).toEqual([
      { value: 'i', label: 'Iron', media: { image: 'iron.png' } },
      { value: 'x', label: 'Other' },
    ])
  })

  test('another language brings its own; what it lacks comes from the default language', () => {
    const session = sessionOf(roofForm, { language: SW })
    expect(session.question('roof')).toMatchObject({
      label: 'Paa la ',
      media: { image: 'paa.jpg' },
      guidance: 'Thatch counts as grass.',
      choices: [{ label: 'Bati' }, { label: 'Nyasi' }],
    })
    session.setLanguage('English (en)')
    expect(session.question('roof')?.label).toBe('Roof of ')
  })

  test('a control shows its type and parameters, without the prefixes of whoever named them', () => {
    const session = sessionOf(roofForm)
    expect(session.question('photo')).toMatchObject({
      control: 'upload',
      type: 'binary',
      mediaType: 'image/*',
      appearance: 'signature',
      parameters: { 'max-pixels': '1024' },
    })
    expect(session.question('share')).toMatchObject({
      control: 'range',
      range: { start: 0, end: 10, step: 2, tickInterval: 5, placeholder: 4 },
    })
    expect(session.question('count')).toMatchObject({ parameters: { rows: '4' } })
    expect(session.question('count')).not.toHaveProperty('range')
  })
})

describe('what is wrong, in words', () => {
  const messages = (session: Session, ref: string, value: string): readonly string[] =>
    unwrap(session.answer(ref, value)).violations.map(one => one.message)

  test('the form’s own messages carry answers and follow the language', () => {
    const session = sessionOf(roofForm)
    expect(messages(session, 'count', '2')).toEqual(['Not below 3'])
    session.setLanguage(SW)
    expect(messages(session, 'count', '2')).toEqual(['Isiwe chini ya 3'])
  })

  test('where the form says nothing the engine speaks the language of the form', () => {
    const session = sessionOf(roofForm, { language: SW })
    expect(messages(session, 'wall', 'x')).toEqual(['Jibu hili haliruhusiwi.'])
    expect(messages(session, 'count', 'two')[0]).toContain('nambari nzima')
    expect(messages(session, 'share', '3')[0]).toContain('kutoka 0 hadi 10')
    expect(session.violations()).toEqual([
      { ref: 'roof', kind: 'required', message: 'Swali hili lazima lijibiwe.', label: 'Paa la ' },
    ])
  })

  test.each([
    ['Français (fr)', 'Une réponse à cette question est obligatoire.'],
    ['Español', 'Esta pregunta debe responderse.'],
    ['pt-BR', 'Esta pergunta tem de ser respondida.'],
    ['العربية (ar)', 'يجب الإجابة عن هذا السؤال.'],
    ['Luganda (lg)', 'This question must be answered.'],
    ['default', 'This question must be answered.'],
  ])('in %s', (language, message) => {
    const form = formOf({
      instance: '<a/>',
      model: `<itext><translation lang="${language}"><text id="a"><value>A</value></text></translation></itext><bind nodeset="/data/a" required="true()"/>`,
      body: '<input ref="/data/a"><label ref="jr:itext(\'a\')"/></input>',
    })
    expect(
      sessionOf(form)
        .violations()
        .map(one => one.message),
    ).toEqual([message])
  })

  test('an installation may have words of its own', () => {
    const session = sessionOf(roofForm, { texts: { en: { required: 'Please answer.' }, lg: { required: 'Ddamu.' } } })
    expect(session.violations()[0]?.message).toBe('Please answer.')
    unwrap(session.answer('roof', 'i'))
    expect(messages(session, 'wall', 'x')).toEqual(['This answer is not allowed.'])
  })
})

describe('pages', () => {
  const nested = formOf({
    instance:
      '<a/><outer><b/><list><c/><deep><d/></deep></list><e/></outer><member><f/><visit><g/></visit></member><h/><sum/>',
    model:
      '<bind nodeset="/data/b"/><bind nodeset="/data/outer/b" required="true()"/><bind nodeset="/data/outer/list" relevant="/data/a != \'skip\'"/><bind nodeset="/data/member/f" type="int" constraint=". &gt; 0"/><bind nodeset="/data/sum" calculate="/data/a"/>',
    body: `<input ref="/data/a"/><group ref="/data/outer"><label>Outer</label><input ref="/data/outer/b"/><group ref="/data/outer/list" appearance="field-list w1"><label>List</label><input ref="/data/outer/list/c"/><group ref="/data/outer/list/deep"><label>Deep</label><input ref="/data/outer/list/deep/d"/></group></group><input ref="/data/outer/e"/></group><group ref="/data/member"><label>Member</label><repeat nodeset="/data/member"><input ref="/data/member/f"/><group ref="/data/member/visit"><label>Visit</label><repeat nodeset="/data/member/visit"><input ref="/data/member/visit/g"/></repeat></group></repeat></group><input ref="/data/h"/>`,
  })

  test('stand in order, each under the labels of what is around it; a field-list is one', () => {
    const session = sessionOf(nested)
    unwrap(session.addRepeat('member'))
    expect(session.pages().map(({ path, questions }) => `${path.join(' › ')}: ${questions.join(' ')}`)).toEqual([
      ': a',
      'Outer: outer/b',
      'Outer › List: outer/list/c outer/list/deep/d',
      'Outer: outer/e',
      'Member 1: member[1]/f',
      'Member 1 › Visit 1: member[1]/visit[1]/g',
      'Member 2: member[2]/f',
      'Member 2 › Visit 1: member[2]/visit[1]/g',
      ': h',
    ])
    expect(session.pageOf('outer/list/c')).toMatchObject({
      fieldList: true,
      appearance: 'field-list w1',
      label: 'List',
    })
  })

  test('lead on and back, past what is not asked', () => {
    const session = sessionOf(nested)
    const walk = (from: string, by: 1 | -1): readonly string[] => {
      const seen: string[] = []
      for (let page = session.pageBeside(from, by); page !== null; page = session.pageBeside(page.questions[0]!, by))
        seen.push(page.questions[0]!)
      return seen
    }
    expect(walk('a', 1)).toEqual(['outer/b', 'outer/list/c', 'outer/e', 'member[1]/f', 'member[1]/visit[1]/g', 'h'])
    unwrap(session.answer('a', 'skip'))
    expect(walk('h', -1)).toEqual(['member[1]/visit[1]/g', 'member[1]/f', 'outer/b', 'a'])
    expect(session.pageBeside('nowhere', 1)).toBeNull()
  })

  test('say what is still to do on each, and in all', () => {
    const session = sessionOf(nested, { answers: { 'member[1]/f': '-2', 'outer/list/c': 'x' } })
    const todo = Object.fromEntries(session.pages().map(page => [page.questions[0], page.progress]))
    expect(todo).toMatchObject({
      a: { answered: 0, relevant: 1, missing: 0, wrong: 0 },
      'outer/b': { answered: 0, relevant: 1, missing: 1, wrong: 0 },
      'outer/list/c': { answered: 1, relevant: 2, missing: 0, wrong: 0 },
      'member[1]/f': { answered: 1, relevant: 1, missing: 0, wrong: 1 },
    })
    expect(session.progress()).toEqual({ answered: 2, relevant: 8, missing: 1, wrong: 1 })
  })
})
