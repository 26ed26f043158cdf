import { unwrap, type InstanceId } from '@murram/ground'
import { describe, expect, test } from 'vitest'
import { entityWrite } from './entity-write.ts'
import { formOf, householdXml, sessionOf } from './fixtures/forms.ts'
import { compileXform } from './open-form.ts'
import { openSession } from './open-session.ts'
import type { Session } from './session-types.ts'

const household = unwrap(compileXform(householdXml()))
const begun = (): Session => {
  const session = sessionOf(household)
  answerAll(session, { 'consent_part/consent': 'yes' })
  return session
}

function answerAll(session: Session, answers: Readonly<Record<string, string>>): void {
  for (const [ref, value] of Object.entries(answers)) {
    const answered = unwrap(session.answer(ref, value))
    expect({ ref, ...answered }).toMatchObject({ ref, accepted: true })
  }
}

const COMPLETE = {
  'place/region': 'north',
  'place/district': 'hill',
  'consent_part/consent': 'yes',
  'home/rooms': '4',
  'member[1]/first': 'Asha "A", the first',
  'member[1]/age': '34',
} as const

describe('what an officer may enter', () => {
  test('a question that does not exist, is not asked, or is calculated is an error', () => {
    const session = sessionOf(household)
    expect(session.answer('nowhere', '1')).toMatchObject({ error: { fault: 'session.no-such-question' } })
    expect(session.answer('home', '1')).toMatchObject({ error: { fault: 'session.no-such-question' } })
    expect(session.answer('home/rooms', '1')).toMatchObject({ error: { fault: 'session.not-relevant' } })
    expect(session.answer('size', '1')).toMatchObject({ error: { fault: 'session.read-only' } })
  })

  test('a value of the wrong type is refused and says what is expected', () => {
    const session = begun()
    const answered = unwrap(session.answer('home/rooms', 'many'))
    expect(answered).toMatchObject({ accepted: false, changed: [], violations: [{ kind: 'type' }] })
    expect(answered.violations[0]?.message).toContain('a whole number')
    expect(session.question('home/rooms')?.value).toBe('2')
    expect(unwrap(session.answer('home/since', '2026-02-30')).accepted).toBe(false)
    expect(unwrap(session.answer('home/since', '2026-02-28')).accepted).toBe(true)
  })

  test('what breaks its own constraint is refused, with the message in the active language', () => {
    const session = begun()
    expect(unwrap(session.answer('home/rooms', '21'))).toMatchObject({
      accepted: false,
      violations: [{ ref: 'home/rooms', kind: 'constraint', message: 'From 0 to 20.' }],
    })
    session.setLanguage('Swahili (sw)')
    expect(unwrap(session.answer('home/rooms', '21')).violations[0]?.message).toBe('Kutoka 0 hadi 20.')
    expect(session.question('home/rooms')).toMatchObject({ value: '2', label: 'Vyumba' })
  })

  test('a constraint may read what its answer itself changes', () => {
    const form = formOf({
      instance: '<a/><b>3</b><total/>',
      model:
        '<bind nodeset="/data/a" type="int" constraint="/data/total &lt;= 10"/><bind nodeset="/data/b" type="int"/><bind nodeset="/data/total" calculate="number(/data/a) + /data/b"/>',
      body: '<input ref="/data/a"/><input ref="/data/b"/>',
    })
    const session = sessionOf(form)
    expect(unwrap(session.answer('a', '7')).accepted).toBe(true)
    expect(unwrap(session.answer('a', '8')).accepted).toBe(false)
    expect(session.answers()).toMatchObject({ a: '7', total: '10' })
  })

  test('an answer may break the constraint of another question, which is then named', () => {
    const session = begun()
    answerAll(session, { 'home/sleeping': '2' })
    expect(unwrap(session.answer('home/rooms', '1'))).toMatchObject({
      accepted: true,
      violations: [{ ref: 'home/sleeping', kind: 'constraint' }],
    })
  })

  test('a choice that is not offered is refused; several are kept in the order of the list', () => {
    const session = begun()
    answerAll(session, { 'place/region': 'north' })
    expect(unwrap(session.answer('place/district', 'coast'))).toMatchObject({
      accepted: false,
      violations: [{ kind: 'type' }],
    })
    answerAll(session, { 'home/assets': 'phone radio' })
    expect(session.question('home/assets')?.value).toBe('radio phone')
    expect(unwrap(session.answer('home/assets', 'radio none')).violations[0]?.message).toBe('None stands alone.')
  })
})

