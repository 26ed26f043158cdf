/** The laws of `validate-in-workers.ts`, with real threads. */
import { expect, test } from 'vitest'
import { formOf } from '../fixtures/forms.ts'
import { createValidator } from './validator.ts'
import {
  validateInWorkers,
  type CheckedRecord,
  type NamedRecord,
  type ValidateProgress,
} from './validate-in-workers.ts'

const household = formOf({
  instance: '<size/><row><age/></row>',
  model: `<bind nodeset="/data/size" type="int" required="true()" constraint=". &lt; 20"/>
    <bind nodeset="/data/row/age" type="int" constraint=". &lt; 130"/>`,
  body: '<input ref="/data/size"/><group ref="/data/row"><repeat nodeset="/data/row"><input ref="/data/row/age"/></repeat></group>',
})

const records = (count: number): readonly NamedRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `line ${i + 2}`,
    record: { size: String(i % 25), 'row[1]/age': i % 7 === 0 ? 'old' : '40' },
  }))

async function all(found: AsyncIterable<CheckedRecord>): Promise<readonly CheckedRecord[]> {
  const list: CheckedRecord[] = []
  for await (const one of found) list.push(one)
  return list
}

test('W2 every record has one verdict in the order given, and the same as without threads', async () => {
  const given = records(1_500)
  const validate = createValidator(household)
  const told: ValidateProgress[] = []
  const got = await all(
    validateInWorkers(household.program, given, { threads: 2, onProgress: one => void told.push(one) }),
  )
  expect(got.map(({ index }) => index)).toEqual(given.map((_, i) => i))
  expect(got.map(({ violations }) => violations)).toEqual(given.map(({ record }) => validate(record)))
  expect(got.every(({ error }) => error === null)).toBe(true)
  expect(told.at(-1)).toEqual({
    checked: 1_500,
    violated: got.filter(({ violations }) => violations.length > 0).length,
    failed: 0,
  })
})

test('W1 records are taken from their source only as fast as they are checked', async () => {
  let taken = 0
  function* endless(): Generator<NamedRecord> {
    for (;;) {
      taken++
      yield { name: `${taken}`, record: { size: '3' } }
    }
  }
  let seen = 0
  for await (const one of validateInWorkers(household.program, endless(), { threads: 1 })) {
    expect(taken - one.index).toBeLessThan(2_000)
    if (++seen === 3_000) break
  }
  expect(taken).toBeLessThan(6_000)
})

/** `(x+)+y`-like work: rows × rows × rows of one record, far beyond its time. */
const slow = formOf({
  instance: '<row><v/></row><sum/>',
  model: `<bind nodeset="/data/row/v" type="int"/>
    <bind nodeset="/data/sum" calculate="count(/data/row[count(/data/row[count(/data/row[v &gt; 0]) &gt; v]) &gt; v])"/>`,
  body: '<group ref="/data/row"><repeat nodeset="/data/row"><input ref="/data/row/v"/></repeat></group>',
})

test('W3 a record that keeps a thread beyond its time is named, and the others are checked', async () => {
  const poison = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`row[${i + 1}]/v`, '1']))
  const given = [
    { name: 'a', record: { 'row[1]/v': '1', sum: '0' } },
    { name: 'poison', record: poison },
    { name: 'b', record: { 'row[1]/v': 'x' } },
  ]
  const got = await all(validateInWorkers(slow.program, given, { threads: 1, recordMs: 700 }))
  expect(got.map(({ name, error }) => [name, error?.detail ?? null])).toEqual([
    ['a', null],
    ['poison', expect.stringContaining('poison: it was not checked within 0.7 s') as string],
    ['b', null],
  ])
  expect(got[2]!.violations).toMatchObject([{ ref: 'row[1]/v', kind: 'type' }])
}, 30_000)

test('W3 a record larger than anybody fills in is named, and the others are checked', async () => {
  const heavy = `<data id="t"><size>${'<!-- x -->'.repeat(10)}3</size>${'<row><age>1</age></row>'.repeat(900_000)}</data>`
  const given = [
    { name: 'a', record: { size: '3' } },
    { name: 'heavy', record: heavy },
    { name: 'b', record: { size: '300' } },
  ]
  const got = await all(validateInWorkers(household.program, given, { threads: 1 }))
  expect(got.map(({ name, error }) => [name, error?.fault ?? null])).toEqual([
    ['a', null],
    ['heavy', 'record.not-checked'],
    ['b', null],
  ])
  expect(got[2]!.violations).toMatchObject([{ ref: 'size', kind: 'constraint' }])
}, 60_000)

test('a run that is called off ends its threads', async () => {
  const stop = new AbortController()
  const run = validateInWorkers(household.program, records(100_000), { threads: 1, signal: stop.signal })
  await run.next()
  stop.abort(new Error('called off'))
  await expect(all(run)).rejects.toThrow(/called off|aborted/)
})
