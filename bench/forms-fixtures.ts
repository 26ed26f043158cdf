/**
 * Generated forms for `bench/forms.ts`: written as a converter writes them, with what real
 * instruments have (groups, relevance, constraints, calculations over a section and over all),
 * so that one answer has followers. Both engines get the same text.
 */

export interface SurveyForm {
  readonly xml: string
  /** Refs that take an answer, with a value that every constraint accepts. */
  readonly answers: Readonly<Record<string, string>>
  readonly questions: number
}

const SECTION = 10

const head = (title: string, instance: string, more: string): string =>
  `<?xml version="1.0"?><h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" ` +
  `xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms"><h:head><h:title>${title}</h:title><model>` +
  `<instance><data id="${title}" version="1">${instance}<meta><instanceID/></meta></data></instance>${more}` +
  `<bind nodeset="/data/meta/instanceID" type="string" jr:preload="uid"/></model></h:head>`

const YES_NO =
  '<instance id="yes_no"><root><item><name>yes</name><label>Yes</label></item>' +
  '<item><name>no</name><label>No</label></item></root></instance>'

const select = (path: string, label: string): string =>
  `<select1 ref="${path}"><label>${label}</label><itemset nodeset="instance('yes_no')/root/item">` +
  '<value ref="name"/><label ref="label"/></itemset></select1>'

/** `questions` is a multiple of ten: seven are asked and three calculated in every section. */
export function surveyForm(questions: number): SurveyForm {
  const sections = questions / SECTION
  const instance: string[] = []
  const binds: string[] = []
  const body: string[] = []
  const answers: Record<string, string> = {}
  for (let s = 0; s < sections; s++) {
    const at = `/data/s${s}`
    const before = s === 0 ? '' : ` relevant="/data/s${s - 1}/sum &gt;= 0"`
    instance.push(`<s${s}><age/><asks/><count/><weight/><born/><note/><again/><sum/><share/><state/></s${s}>`)
    binds.push(
      `<bind nodeset="${at}"${before}/>`,
      `<bind nodeset="${at}/age" type="int" required="true()" constraint=". &gt;= 0 and . &lt; 130" jr:constraintMsg="From 0 to 129"/>`,
      `<bind nodeset="${at}/asks" type="string" required="true()"/>`,
      `<bind nodeset="${at}/count" type="int" relevant="${at}/asks = 'yes'" constraint=". &lt;= ${at}/age" jr:constraintMsg="Not more than the age"/>`,
      `<bind nodeset="${at}/weight" type="decimal" relevant="${at}/age &gt; 5" constraint=". &gt; 0"/>`,
      `<bind nodeset="${at}/born" type="date" constraint=". &lt;= today()"/>`,
      `<bind nodeset="${at}/note" type="string" required="${at}/asks = 'yes' and ${at}/count &gt; 3"/>`,
      `<bind nodeset="${at}/again" type="string" relevant="selected(${at}/asks, 'yes') and string-length(${at}/note) &gt; 0"/>`,
      `<bind nodeset="${at}/sum" type="int" calculate="coalesce(${at}/age, 0) + coalesce(${at}/count, 0)"/>`,
      `<bind nodeset="${at}/share" type="decimal" calculate="round(${at}/sum div (1 + /data/total), 3)"/>`,
      `<bind nodeset="${at}/state" type="string" calculate="if(${at}/age &gt; 17, 'adult', 'child')"/>`,
    )
    const input = (name: string, label: string): string =>
      `<input ref="${at}/${name}"><label>${label} <output value="${at}/state"/></label><hint>Section ${s}</hint></input>`
    body.push(
      `<group ref="${at}"><label>Section ${s}</label>`,
      input('age', 'Age of person'),
      select(`${at}/asks`, 'Has more to say?'),
      input('count', 'How many?'),
      input('weight', 'Weight in kg'),
      input('born', 'Date of birth'),
      input('note', 'What was said'),
      select(`${at}/again`, 'Shall we come again?'),
      '</group>',
    )
    Object.assign(answers, {
      [`s${s}/age`]: String(20 + (s % 60)),
      [`s${s}/asks`]: 'yes',
      [`s${s}/count`]: String(s % 15),
      [`s${s}/weight`]: String(40.5 + (s % 30)),
      [`s${s}/born`]: `19${60 + (s % 40)}-0${1 + (s % 9)}-1${s % 10}`,
      [`s${s}/note`]: `answer ${s}`,
      [`s${s}/again`]: s % 2 === 0 ? 'yes' : 'no',
    })
  }
  const sums = Array.from({ length: sections }, (_, s) => `/data/s${s}/sum`).join(' + ')
  binds.push(`<bind nodeset="/data/total" type="int" calculate="${sums}"/>`)
  const xml = `${head(`survey_${questions}`, `${instance.join('')}<total/>`, YES_NO + binds.join('\n'))}<h:body>${body.join('\n')}</h:body></h:html>`
  return { xml, answers, questions }
}

