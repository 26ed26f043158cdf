/** Dates, moments and times in the zone of the interview, clocks put forward and back included. */
import { unwrap } from '@murram/ground'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compile } from './compile.ts'
import { isoDateTime, momentOf } from './moment.ts'
import { parse } from './parse.ts'
import { environment, n, treeOf } from './plain-tree.ts'
import { toText } from './value.ts'
import { momentOfWall, wallAt } from './zone.ts'

const data = n('data', n('born', '1996-02-29'), n('day', '2026-11-22'), n('seen', '2026-11-21T22:00:00.000Z'))
n('', data)
const tree = treeOf()

interface Where {
  readonly zone?: string
  readonly now?: string
  readonly language?: string
}

function evaluate(
  source: string,
  { zone = 'Africa/Nairobi', now = '2026-11-21T21:30:15.250Z', language = 'English (en)' }: Where = {},
) {
  const run = unwrap(compile(unwrap(parse(source)), tree, source))
  const value = run({
    node: data,
    current: data,
    position: 1,
    size: 1,
    environment: { ...environment, now: () => Date.parse(now), timeZone: zone, language: () => language },
  })
  return toText(tree, value)
}

describe('a date is whole days, whatever the zone', () => {
  for (const zone of ['UTC', 'Africa/Nairobi', 'Pacific/Kiritimati', 'America/St_Johns', 'Asia/Kathmandu'])
    test.each([
      ["number('1970-01-02')", '1'],
      ["date('2026-11-22') - date('2026-11-21')", '1'],
      ["date('2026-11-22' + 30)", '2026-12-22'],
      ["date('2020-02-28' + 1)", '2020-02-29'],
      ['date(0)', '1970-01-01'],
      ['date(-1)', '1969-12-31'],
      ["int((date('2026-11-22') - born) div 365.25)", '30'],
      ["born < '2000-01-01'", 'true'],
      ["'2000-01-01' = date('2000-1-1')", 'true'],
      ["format-date('2026-11-22', '%Y %H:%M')", '2026 00:00'],
    ])(`${zone}: %s is %s`, (source, expected) => expect(evaluate(source, { zone })).toBe(expected))
})

describe('a moment counts from 1970 in UTC, and is shown in the zone', () => {
  test.each([
    ["decimal-date-time('1970-01-02T12:00:00Z')", '1.5', 'Africa/Nairobi'],
    ["decimal-date-time('1970-01-02T12:00:00')", '1.375', 'Africa/Nairobi'],
    ["decimal-date-time('1970-01-02')", '0.875', 'Africa/Nairobi'],
    ["date('2026-11-21T22:00:00.000Z')", '2026-11-22', 'Africa/Nairobi'],
    ["date('2026-11-21T22:00:00.000Z')", '2026-11-21', 'America/Lima'],
    ['date(now())', '2026-11-22', 'Africa/Nairobi'],
    ['date(now() - 7)', '2026-11-15', 'Africa/Nairobi'],
    ['today()', '2026-11-21', 'America/Lima'],
    ['now()', '2026-11-21T16:30:15.250-05:00', 'America/Lima'],
    ['now()', '2026-11-22T03:15:15.250+05:45', 'Asia/Kathmandu'],
    ["date-time('2026-11-22')", '2026-11-22T00:00:00.000+03:00', 'Africa/Nairobi'],
    ["date-time('2026-11-21T22:00:00Z')", '2026-11-22T01:00:00.000+03:00', 'Africa/Nairobi'],
    [
      "format-date-time('2026-11-21T22:05:09.007Z', '%Y-%m-%d %H:%M:%S.%3 %h')",
      '2026-11-22 01:05:09.007 1',
      'Africa/Nairobi',
    ],
    ["decimal-time('06:00:00.000')", '0.25', 'Africa/Nairobi'],
    ["decimal-time('06:00:00.000+03:00')", '0.25', 'Africa/Nairobi'],
    ["decimal-time('06:00:00.000Z')", '0.375', 'Africa/Nairobi'],
    ['decimal-time(seen)', String(1 / 24), 'Africa/Nairobi'],
  ])('%s is %s in %s', (source, expected, zone) => expect(evaluate(source, { zone })).toBe(expected))
})

describe('a date beside a moment is its own midnight', () => {
  test.each([
    ['day <= now()', 'true', '2026-11-21T21:30:00Z'],
    ['day <= now()', 'false', '2026-11-21T20:59:59Z'],
    ['now() >= day', 'true', '2026-11-21T21:00:00Z'],
    ['round((now() - day) * 24, 6)', '0.5', '2026-11-21T21:30:00Z'],
    ['round((seen - day) * 24)', '1', '2026-11-21T21:30:00Z'],
    ['day = today()', 'true', '2026-11-21T21:30:00Z'],
  ])('%s is %s at %s', (source, expected, now) => expect(evaluate(source, { now })).toBe(expected))
})

