/**
 * Forms as converters other than ours write them, one habit a test. What this engine does not
 * do is said in `form.warnings` or refused; nothing is left out in silence.
 */
import { unwrap } from '@murram/ground'
import { describe, expect, test } from 'vitest'
import { formOf, sessionOf, xformOf } from './fixtures/forms.ts'
import { compileXform, loadProgram } from './open-form.ts'

const detailOf = (parts: Parameters<typeof xformOf>[0]): string => {
  const compiled = compileXform(xformOf(parts))
  return compiled.ok ? '' : (compiled.error.detail ?? '')
}

describe('binds and paths', () => {
  test('a control, a group and a repeat may name their node by the id of its bind', () => {
    const form = formOf({
      instance: '<g><a/></g><r><b/></r>',
      model:
        '<bind id="g" nodeset="/data/g"/><bind id="a" nodeset="/data/g/a" type="int"/><bind id="r" nodeset="/data/r"/>',
      body: '<group bind="g"><input bind="a"/></group><repeat bind="r"><input ref="/data/r/b"/></repeat>',
    })
    expect(form.questions.map(({ path, kind, repeat }) => [path, kind, repeat])).toEqual([
      ['g/a', 'integer', null],
      ['r/b', 'text', 'r'],
    ])
  })

  test('references may be relative to what is around them, with prefixes, and binds may be nested', () => {
    const form = formOf({
      instance: '<g><a/><b/></g>',
      model: '<bind nodeset="g"><bind ref="a" type="int"/></bind><bind ref="/data/g/b" type="date"/>',
      body: '<group ref="/data/g"><input ref="a"/><input ref="../g/b"/></group>',
    })
    expect(form.questions.map(({ path, kind }) => [path, kind])).toEqual([
      ['g/a', 'integer'],
      ['g/b', 'date'],
    ])
  })

  test('two binds of a node are one, unless they say two things', () => {
    const instance = '<a/>'
    const model = '<bind nodeset="/data/a" type="int"/><bind nodeset="/data/a" constraint=". &lt; 5"/>'
    const session = sessionOf(formOf({ instance, model, body: '<input ref="/data/a"/>' }))
    expect(unwrap(session.answer('a', 'x')).accepted).toBe(false)
    expect(unwrap(session.answer('a', '7')).accepted).toBe(false)
    expect(detailOf({ instance, model: `${model}<bind nodeset="/data/a" type="date"/>` })).toContain('type')
    expect(
      detailOf({ instance: '<a/><b/>', model: '<bind id="x" nodeset="/data/a"/><bind id="x" nodeset="/data/b"/>' }),
    ).toContain('two binds called x')
  })

  test('a value calculated from itself alone stays what it is; from itself and more, it is a circle', () => {
    const form = formOf({ instance: '<a>7</a>', model: '<bind nodeset="/data/a" calculate=" . "/>' })
    expect(sessionOf(form).answers()).toMatchObject({ a: '7' })
    const circle = compileXform(xformOf({ instance: '<a/>', model: '<bind nodeset="/data/a" calculate=". + 1"/>' }))
    expect(circle).toMatchObject({ ok: false, error: { fault: 'xform.cycle' } })
  })

  test('a bind of a node that is not there does nothing and is told', () => {
    const form = formOf({ instance: '<a/>', model: '<bind nodeset="/data/gone" calculate="1"/>' })
    expect(form.warnings.join()).toContain('/data/gone')
  })

  test('true and false without brackets are what they say', () => {
    const form = formOf({
      instance: '<a/><b/>',
      model: '<bind nodeset="/data/a" required="true"/><bind nodeset="/data/b" readonly="true" relevant="false"/>',
      body: '<input ref="/data/a"/><input ref="/data/b"/>',
    })
    expect(form.questions.map(question => [question.required, question.readOnly])).toEqual([
      [true, false],
      [false, true],
    ])
    expect(sessionOf(form).question('b')?.relevant).toBe(false)
  })

  test('what a bind or a control says to a screen is kept', () => {
    const { nodes } = formOf({
      instance: '<photo/>',
      model: '<bind nodeset="/data/photo" type="binary" orx:max-pixels="1024"/>',
      body: '<upload ref="/data/photo" mediatype="image/*" accept="x"/>',
    }).program
    expect(nodes.find(({ name }) => name === 'photo')).toMatchObject({
      extras: { 'orx:max-pixels': '1024' },
      control: { mediaType: 'image/*', extras: { accept: 'x' } },
    })
  })
})

