import { expect, test } from 'vitest'
import { readNumber } from './read-number.ts'

test('a number is itself, in the precision of the graph', () => {
  expect(readNumber(' 12.5 ', {})).toBe(12.5)
  expect(readNumber('0.1', {})).toBe(Math.fround(0.1))
  expect(readNumber('-1e3', {})).toBe(-1000)
})

test('what is no number is missing, and so is one beyond the precision', () => {
  for (const answer of ['', '  ', 'many', 'Infinity', '-Infinity', 'NaN', '1e300', '12 acres'])
    expect(readNumber(answer, {})).toBeNaN()
})

test('a word stands for a number only where the model says so, whatever its case', () => {
  const reading = { words: { yes: 1, no: 0 } }
  expect(['Yes', 'NO', '3'].map(answer => readNumber(answer, reading))).toEqual([1, 0, 3])
  expect(readNumber('yes', {})).toBeNaN()
  expect(readNumber('constructor', reading)).toBeNaN()
})

test('a date is a count of days, in the order the model was made with', () => {
  expect(readNumber('1970-01-02', { read: 'date' })).toBe(1)
  expect(readNumber('1970-01-02T12:00:00Z', { read: 'date' })).toBe(1.5)
  expect(readNumber('03/02/1970', { read: 'date-dmy' })).toBe(33)
  expect(readNumber('02/03/1970', { read: 'date-mdy' })).toBe(33)
  for (const none of ['1970-02-30', '1970-13-01', 'yesterday', '02/03/1970'])
    expect(readNumber(none, { read: 'date' }), none).toBeNaN()
})