describe('what follows from an answer', () => {
  test('a choice that the filter no longer offers is taken away, and so is what hung on it', () => {
    const session = sessionOf(household)
    answerAll(session, { 'place/region': 'north', 'place/district': 'hill', 'place/village': 'lower' })
    expect(session.question('place/village')?.choices.map(choice => choice.value)).toEqual(['upper', 'lower'])
    const { changed } = unwrap(session.answer('place/region', 'south'))
    expect(changed).toContainEqual({ ref: 'place/district', kind: 'value' })
    expect(changed).toContainEqual({ ref: 'place/village', kind: 'value' })
    expect(changed).toContainEqual({ ref: 'place/district', kind: 'choices' })
    expect(session.answers()).toMatchObject({ 'place/region': 'south', 'place/district': '', 'place/village': '' })
  })

  test('what is not asked is kept in memory, and left out of answers and of what others read', () => {
    const session = begun()
    answerAll(session, { 'home/rooms': '5', 'home/plot': '10' })
    expect(session.answers()['home/plot_ha']).toBe('4.05')
    const { changed } = unwrap(session.answer('home/rooms', '2'))
    expect(changed).toContainEqual({ ref: 'home/plot', kind: 'relevance' })
    expect(session.answers()).not.toHaveProperty('home/plot')
    expect(session.answers()['home/plot_ha']).toBe('')
    answerAll(session, { 'home/rooms': '5' })
    expect(session.answers()).toMatchObject({ 'home/plot': '10', 'home/plot_ha': '4.05' })
  })

  test('an answer in one row recomputes that row and the sums over all', () => {
    const session = begun()
    expect(unwrap(session.addRepeat('member'))).toBe('member[2]')
    const { changed } = unwrap(session.answer('member[2]/age', '9'))
    expect(changed).toContainEqual({ ref: 'member[2]/is_child', kind: 'value' })
    expect(changed.some(({ ref }) => ref.startsWith('member[1]/'))).toBe(false)
    expect(session.answers()).toMatchObject({ size: '2', children: '1', oldest: '9', crowding: '1' })
    unwrap(session.removeRepeat('member[1]'))
    expect(session.answers()).toMatchObject({ size: '1', 'member[1]/age': '9', 'member[1]/number': '1' })
  })

  test('a row may read the row before it', () => {
    const form = formOf({
      instance: '<row><paid/><balance/></row>',
      model:
        '<bind nodeset="/data/row/paid" type="int"/><bind nodeset="/data/row/balance" calculate="number(../paid) + coalesce(../../row[position() = position(current()/..) - 1]/balance, 0)"/>',
      body: '<repeat nodeset="/data/row"><input ref="/data/row/paid"/></repeat>',
    })
    const session = sessionOf(form)
    for (const paid of ['1', '2', '3', '4']) {
      const row = paid === '1' ? 'row[1]' : unwrap(session.addRepeat('row'))
      answerAll(session, { [`${row}/paid`]: paid })
    }
    expect(session.answers()['row[4]/balance']).toBe('10')
    answerAll(session, { 'row[1]/paid': '5' })
    expect(session.answers()['row[4]/balance']).toBe('14')
    unwrap(session.removeRepeat('row[2]'))
    expect(session.answers()['row[3]/balance']).toBe('12')
  })

  test('a repeat that is not asked offers no rows, and takes none', () => {
    const session = sessionOf(household)
    expect(session.repeats()).toEqual([])
    expect(session.addRepeat('member')).toMatchObject({ error: { fault: 'session.not-relevant' } })
    answerAll(session, { 'consent_part/consent': 'yes' })
    unwrap(session.removeRepeat('member[1]'))
    expect(session.repeats()).toMatchObject([{ ref: 'member', count: 0, canAdd: true }])
    expect(unwrap(session.addRepeat('member'))).toBe('member[1]')
  })

  test('what is drawn once is not drawn anew while it is not asked', () => {
    const form = formOf({
      instance: '<a>1</a><b/>',
      model: '<bind nodeset="/data/b" calculate="once(concat(uuid(), /data/a))" relevant="/data/a = 1"/>',
      body: '<input ref="/data/a"/>',
    })
    const session = sessionOf(form)
    const drawn = session.answers()['b']
    answerAll(session, { a: '2' })
    answerAll(session, { a: '1' })
    expect(session.answers()['b']).toBe(drawn)
  })

  test('a form that counts its rows makes and removes them, and nobody else does', () => {
    const session = begun()
    answerAll(session, { 'member[1]/age': '30', 'member[1]/jobs': '2' })
    expect(session.repeats()).toContainEqual({ ref: 'member[1]/job', count: 2, canAdd: false, label: 'Job' })
    expect(session.addRepeat('member[1]/job')).toMatchObject({ error: { fault: 'session.read-only' } })
    answerAll(session, { 'member[1]/job[2]/income': '6', 'member[1]/jobs': '' })
    // A cleared count deletes nothing.
    expect(session.answers()['member[1]/earned']).toBe('6')
    answerAll(session, { 'member[1]/jobs': '1' })
    expect(session.answers()).not.toHaveProperty('member[1]/job[2]/income')
  })
})