describe('relevance of a group by what is inside it', () => {
  const form = formOf({
    instance: '<inputs><source>user</source><name/></inputs><after/>',
    model: `<bind nodeset="/data/inputs" relevant="./source = 'user'"/>`,
    body: '<group ref="/data/inputs"><input ref="/data/inputs/source"/><input ref="/data/inputs/name"/></group><input ref="/data/after"/>',
  })

  test('is no circle: it reads what is held there, and the form says so', () => {
    expect(form.warnings.join()).toContain('inputs')
    const session = sessionOf(form)
    expect(session.question('inputs/name')?.relevant).toBe(true)
    unwrap(session.answer('inputs/source', 'other'))
    expect(session.question('inputs/name')?.relevant).toBe(false)
    expect(Object.keys(session.answers()).filter(ref => ref.startsWith('inputs'))).toEqual([])
    const again = sessionOf(form, { draft: session.draft() })
    expect(again.question('inputs/name')?.relevant).toBe(false)
  })

  test('two groups that wait for each other still are one', () => {
    const fault = compileXform(
      xformOf({
        instance: '<g><a/></g><h><b/></h>',
        model: '<bind nodeset="/data/g" relevant="/data/h/b = 1"/><bind nodeset="/data/h" relevant="/data/g/a = 1"/>',
      }),
    )
    expect(fault).toMatchObject({ ok: false, error: { fault: 'xform.cycle' } })
  })
})

describe('the instance', () => {
  test('comments, CDATA and processing instructions are no answers', () => {
    const form = formOf({
      instance: '<!-- x --><a>1<!-- y --><![CDATA[<2>]]></a><?pi z?>',
      body: '<input ref="/data/a"/>',
    })
    expect(sessionOf(form).question('a')?.value).toBe('1<2>')
  })

  test('attributes come out as they went in; one that the form sets holds an answer', () => {
    const form = formOf({
      instance: '<a kind="x" murram:note="y"/><b code=""/>',
      model: '<bind nodeset="/data/b/@code" calculate="1 + 1"/>',
    })
    const finalised = unwrap(sessionOf(form).finalise())
    expect(finalised.xml).toContain('<a kind="x" murram:note="y"/><b code="2"/>')
    expect(finalised.answers).toMatchObject({ 'b@code': '2' })
    expect(Object.keys(finalised.answers)).not.toContain('a@kind')
  })

  test('an element that stands there twice and is no repeat is read as one, and told', () => {
    const form = formOf({ instance: '<g><a/></g><g><b>2</b></g>' })
    expect(form.warnings.join()).toContain('/data/g')
    expect(form.questions.map(({ path }) => path)).toEqual(['g/a', 'g/b'])
  })

  test('a form without a place for an instanceID still submits one', () => {
    const bare = xformOf({ instance: '<a/>' }).replace(/<orx:meta>.*?<\/orx:meta>/, '')
    const { xml } = unwrap(sessionOf(unwrap(compileXform(bare))).finalise())
    expect(xml).toContain('<orx:instanceID>uuid:aaaaaaaa-0000-4000-8000-000000000000</orx:instanceID>')
  })

  test('several models are read as one', () => {
    const xml = xformOf({ instance: '<a/>', body: '<input ref="/data/a"/>' }).replace(
      '</model>',
      '</model><model><bind nodeset="/data/a" type="int"/></model>',
    )
    expect(unwrap(compileXform(xml)).questions[0]?.kind).toBe('integer')
  })
})

