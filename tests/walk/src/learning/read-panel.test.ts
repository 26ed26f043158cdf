import { expect, test } from 'vitest'
import { readTable } from '../replay/read-table.ts'
import { drawPanel } from './draw-panel.ts'
import { panelToCsv, PANEL_COLUMNS } from './panel-csv.ts'
import { panelOf } from './read-panel.ts'

const OPTIONS = { waves: 6, households: 1_000 }
const CHOICE = { file: 'panel.csv', id: 'hh', wave: 'year', outcome: 'poor' }
const rows = [
  'hh,year,poor,Main roof (2),acres,name,district',
  ...[2019, 2021, 2020].flatMap(year =>
    ['a', 'b', 'c'].map(
      (hh, i) =>
        `${hh},${year},${(i + year) % 2 === 0 ? 'yes' : 'no'},${i === 0 ? 'iron sheet' : 'thatch'},${i}.5,P,${i}`,
    ),
  ),
]
function read(text: string, choice: object = {}) {
  const table = readTable(new TextEncoder().encode(text))
  if (!table.ok) throw new Error(table.error.detail)
  return panelOf(table.value, { ...CHOICE, ...choice }, OPTIONS)
}
const refusal = (text: string, choice: object = {}) => {
  const panel = read(text, choice)
  return panel.ok ? 'taken' : panel.error.detail
}

test('columns become questions with names that a form takes, waves go by time, yes is what is told', () => {
  const panel = read(rows.join('\n'), { region: 'district' })
  expect(panel.ok && panel.value).toMatchObject({
    questions: [
      { name: 'Main_roof_2_', label: 'Main roof (2)', kind: 'category', choices: ['iron_sheet', 'thatch'] },
      { name: 'acres', kind: 'number' },
      { name: 'district', kind: 'category', choices: ['0', '1', '2'] }, // a place, though told by numbers
    ],
    outcome: { classes: ['no', 'yes'], positive: 'yes' },
    region: 'district',
    waves: [{ name: '2019' }, { name: '2020' }, { name: '2021' }],
  })
  expect(panel.ok && panel.value.waves[0]?.visits.find(({ household }) => household === 'a')).toEqual({
    household: 'a',
    outcome: 'no',
    answers: { Main_roof_2_: 'iron_sheet', acres: '0.5', district: '0' },
  })
  const no = read(rows.join('\n'), { positive: 'no' })
  expect(no.ok && no.value.outcome.positive).toBe('no')
})

test('P1 what does not fit is refused with its column and row', () => {
  const text = rows.join('\n')
  expect(refusal(text, { outcome: 'poverty' })).toContain('no column poverty')
  expect(refusal(`${text}\n,2019,yes,thatch,1,P,1`)).toBe('row 10, column hh: it is empty')
  expect(refusal(`${text}\na,2019,yes,thatch,1,P,1`)).toBe('row 10, column hh: a stands in wave 2019 already')
  expect(refusal(`${text}\nd,2019,maybe,thatch,1,P,1`)).toMatch(/^row 10, column poor: maybe is a third value/)
  expect(refusal(text, { positive: 'si' })).toContain('--positive si is not among its values')
  expect(refusal(rows.slice(0, 7).join('\n'))).toContain('column year: it names 2 waves')
  const many = Array.from({ length: 60 }, (_, i) => `x${i},2019,yes,thatch,${i === 50 ? '5O' : i},P,1`)
  expect(refusal([text, ...many].join('\n'))).toMatch(/^row 60, column acres: 5O is no number/)
  expect(refusal(text, { region: 'name' })).toContain('column name: it is no region')
})

test('a panel that was drawn and written reads back as it was, household by household', () => {
  const drawn = drawPanel({ seed: 1, households: 40, waves: 3, shiftAt: 1 })
  const back = read(panelToCsv(drawn), { ...PANEL_COLUMNS, outcome: 'poor', region: 'region' })
  if (!back.ok) throw new Error(back.error.detail)
  const byHousehold = (waves: typeof drawn.waves) =>
    waves.map(({ name, visits }) => [name, visits.toSorted((a, b) => (a.household < b.household ? -1 : 1))])
  expect(byHousehold(back.value.waves)).toEqual(byHousehold(drawn.waves))
  expect(back.value.questions.map(({ name, kind }) => [name, kind])).toEqual(
    drawn.questions.map(({ name, kind }) => [name, kind]),
  )
  expect(back.value.outcome).toEqual(drawn.outcome)
})