describe('what a screen shows', () => {
  test('pages follow groups and rows, and only what is asked now', () => {
    const session = begun()
    answerAll(session, { 'member[1]/age': '8' })
    expect(session.pages().map(page => [page.ref, page.label, page.questions.length])).toEqual([
      ['place', 'Place', 5],
      ['consent_part', 'Consent', 1],
      ['home', 'Home', 5],
      ['member[1]', 'Member 1', 3],
      ['', 'Household', 1],
    ])
    session.setLanguage('Swahili (sw)')
    expect(session.pages()[0]?.label).toBe('Mahali')
    expect(session.question('consent_part/consent')?.choices).toEqual([
      { value: 'yes', label: 'Ndiyo' },
      { value: 'no', label: 'Hapana' },
    ])
  })

  test('labels carry answers; required follows its condition; progress counts what can be answered', () => {
    const session = begun()
    answerAll(session, { 'member[1]/first': 'Asha', 'member[1]/age': '9' })
    expect(session.question('member[1]/age')?.label).toBe('Age of Asha')
    expect(session.question('member[1]/school')).toMatchObject({ required: true, repeat: 'member[1]' })
    expect(session.violations().map(({ ref, kind }) => `${ref} ${kind}`)).toEqual([
      'place/region required',
      'place/district required',
      'member[1]/school required',
    ])
    const { answered, relevant } = session.progress()
    expect(answered).toBeLessThan(relevant)
  })
})