describe('repeats', () => {
  test('rows that the form forbids to add cannot be added', () => {
    const form = formOf({
      instance: '<r><a/></r><r><a/></r>',
      body: '<group ref="/data/r"><repeat nodeset="/data/r" jr:noAddRemove="true()"><input ref="/data/r/a"/></repeat></group>',
    })
    expect(sessionOf(form).repeats()).toMatchObject([{ ref: 'r', count: 2, canAdd: false }])
  })

  test('rows that the form counts are new rows: their events are raised once each', () => {
    const form = formOf({
      instance: '<n/><r jr:template=""><id/></r>',
      model: '<bind nodeset="/data/n" type="int"/>',
      body: '<input ref="/data/n"/><repeat nodeset="/data/r" jr:count="/data/n"><setvalue event="odk-new-repeat" ref="/data/r/id" value="uuid()"/><input ref="/data/r/id"/></repeat>',
    })
    const session = sessionOf(form)
    unwrap(session.answer('n', '2'))
    const ids = [session.question('r[1]/id')?.value, session.question('r[2]/id')?.value]
    expect(new Set(ids).size).toBe(2)
    unwrap(session.answer('n', '3'))
    expect([session.question('r[1]/id')?.value, session.question('r[2]/id')?.value]).toEqual(ids)
    expect(session.question('r[3]/id')?.value).toMatch(/^00000000/)
    expect(sessionOf(form, { draft: session.draft() }).draft().values).toEqual(session.draft().values)
  })
})

describe('texts', () => {
  const form = formOf({
    instance: '<a/>',
    model: `<itext><translation lang="en" default="true()"><text id="a"><value>Roof</value><value form="image">jr://images/roof.jpg</value><value form="guidance">Look *up*</value></text><text id="b"><value form="short">B</value><value form="long">Long B</value></text></translation></itext>`,
    body: `<select1 ref="/data/a"><label ref="jr:itext('a')"/><item><label ref="jr:itext('b')"/><value>b</value></item></select1>`,
  })

  test('media and guidance are kept beside the text, and files are named', () => {
    expect(form.program.textForms).toMatchObject({
      en: { a: { image: ['jr://images/roof.jpg'], guidance: ['Look *up*'] } },
    })
    expect(form.attachments).toEqual(['roof.jpg'])
  })

  test('a text that has only a long and a short form is read by its long one', () => {
    expect(form.questions[0]?.choices('en')).toEqual([{ value: 'b', label: 'Long B' }])
  })
})

describe('controls', () => {
  test('every control of the body is a question, and what is none is told', () => {
    const names = ['input', 'secret', 'textarea', 'upload', 'trigger', 'range', 'select', 'select1', 'odk:rank']
    const form = formOf({
      instance: names.map((_, i) => `<q${i}/>`).join(''),
      body: `${names.map((name, i) => `<${name} ref="/data/q${i}"/>`).join('')}<submit/>`,
    })
    expect(sessionOf(form).questions()).toHaveLength(names.length)
    expect(form.warnings.join()).toContain('<submit>')
  })

  test('a node that two controls ask is asked once, and told', () => {
    const form = formOf({
      instance: '<a/>',
      body: '<input ref="/data/a"><label>One</label></input><input ref="/data/a"/>',
    })
    expect(
      sessionOf(form)
        .questions()
        .map(({ label }) => label),
    ).toEqual(['One'])
    expect(form.warnings.join()).toContain('asked twice')
  })

  test('a copying itemset stores the text and tells it', () => {
    const form = formOf({
      instance: '<a/>',
      model: '<instance id="l"><root><item><n>x</n></item></root></instance>',
      body: `<select1 ref="/data/a"><itemset nodeset="instance('l')/root/item"><label ref="n"/><copy ref="n"/></itemset></select1>`,
    })
    const session = sessionOf(form)
    expect(unwrap(session.answer('a', 'x')).accepted).toBe(true)
    expect(form.warnings.join()).toContain('not copied')
  })

  test('the order of a ranking is the answer', () => {
    const items = ['x', 'y', 'z'].map(one => `<item><label>${one}</label><value>${one}</value></item>`).join('')
    const form = formOf({
      instance: '<a/>',
      body: `<odk:rank ref="/data/a">${items}</odk:rank>`,
    })
    const session = sessionOf(form)
    unwrap(session.answer('a', 'z x y'))
    expect(session.question('a')?.value).toBe('z x y')
  })
})

