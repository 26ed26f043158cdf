import { expect, test } from 'vitest'
import { unwrap } from '@murram/ground'
import { conductInterview } from '../population/conduct-interview.ts'
import { compileWorkbook, openFresh, readShared } from '../population/form-under-test.ts'
import { readTable } from './read-table.ts'
import { replayTable } from './replay-table.ts'

const HEADER =
  'age,workclass,fnlwgt,education,education_num,marital_status,occupation,relationship,race,sex,capital_gain,capital_loss,hours_per_week,native_country,income,official'
const PERSON =
  '39,State-gov,77516,Bachelors,13,Never-married,Adm-clerical,Not-in-family,White,Male,2174,0,40,United-States,<=50K,train'

const { conversion, form } = await compileWorkbook('tests/fixtures/adult.xlsx')
const table = (...lines: readonly string[]) =>
  unwrap(readTable(new TextEncoder().encode([HEADER, ...lines].join('\n'))))
const replay = (...lines: readonly string[]) => unwrap(replayTable(form, table(...lines), { outcome: 'income' }))

test('the form of the census survey converts without a warning', () => {
  expect(conversion.warnings).toEqual([])
  expect(form.questions.filter(question => question.feature)).toHaveLength(13)
  expect(form.questions.filter(question => question.outcome).map(question => question.name)).toEqual(['income'])
})

test('R1 a row is answered value by value, and its outcome is not said', () => {
  const { asked, ignored, unanswered, rows } = replay(PERSON)
  expect(asked).toHaveLength(13)
  expect(ignored).toEqual(['fnlwgt', 'official'])
  expect(unanswered).toEqual([])
  const [row] = rows
  if (row === undefined) throw new Error('one row is expected')
  expect(row).toMatchObject({ row: 1, householdId: '1', outcome: '<=50K' })

  const session = openFresh(form)
  expect(conductInterview(session, row.respondent)).toEqual({ refused: [], answered: 13, setAside: null })
  const { answers } = unwrap(session.finalise())
  expect(answers).toMatchObject({ 'person/age': '39', 'work/occupation': 'Adm-clerical' })
  expect(Object.values(answers)).not.toContain('<=50K')
})

test('R2 a missing outcome or id column is named together with what is there', () => {
  const missing = replayTable(form, table(PERSON), { outcome: 'salary' })
  expect(missing).toMatchObject({
    error: { fault: 'table.unreadable', detail: expect.stringContaining('no column salary') },
  })
  expect(replayTable(form, table(PERSON), { outcome: 'income', id: 'ssn' })).toMatchObject({ ok: false })
})

test('R2 a table that answers no question is refused', () => {
  const strange = unwrap(readTable(new TextEncoder().encode('colour,income\nred,1')))
  expect(replayTable(form, strange, { outcome: 'income' })).toMatchObject({ ok: false })
})

test('a value that the form refuses is recorded: blank if the question allows, else the row is set aside', () => {
  const blank = replay(PERSON.replace('United-States', 'Atlantis')).rows[0]
  const aside = replay(PERSON.replace('39,', '390,')).rows[0]
  if (blank === undefined || aside === undefined) throw new Error('two rows are expected')

  const session = openFresh(form)
  const kept = conductInterview(session, blank.respondent)
  expect(kept).toMatchObject({
    answered: 12,
    setAside: null,
    refused: [{ ref: 'person/native_country', value: 'Atlantis' }],
  })
  expect(unwrap(session.finalise()).answers['person/native_country']).toBe('')

  const stopped = conductInterview(openFresh(form), aside.respondent)
  expect(stopped.setAside).toMatchObject({ ref: 'person/age', value: '390' })
  expect(stopped.setAside?.message).toContain('between 0 and 110')
})

test('the id column names the household, the limit and the order of the table hold', () => {
  const { rows, classes } = unwrap(
    replayTable(form, table(PERSON, PERSON.replace('<=50K', '>50K'), PERSON), {
      outcome: 'income',
      id: 'fnlwgt',
      limit: 2,
    }),
  )
  expect(rows.map(row => [row.row, row.householdId, row.outcome])).toEqual([
    [1, '77516', '<=50K'],
    [2, '77516', '>50K'],
  ])
  expect(classes).toEqual(['<=50K', '>50K'])
})

test('the first 200 people of the real survey pass through the form, none set aside', async () => {
  const bytes = await readShared('data/adult/adult.csv')
  if (bytes === null) {
    console.log('no ../shared/data here: the real table is not replayed, only the rows of this file were')
    return
  }
  const { rows } = unwrap(replayTable(form, unwrap(readTable(bytes)), { outcome: 'income', limit: 200 }))
  expect(rows).toHaveLength(200)
  for (const { respondent, outcome } of rows) {
    const session = openFresh(form)
    expect(conductInterview(session, respondent)).toMatchObject({ refused: [], setAside: null })
    expect(session.finalise().ok).toBe(true)
    expect(['<=50K', '>50K']).toContain(outcome)
  }
})