describe('what is no date is blank, and compares with nothing', () => {
  for (const bad of [
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-1-32',
    'soon',
    '',
    '2026-01-01T25:00:00Z',
    '2026-01-01T10:00:00+15:00',
  ])
    test(`'${bad}'`, () => {
      const asked = [
        `date('${bad}')`,
        `format-date('${bad}', '%Y')`,
        `date-time('${bad}')`,
        `number('${bad}')`,
        `'${bad}' < today()`,
      ]
      expect(asked.map(source => evaluate(source))).toEqual(['', '', '', 'NaN', 'false'])
    })

  test('nor is a number outside the calendar, a truth, or NaN', () => {
    for (const value of ['1 div 0', '0 div 0', '99999999999', '-99999999999.5', 'true()'])
      expect([value, evaluate(`date(${value})`), evaluate(`date-time(${value})`)]).toEqual([value, '', ''])
  })
})

describe('clocks put forward and back', () => {
  const berlin = 'Europe/Berlin'
  test.each([
    // 29 March 2026: 02:00 becomes 03:00. 25 October: 03:00 becomes 02:00.
    ["date('2026-03-30') - date('2026-03-29')", '1', berlin],
    ["round((date-time('2026-03-30') - date-time('2026-03-29')) * 24)", '23', berlin],
    ["round((date-time('2026-10-26') - date-time('2026-10-25')) * 24)", '25', berlin],
    ["date-time('2026-03-29T02:30:00')", '2026-03-29T03:30:00.000+02:00', berlin],
    ["date-time('2026-10-25T02:30:00')", '2026-10-25T02:30:00.000+02:00', berlin],
    ["date-time('2026-10-25T01:30:00Z')", '2026-10-25T02:30:00.000+01:00', berlin],
    // A day that has no midnight.
    ["date-time('2018-11-04')", '2018-11-04T01:00:00.000-02:00', 'America/Sao_Paulo'],
    ["date(date('2018-11-03') + 1)", '2018-11-04', 'America/Sao_Paulo'],
    ["date(date-time('2018-11-04'))", '2018-11-04', 'America/Sao_Paulo'],
  ])('%s is %s in %s', (source, expected, zone) => expect(evaluate(source, { zone })).toBe(expected))

  const zones = fc.constantFrom(
    'UTC',
    'Africa/Nairobi',
    'Europe/Berlin',
    'America/Sao_Paulo',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'America/St_Johns',
  )
  const moments = fc.integer({ min: Date.UTC(1971, 0, 1), max: Date.UTC(2037, 0, 1) })
  test('a moment written down is the same moment when it is read', () => {
    fc.assert(
      fc.property(zones, moments, (zone, ms) => {
        expect(momentOf(isoDateTime(ms, zone), 'UTC')).toBe(ms)
      }),
      { numRuns: 500, seed: 2 },
    )
  })

  test('what the wall shows is found again; in an overlap the earlier of two', () => {
    fc.assert(
      fc.property(zones, moments, (zone, ms) => {
        const wall = wallAt(ms, zone).getTime()
        const found = momentOfWall(wall, zone)
        expect(wallAt(found, zone).getTime()).toBe(wall)
        expect(found).toBeLessThanOrEqual(ms)
      }),
      { numRuns: 500, seed: 3 },
    )
  })
})

describe('months and days have the names of the active language', () => {
  test.each([
    ['English (en)', 'Mar March Mon Monday'],
    ['French (fr)', 'mars mars lun. lundi'],
    ['Kiswahili (sw)', 'Mac Machi Jumatatu Jumatatu'],
    ['es', 'mar marzo lun lunes'],
    ['Portuguese (pt-BR)', 'mar. março seg. segunda-feira'],
    ['default', 'Mar March Mon Monday'],
    ['Home tongue', 'Mar March Mon Monday'],
  ])('%s', (language, expected) =>
    expect(evaluate("format-date('2026-03-09', '%b %B %a %A')", { language })).toBe(expected),
  )

  test('every other token, and what is none', () => {
    expect(evaluate("format-date-time('2026-03-09T04:05:06.070', '%Y|%y|%m|%n|%d|%e|%H|%h|%M|%S|%3|%w|%%|%q|%')")).toBe(
      '2026|26|03|3|09|9|04|4|05|06|070|1|%|%q|%',
    )
  })
})