describe('actions and events', () => {
  test('older names of events are known, unknown ones and unknown actions are told', () => {
    const form = formOf({
      instance: '<a/><b/><c/>',
      model:
        '<setvalue event="xforms-ready" ref="/data/a">1</setvalue><setvalue event="no-such" ref="/data/b" value="2"/><odk:recordaudio event="odk-instance-load" ref="/data/c"/>',
    })
    expect(sessionOf(form).answers()).toMatchObject({ a: '1', b: '' })
    expect(form.warnings).toHaveLength(2)
  })

  test('actions inside an action share its event, and may name a bind', () => {
    const form = formOf({
      instance: '<a/><b/>',
      model:
        '<bind id="b" nodeset="/data/b"/><action event="odk-instance-first-load"><setvalue ref="/data/a" value="1"/><setvalue bind="b" value="2"/></action>',
    })
    expect(sessionOf(form).answers()).toMatchObject({ a: '1', b: '2' })
  })

  test('a place is asked of the device, at a load and after a change', () => {
    const form = formOf({
      instance: '<here/><a/><there/>',
      model: '<odk:setgeopoint event="odk-instance-first-load" ref="/data/here"/>',
      body: '<input ref="/data/a"><odk:setgeopoint event="xforms-value-changed" ref="/data/there"/></input>',
    })
    const session = sessionOf(form, { location: () => '1 36.8 0 5' })
    expect(session.answers()).toMatchObject({ here: '1 36.8 0 5', there: '' })
    unwrap(session.answer('a', 'x'))
    expect(session.answers()).toMatchObject({ there: '1 36.8 0 5' })
    expect(sessionOf(form).answers()).toMatchObject({ here: '' })
  })

  test('what is set at every load is set again when a draft is opened', () => {
    const form = formOf({
      instance: '<first/><every/>',
      model:
        '<setvalue event="odk-instance-first-load" ref="/data/first" value="now()"/><setvalue event="odk-instance-load" ref="/data/every" value="now()"/>',
    })
    const draft = sessionOf(form).draft()
    const later = sessionOf(form, { draft, now: () => 1_895_248_000_000 as never })
    expect(later.answers()['first']).toBe(draft.values['first'])
    expect(later.answers()['every']).not.toBe(draft.values['every'])
  })

  test('what the device knows is filled in, and an unknown preload is told', () => {
    const form = formOf({
      instance: '<phone/><device/><other/>',
      model:
        '<bind nodeset="/data/phone" jr:preload="property" jr:preloadParams="phonenumber"/><bind nodeset="/data/device" jr:preload="property" jr:preloadParams="uri:deviceid"/><bind nodeset="/data/other" jr:preload="patient" jr:preloadParams="id"/>',
    })
    const session = sessionOf(form, { deviceId: 'd1', properties: { phonenumber: '+254' } })
    expect(session.answers()).toMatchObject({ phone: '+254', device: 'd1', other: '' })
    expect(form.warnings.join()).toContain('patient')
  })
})

test('where a form is to be sent is read', () => {
  const form = formOf({
    instance: '<a/>',
    model:
      '<submission action="https://a.org/s" method="post" base64RsaPublicKey="AB CD" orx:auto-send="true" orx:auto-delete="false"/>',
  })
  expect(form.program.submission).toEqual({
    action: 'https://a.org/s',
    method: 'post',
    publicKey: 'ABCD',
    autoSend: true,
    autoDelete: false,
  })
})

test('a program of the first format is refused with what to do', () => {
  expect(loadProgram({ format: 1, nodes: [] })).toMatchObject({
    ok: false,
    error: { detail: expect.stringContaining('publish') },
  })
})
