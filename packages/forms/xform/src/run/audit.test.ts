import { unwrap, type InstanceId } from '@murram/ground'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formOf, sessionOf } from '../fixtures/forms.ts'
import type { Form } from '../form.ts'
import type { AuditEvent, AuditEventName, Session } from '../session-types.ts'
import { auditCsv } from './audit-csv.ts'
import type { AuditSpec } from './audit-spec.ts'
import { createAuditTrace } from './audit.ts'

/** A form that asks for an audit trace with these parameters. */
const audited = (parameters: string): Form =>
  formOf({
    instance: '<name/><status/><home><rooms/><roof/></home><member><age/></member><meta><audit/></meta>',
    model: `<bind nodeset="/data/name" type="string"/><bind nodeset="/data/status" murram:sensitive="sealed"/><bind nodeset="/data/home/rooms" type="int" constraint=". &lt; 10"/><bind nodeset="/data/meta/audit" type="binary" ${parameters}/>`,
    body: '<input ref="/data/name"/><input ref="/data/status"/><group ref="/data/home" appearance="field-list"><input ref="/data/home/rooms"/><input ref="/data/home/roof"/></group><group ref="/data/member"><repeat nodeset="/data/member"><input ref="/data/member/age"/></repeat></group>',
  })

/** Seconds since the session began, in place of moments. */
function rowsOf(session: Session): readonly string[] {
  const [header = '', ...rows] = unwrap(session.finalise()).audit.trimEnd().split('\n')
  const first = Number(rows[0]!.split(',')[2])
  return [header, ...rows.map(row => row.replace(/\b17952480\d{5}\b/g, at => `${(Number(at) - first) / 1000}s`))]
}

describe('the columns are those that the form asks for', () => {
  const all =
    'odk:track-changes="true" odk:identify-user="true" odk:location-priority="balanced" odk:location-min-interval="60" odk:location-max-age="120" odk:track-changes-reasons="on-form-edit"'
  test.each([
    ['', 'event,node,start,end'],
    ['odk:track-changes="true"', 'event,node,start,end,old-value,new-value'],
    ['odk:identify-user="true"', 'event,node,start,end,user'],
    ['odk:track-changes-reasons="on-form-edit"', 'event,node,start,end,change-reason'],
    ['odk:location-priority="balanced" odk:location-max-age="120"', 'event,node,start,end'],
    [all, 'event,node,start,end,latitude,longitude,accuracy,old-value,new-value,user,change-reason'],
  ])('%s', (parameters, header) => {
    expect(rowsOf(sessionOf(audited(parameters), { username: 'asha' }))[0]).toBe(header)
  })
})

test('a submission names the file of its trace', () => {
  const done = unwrap(sessionOf(audited('')).finalise())
  expect(done.xml).toContain('<audit>audit.csv</audit>')
  expect(done.attachments).toEqual(['audit.csv'])
})

describe('what a screen tells becomes ODK’s events', () => {
  test('a question lasts from when it is looked at until another one is', () => {
    const session = sessionOf(audited('odk:track-changes="true"'))
    session.trace.enter('name')
    session.answer('name', 'Asha')
    session.answer('name', 'Asha, "A"')
    session.trace.enter('name')
    session.trace.note('jump')
    session.trace.enter('home')
    session.answer('home/rooms', '4')
    session.trace.note('end screen')
    session.trace.note('form save')
    expect(rowsOf(session)).toEqual([
      'event,node,start,end,old-value,new-value',
      'form start,,0s,,,',
      'question,/data/name,1s,2s,,"Asha, ""A"""',
      'jump,,3s,4s,,',
      'group questions,/data/home,5s,7s,,',
      'question,/data/home/rooms,5s,6s,,4',
      'end screen,,8s,10s,,',
      'form save,,9s,,,',
      'form finalize,,11s,,,',
    ])
  })

  test('without changes to track, the questions of a page are not told one by one', () => {
    const session = sessionOf(audited(''))
    session.trace.enter('home')
    session.answer('home/rooms', '4')
    session.trace.leave()
    expect(rowsOf(session).map(row => row.split(',')[0])).toEqual([
      'event',
      'form start',
      'group questions',
      'form finalize',
    ])
  })

  test('a screen that tells nothing still leaves the times and values of answers', () => {
    const session = sessionOf(audited('odk:track-changes="true"'))
    session.answer('name', 'Asha')
    session.answer('home/rooms', '11')
    unwrap(session.addRepeat('member'))
    unwrap(session.removeRepeat('member[1]'))
    expect(rowsOf(session).slice(2)).toEqual([
      'question,/data/name,0s,1s,,Asha',
      'constraint error,/data/home/rooms,2s,,,',
      'add repeat,/data/member[2],3s,4s,,',
      'delete repeat,/data/member[1],5s,,,',
      'form finalize,,6s,,,',
    ])
  })

  test('A2 a sealed answer leaves its times alone', () => {
    const session = sessionOf(audited('odk:track-changes="true"'))
    session.trace.enter('status')
    session.answer('status', 'positive')
    const rows = rowsOf(session)
    expect(rows[2]).toBe('question,/data/status,1s,2s,,')
    expect(JSON.stringify(session.draft().audit)).not.toContain('positive')
  })

  test('who fills in stands in each row, and must be somebody', () => {
    const form = audited('odk:identify-user="true"')
    const session = sessionOf(form)
    expect(session.finalise()).toMatchObject({ error: { fault: 'session.user-missing' } })
    session.trace.identify('Asha, east')
    session.trace.enter('name')
    expect(rowsOf(session)).toEqual([
      'event,node,start,end,user',
      'form start,,0s,,',
      'question,/data/name,1s,2s,"Asha, east"',
      'form finalize,,3s,,"Asha, east"',
    ])
  })

  test('an edit is finished once it is said why', () => {
    const form = audited('odk:track-changes-reasons="on-form-edit"')
    const edit = sessionOf(form, { deprecatedId: 'uuid:old' as InstanceId })
    expect(edit.finalise()).toMatchObject({ error: { fault: 'session.change-reason-missing' } })
    edit.trace.giveChangeReason(' ')
    expect(edit.finalise()).toMatchObject({ error: { fault: 'session.change-reason-missing' } })
    edit.trace.giveChangeReason('Called, and the name was wrong')
    expect(rowsOf(edit)).toContain('change reason,,1s,,"Called, and the name was wrong"')
    expect(sessionOf(form).finalise().ok).toBe(true)
  })
})

