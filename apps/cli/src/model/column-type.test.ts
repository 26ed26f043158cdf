import { expect, test } from 'vitest'
import { askedColumn, inferColumn } from './column-type.ts'

const times = (count: number, cell: (at: number) => string): string[] =>
  Array.from({ length: count }, (_, at) => cell(at))
const kindOf = (name: string, cells: readonly string[]): string => inferColumn(name, cells).kind

test('K1 blanks and words for “not known” do not make words of numbers', () => {
  const cells = times(100, at => (at % 9 === 0 ? ['', 'NA', '?', 'n/a', 'NaN', 'Infinity'][at % 6]! : String(at % 23)))
  expect(inferColumn('rooms', cells)).toEqual({ kind: 'number' })
})

test('a column of one value, and one without any, is left out with a note', () => {
  expect(
    inferColumn(
      'country',
      times(50, () => 'Uganda'),
    ),
  ).toMatchObject({ kind: 'drop', note: expect.stringContaining('“Uganda” in every row') as string })
  expect(
    inferColumn(
      'breakfast',
      times(50, () => ''),
    ),
  ).toMatchObject({ kind: 'drop', note: expect.stringContaining('empty') as string })
  expect(
    kindOf(
      'has_net',
      times(50, at => (at % 2 === 0 ? '' : '1')),
    ),
  ).toBe('number')
})

test('another value in each row names the row: words, counters, numbers called an id', () => {
  expect(
    kindOf(
      'customer',
      times(60, at => `C-${at * 7919}`),
    ),
  ).toBe('drop')
  expect(
    kindOf(
      'n',
      times(60, at => String(at + 1)),
    ),
  ).toBe('drop')
  expect(
    kindOf(
      'person_id',
      times(60, at => String((at * 7919) % 100_003)),
    ),
  ).toBe('drop')
  // Amounts also differ from row to row.
  expect(
    kindOf(
      'income',
      times(60, at => String((at * 7919) % 100_003)),
    ),
  ).toBe('number')
  expect(
    kindOf(
      'price',
      times(60, at => (at * 1.37).toFixed(2)),
    ),
  ).toBe('number')
})

test('the number of a household that comes again is left out, and --group is offered', () => {
  const found = inferColumn(
    'idhogar',
    times(90, at => `h${Math.floor(at / 3)}`),
  )
  expect(found).toMatchObject({ kind: 'drop', note: expect.stringContaining('--group idhogar') as string })
  expect(
    kindOf(
      'region',
      times(90, at => `r${at % 5}`),
    ),
  ).toBe('category')
})

test('a nought in front makes codes of numbers', () => {
  expect(
    inferColumn(
      'district',
      times(60, at => `0${(at % 7) + 1}`),
    ),
  ).toMatchObject({ kind: 'category' })
})

test('K2 yes and no among numbers count as 1 and 0, and it is said', () => {
  const found = inferColumn(
    'dependency',
    times(90, at => ['yes', 'no', '0.5', '2', '1.3333334'][at % 5]!),
  )
  expect(found).toMatchObject({
    kind: 'number',
    words: { no: 0, yes: 1 },
    note: expect.stringContaining('yes as 1') as string,
  })
  // Alone they are a category, as everybody would read them.
  expect(
    kindOf(
      'insured',
      times(90, at => (at % 3 === 0 ? 'yes' : 'no')),
    ),
  ).toBe('category')
  expect(
    kindOf(
      'weekend',
      times(90, at => (at % 3 === 0 ? 'True' : 'False')),
    ),
  ).toBe('category')
})

test('K2 a few words among many numbers are counted as not known', () => {
  const found = inferColumn(
    'acres',
    times(400, at => (at % 50 === 0 ? `about ${at}` : String(at % 37))),
  )
  expect(found).toMatchObject({ kind: 'number', note: expect.stringContaining('8 cells are words') as string })
  expect(
    kindOf(
      'rooms',
      times(90, at => ['1', '2', '3', 'more', 'more'][at % 5]!),
    ),
  ).toBe('category')
})

test('dates are days, in the one order that fits the column', () => {
  expect(
    inferColumn(
      'visited',
      times(40, at => `2026-0${(at % 9) + 1}-1${at % 10}`),
    ),
  ).toMatchObject({ kind: 'number', read: 'date' })
  expect(
    inferColumn(
      'visited',
      times(40, at => `${(at % 28) + 1}/3/2026`),
    ),
  ).toMatchObject({ read: 'date-dmy' })
  expect(
    inferColumn(
      'visited',
      times(40, at => `3/${(at % 28) + 1}/2026`),
    ),
  ).toMatchObject({ read: 'date-mdy' })
  // A version is no date.
  expect(
    kindOf(
      'version',
      times(40, at => `1.${at % 4}.2`),
    ),
  ).toBe('category')
})

test('sentences are text, names of things are categories', () => {
  expect(
    kindOf(
      'post',
      times(60, at => `this is what I wanted to say on day ${at}`),
    ),
  ).toBe('text')
  expect(
    kindOf(
      'roof',
      times(60, at => ['iron sheets', 'thatch', 'tiles'][at % 3]!),
    ),
  ).toBe('category')
})

test('a hundred thousand names are a category, and it is said that they say little', () => {
  const found = inferColumn(
    'village',
    times(150_000, at => `v${at % 100_000}`),
  )
  expect(found).toMatchObject({ kind: 'category', note: expect.stringContaining('100000 different answers') as string })
})

test('K3 what a person asks for stands, or is refused with the cell that contradicts', () => {
  const words = times(30, at => ['farm', 'trade'][at % 2]!)
  expect(askedColumn('work', words, 'category')).toEqual({ kind: 'category' })
  expect(askedColumn('work', words, 'number')).toContain('“farm”')
  expect(askedColumn('work', words, 'date')).toContain('“farm”')
  expect(
    askedColumn(
      'code',
      times(30, at => `0${at % 4}`),
      'number',
    ),
  ).toMatchObject({ kind: 'number' })
  expect(
    askedColumn(
      'day',
      times(30, at => `2026-01-${(at % 2) + 1}1`),
      'date',
    ),
  ).toMatchObject({ kind: 'number', read: 'date' })
})