describe('drafts, edits and what is sent', () => {
  test('an interview with violations is not finalised, and says which', () => {
    const refused = begun().finalise()
    expect(refused).toMatchObject({ ok: false, error: { fault: 'session.violations' } })
    expect(refused.ok ? '' : refused.error.detail).toContain('place/region')
  })

  test('a finalised interview is whole, and closed', () => {
    const session = sessionOf(household, { deviceId: 'device-7' })
    answerAll(session, COMPLETE)
    const done = unwrap(session.finalise())
    expect(done).toMatchObject({ formId: 'household', version: '2026112101', instanceId: session.instanceId })
    expect(done.answers).toMatchObject({ device: 'device-7', size: '1', 'meta/instanceID': session.instanceId })
    expect(done.xml).toContain('<first>Asha "A", the first</first>'.replaceAll('"', '&quot;'))
    expect(done.xml).not.toContain('<plot_ha>4')
    expect(session.answer('place/region', 'south')).toMatchObject({ error: { fault: 'session.finalised' } })
    expect(session.finalise()).toMatchObject({ error: { fault: 'session.finalised' } })
  })

  test('the audit trace has ODK columns, one event a question, and quotes what needs it', () => {
    const session = sessionOf(household)
    answerAll(session, { ...COMPLETE, 'member[1]/age': '35' })
    unwrap(session.answer('home/rooms', '99'))
    const [header, start, ...events] = unwrap(session.finalise()).audit.trimEnd().split('\n')
    expect(header).toBe('event,node,start,end,old-value,new-value')
    expect(start).toMatch(/^form start,,\d+,,,$/)
    const first = events.find(line => line.includes('/first'))
    expect(first).toMatch(/^question,\/data\/member\[1\]\/first,\d{13},\d{13},,"Asha ""A"", the first"$/)
    expect(events.some(line => line.startsWith('constraint error,/data/home/rooms,'))).toBe(true)
    expect(events.at(-1)).toMatch(/^form finalize,,/)
  })

  test('an edit keeps what was answered, rows included, and names what it replaces', () => {
    const first = sessionOf(household)
    answerAll(first, COMPLETE)
    unwrap(first.addRepeat('member'))
    answerAll(first, { 'member[2]/first': 'Juma', verified: 'yes' })
    const before = unwrap(first.finalise())
    const edit = sessionOf(household, {
      answers: before.answers,
      deprecatedId: before.instanceId,
      instanceId: 'uuid:bbbbbbbb-0000-4000-8000-000000000000' as InstanceId,
    })
    const { 'meta/instanceID': ownId, ...kept } = edit.answers()
    const { 'meta/instanceID': formerId, ...former } = before.answers
    expect(kept).toEqual(former)
    expect(ownId).not.toBe(formerId)
    expect(unwrap(edit.finalise()).xml).toContain(`<deprecatedID>${formerId}</deprecatedID>`)
  })

  test('a value of the wrong type that an edit brings is a violation', () => {
    const edit = sessionOf(household, { answers: { ...COMPLETE, 'home/rooms': 'four' } })
    expect(edit.violations()).toMatchObject([{ ref: 'home/rooms', kind: 'type' }])
  })

  test('a preset fills in what it names and leaves the form its first-load events', () => {
    const preset = sessionOf(household, { answers: { 'place/region': 'south', 'meta/entity@id': 'e1', unknown: 'x' } })
    expect(preset.answers()).toMatchObject({
      'place/region': 'south',
      'meta/entity@id': 'e1',
      'place/note_text': 'in 2026',
    })
  })

  test('a draft of another version, or no draft at all, is refused', () => {
    const draft = sessionOf(household).draft()
    const options = { now: () => 0 as never, uuid: () => '', random: () => 0 }
    expect(openSession(household, { ...options, draft: { ...draft, version: '1' } })).toMatchObject({
      error: { fault: 'draft.malformed' },
    })
    expect(openSession(household, { ...options, draft: { format: 1 } as never })).toMatchObject({
      error: { fault: 'draft.malformed' },
    })
  })

  test('an entity is written from what was saved to it', () => {
    const session = sessionOf(household)
    answerAll(session, COMPLETE)
    const { answers } = unwrap(session.finalise())
    expect(household.entity).toEqual({
      dataset: 'households',
      saveTo: { 'place/region': 'region', 'home/assets': 'assets', size: 'size' },
    })
    expect(entityWrite(household, answers)).toEqual({
      source: '',
      dataset: 'households',
      entityId: answers['meta/entity@id'],
      action: 'create',
      label: 'Household in north',
      set: { region: 'north', assets: '', size: '1' },
    })
    const follow = sessionOf(household, {
      answers: { 'meta/entity@create': '0', 'meta/entity@update': '1', 'meta/entity@id': 'e1' },
    })
    expect(entityWrite(household, follow.answers())).toMatchObject({ action: 'update', entityId: 'e1' })
    expect(entityWrite(household, { ...answers, 'meta/entity@create': '' })).toBeNull()
  })
})
