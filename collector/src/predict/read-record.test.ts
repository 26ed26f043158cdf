import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { compileXform, inWords, readingOf } from '@murram/xform'
import { createRecordReader } from './read-record.ts'

const form = unwrap(
  compileXform(`<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
<h:head><h:title>Household</h:title><model>
  <instance><data id="household" version="3">
    <home><roof/><rooms/><assets/><name/></home><head><name/></head><roster><age/></roster>
  </data></instance>
  <bind nodeset="/data/home/roof" type="select1"/><bind nodeset="/data/home/rooms" type="int"/>
  <bind nodeset="/data/home/assets" type="select"/><bind nodeset="/data/home/name" type="string"/>
  <bind nodeset="/data/head/name" type="string"/><bind nodeset="/data/roster/age" type="int"/>
</model></h:head>
<h:body>
  <select1 ref="/data/home/roof"><label>Roof</label>
    <item><label>Thatch</label><value>thatch</value></item><item><label>Iron</label><value>iron</value></item></select1>
  <input ref="/data/home/rooms"><label>Rooms</label></input>
  <select ref="/data/home/assets"><label>Assets</label>
    <item><label>Radio</label><value>radio</value></item><item><label>Bicycle</label><value>bicycle</value></item></select>
  <input ref="/data/home/name"><label>Name of the home</label></input>
  <input ref="/data/head/name"><label>Name of its head</label></input>
  <group ref="/data/roster"><label>Roster</label><repeat nodeset="/data/roster">
    <input ref="/data/roster/age"><label>Age</label></input></repeat></group>
</h:body></h:html>`),
)
const read = createRecordReader(form)
const linesOf = (record: unknown) => {
  const refused = read(record)
  return refused.ok ? 'taken' : (refused.error.data as { readonly lines?: unknown }).lines
}

test('RR1 answers by name or by path, as texts, numbers and lists', () => {
  expect(
    unwrap(read({ roof: 'thatch', 'home/rooms': 2, assets: ['radio', 'bicycle'], 'head/name': 'Akello' })),
  ).toEqual({
    'home/roof': 'thatch',
    'home/rooms': '2',
    'home/assets': 'radio bicycle',
    'head/name': 'Akello',
  })
  expect(unwrap(read({ assets: 'radio bicycle', 'roster[2]/age': '7' }))).toEqual({
    'home/assets': 'radio bicycle',
    'roster[2]/age': '7',
  })
})

test('RR1, RR3 what the form does not know is refused by name, all at once', () => {
  const record = {
    rof: 'thatch',
    name: 'Akello',
    age: 7,
    roof: 'straw',
    rooms: 'two',
    assets: ['radio', 'car'],
    'home/name': { first: 'A' },
  }
  expect(linesOf(record)).toEqual([
    'rof is no question of household 3',
    'name are several questions: say home/name or head/name',
    'age is asked several times: say which, as roster[1]/age',
    'roof is thatch, iron; not "straw"',
    'rooms is no number: "two"',
    'assets is radio, bicycle; not "car"',
    'home/name is neither a text, a number nor a list of them',
  ])
  expect(linesOf({ rooms: 2.5 })).toEqual(['rooms is no whole number'])
  expect(linesOf({ roof: ['thatch'] })).toEqual(['roof takes one answer, not a list'])
  expect(linesOf({ rooms: 2, 'home/rooms': 3 })).toEqual(['home/rooms is given twice, by name and by path'])
})

test('RR3 many problems are counted, and a long name is told by how it begins', () => {
  const names = Array.from({ length: 4_000 }, (_, i) => [`n${i}`, 1])
  const refused = read(Object.fromEntries(names))
  expect(refused).toMatchObject({
    error: { detail: expect.stringMatching(/n9 is no question.* and 3990 more$/) as string },
  })
  expect(linesOf(Object.fromEntries(names))).toHaveLength(10)
  expect(linesOf({ ['n'.repeat(1e6)]: 1 })).toEqual([`${'n'.repeat(60)}… is no question of household 3`])
  expect(read(Object.fromEntries([...names, ...names.map(([name]) => [`x${name}`, 1])]))).toMatchObject({
    error: { detail: 'it has 8000 answers, at most 5000 are read' },
  })
})

test('RR4 a question may be called what JavaScript calls its own; what is not asked is no question', () => {
  const other = unwrap(
    compileXform(`<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
<h:head><h:title>H</h:title><model><instance><data id="h" version="1"><constructor/><toString/></data></instance>
<bind nodeset="/data/constructor" type="int"/><bind nodeset="/data/toString" type="string"/></model></h:head>
<h:body><input ref="/data/constructor"><label>Who built it</label></input>
<input ref="/data/toString"><label>A string</label></input></h:body></h:html>`),
  )
  const answers = unwrap(createRecordReader(other)({ constructor: 3 }))
  expect([...readingOf(other).byName(answers)]).toEqual([
    ['constructor', '3'],
    ['toString', ''],
  ])
  expect([...readingOf(other).byName({})].map(([, answer]) => answer)).toEqual(['', ''])
  expect(inWords(other, {}, 'en')('toString').answer).toBe('')
  for (const name of ['__proto__', 'valueOf', 'hasOwnProperty'])
    expect(linesOf(JSON.parse(`{"${name}":"x"}`))).toEqual([`${name} is no question of household 3`])
})

test('RR2 what is left out, null or empty is a blank', () => {
  expect(unwrap(read({ roof: null, rooms: '' }))).toEqual({ 'home/roof': '', 'home/rooms': '' })
})

test('what is no record is refused', () => {
  for (const none of [null, 7, 'thatch', [{ roof: 'thatch' }]]) expect(read(none).ok).toBe(false)
})