/** A list of places as a form attaches it: a fiftieth of a thousandth of the rows fits one answer. */
export const PLACES_FILE = 'places.csv'

export function placesCsv(rows: number): string {
  const lines = ['name,label,district,head,people,visited']
  for (let i = 0; i < rows; i++)
    lines.push(`p${i},Village number ${i},d${i % 1000},Head of house ${i % 7919},${i % 12},2026-0${1 + (i % 9)}-11`)
  return lines.join('\n')
}

const PLACES = `<instance id="places" src="jr://file-csv/${PLACES_FILE}"/>`

/** District → villages of it → what the list says of the village. */
export function placesForm(): string {
  const binds = [
    '<bind nodeset="/data/district" type="string"/>',
    '<bind nodeset="/data/place" type="string"/>',
    `<bind nodeset="/data/headman" type="string" calculate="instance('places')/root/item[name = /data/place]/head"/>`,
    `<bind nodeset="/data/people" type="string" calculate="pulldata('places', 'people', 'name', /data/place)"/>`,
  ]
  return (
    head('places', '<district/><place/><headman/><people/>', PLACES + binds.join('')) +
    '<h:body><input ref="/data/district"><label>District</label></input>' +
    '<select1 ref="/data/place"><label>Village</label>' +
    `<itemset nodeset="instance('places')/root/item[district = /data/district]"><value ref="name"/><label ref="label"/></itemset></select1>` +
    '</h:body></h:html>'
  )
}

/** A roster: conditions, a calculation and a number in the row, sums over all rows. */
export function rosterForm(): string {
  const row = '/data/row'
  const binds = [
    `<bind nodeset="${row}/name" type="string" required="true()"/>`,
    `<bind nodeset="${row}/age" type="int" constraint=". &gt;= 0 and . &lt; 130"/>`,
    `<bind nodeset="${row}/school" type="string" relevant="${row}/age &gt; 4 and ${row}/age &lt; 20"/>`,
    `<bind nodeset="${row}/number" type="int" calculate="position(..)"/>`,
    `<bind nodeset="${row}/next" type="int" calculate="coalesce(${row}/age, 0) + 1"/>`,
    `<bind nodeset="/data/years" type="int" calculate="sum(${row}/age)"/>`,
    `<bind nodeset="/data/adults" type="int" calculate="count(${row}[age &gt; 17])"/>`,
  ]
  const line = '<name/><age/><school/><number/><next/>'
  return (
    head('roster', `<row jr:template="">${line}</row><row>${line}</row><years/><adults/>`, YES_NO + binds.join('')) +
    `<h:body><group ref="${row}"><label>Person</label><repeat nodeset="${row}">` +
    `<input ref="${row}/name"><label>Name</label></input><input ref="${row}/age"><label>Age</label></input>` +
    `${select(`${row}/school`, 'Goes to school?')}</repeat></group></h:body></h:html>`
  )
}