describe('A3 places', () => {
  const spec: AuditSpec = {
    trackChanges: false,
    identifyUser: false,
    changeReasons: false,
    location: { priority: 'balanced', minIntervalMs: 1000, maxAgeMs: 60_000 },
  }
  const fix = (latitude: number, accuracy: number, atMs: number) => ({ latitude, longitude: 36.5, accuracy, atMs })

  test('the most accurate fix that is young enough stands beside the event', () => {
    let nowMs = 0
    const audit = createAuditTrace({ now: () => nowMs, spec, user: '', earlier: [] })
    audit.note('form start')
    audit.locate(fix(-1, 12.5, 0))
    audit.locate(fix(-2, 40, 30_000))
    nowMs = 40_000
    audit.note('form save')
    nowMs = 70_000
    audit.note('form save')
    nowMs = 200_000
    audit.note('form exit')
    expect(auditCsv(audit.events(), spec)).toBe(
      'event,node,start,end,latitude,longitude,accuracy\nform start,,0,,,,\nform save,,40000,,-1,36.5,12.5\nform save,,70000,,-2,36.5,40\nform exit,,200000,,,,\n',
    )
  })

  test('what is looked at while the fix comes gets it at its end', () => {
    let nowMs = 0
    const audit = createAuditTrace({ now: () => nowMs, spec, user: '', earlier: [] })
    audit.enter('question', '/data/a')
    audit.locate(fix(-1, 12.5, 0))
    nowMs = 5
    audit.leave()
    expect(audit.events()).toMatchObject([{ endMs: 5, location: { latitude: -1 } }])
  })

  test('events about places are left out where the form asks for none', () => {
    const audit = createAuditTrace({ now: () => 0, spec: { ...spec, location: null }, user: '', earlier: [] })
    audit.note('location tracking enabled')
    audit.locate(fix(-1, 1, 0))
    audit.note('form save')
    expect(audit.events()).toEqual([{ event: 'form save', node: '', startMs: 0, endMs: null }])
  })
})

test('A1 times never go back, whatever the clock does, and what ends does not end before it began', () => {
  const call = fc.oneof(
    fc.record({ what: fc.constant('enter' as const), node: fc.constantFrom('/d/a', '/d/b') }),
    fc.record({ what: fc.constant('answer' as const), node: fc.constantFrom('/d/a', '/d/b') }),
    fc.record({ what: fc.constant('leave' as const), node: fc.constant('') }),
    fc.record({ what: fc.constant('note' as const), node: fc.constantFrom('', '/d/a') }),
  )
  const spec: AuditSpec = { trackChanges: true, identifyUser: false, changeReasons: false, location: null }
  fc.assert(
    fc.property(fc.array(fc.tuple(call, fc.integer({ min: -5000, max: 5000 })), { maxLength: 40 }), all => {
      let nowMs = 100_000
      const audit = createAuditTrace({ now: () => nowMs, spec, user: '', earlier: [] })
      const seen: AuditEvent[] = []
      for (const [{ what, node }, step] of all) {
        nowMs += step
        if (what === 'enter') audit.enter('question', node)
        else if (what === 'answer') audit.answered(node, 'x', `y${nowMs}`, true)
        else if (what === 'leave') audit.leave()
        else audit.note('form save' satisfies AuditEventName, node)
      }
      audit.leave()
      seen.push(...audit.events())
      expect(seen.every(({ startMs, endMs }) => endMs === null || endMs >= startMs)).toBe(true)
      expect(seen.every(({ startMs }, i) => i === 0 || startMs >= seen[i - 1]!.startMs)).toBe(true)
    }),
    { seed: 11, numRuns: 300 },
  )
})
