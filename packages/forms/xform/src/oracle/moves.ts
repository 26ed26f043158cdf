/**
 * What a person may do next, as dice: which question, and what to enter there. Tests only.
 *
 * A value is drawn for what decides: near the constants that the form's own expressions
 * compare this question with, at the edges of its type, and now and then what no type takes.
 */
import fc from 'fast-check'
import type { Form } from '../form.ts'
import type { NodeSpec } from '../program.ts'
import type { QuestionState } from '../session-types.ts'

/** What to do next, before it is known what there is to do. */
export interface Move {
  readonly what: 'answer' | 'clear' | 'add' | 'remove' | 'language'
  readonly which: number
  readonly dice: number
}

const what: fc.Arbitrary<Move['what']> = fc.oneof(
  { weight: 12, arbitrary: fc.constant('answer' as const) },
  { weight: 2, arbitrary: fc.constant('clear' as const) },
  { weight: 2, arbitrary: fc.constant('add' as const) },
  { weight: 1, arbitrary: fc.constant('remove' as const) },
  { weight: 1, arbitrary: fc.constant('language' as const) },
)

export const moves = (maxLength: number): fc.Arbitrary<readonly Move[]> =>
  fc.array(fc.record({ what, which: fc.nat(10_000), dice: fc.nat(1_000_000) }), {
    minLength: maxLength,
    maxLength,
    size: 'max',
  })

export const pick = <T>(from: readonly T[], which: number): T | undefined => from[which % Math.max(1, from.length)]

/** Texts that trip XML, XPath, lists of words, and programs that count characters. */
const ODD_TEXTS: readonly string[] = [
  '',
  'Asha',
  'x',
  'a longer text with several words',
  '42',
  '007',
  '-1',
  '3.5',
  '1e3',
  'NaN',
  'true',
  '&<>"\'',
  ']]>',
  'ñandú ünïcode',
  'नमस्ते',
  '👩‍👩‍👧',
  'a  b',
  ' padded ',
  'line\nbreak',
  'a,b;c|d',
  "O'Brien",
  '2026-11-21',
  '0712345678',
  'asha@example.org',
  'ABC-123',
]

const INTEGERS: readonly string[] = [
  '0',
  '1',
  '2',
  '5',
  '10',
  '17',
  '18',
  '60',
  '99',
  '150',
  '-1',
  '-7',
  '2026',
  '999999',
]
const ODD_INTEGERS: readonly string[] = ['abc', '1.5', '1e3', '12 3', '+5', '007', '0x10', '99999999999']
const DECIMALS: readonly string[] = [
  '0',
  '1',
  '0.1',
  '2.5',
  '-0.5',
  '37.2',
  '1000',
  '0.30000000000000004',
  '.5',
  '1.50',
]
const ODD_DECIMALS: readonly string[] = ['abc', '1,5', '1.2.3', '--1', 'NaN', 'Infinity']
const DATES: readonly string[] = ['2026-11-21', '2026-11-20', '2026-11-22', '2000-02-29', '1969-12-31', '1970-01-01']
const ODD_DATES: readonly string[] = ['2026-02-30', '21/11/2026', 'yesterday', '2026-13-01', '2026-1-1']
const TIMES: readonly string[] = ['00:00:00.000Z', '12:30:00.000+03:00', '23:59:59.999-05:00', '07:15:00.000']
const ODD_TIMES: readonly string[] = ['25:00', 'noon', '12:60:00.000Z']
const MOMENTS: readonly string[] = [
  '2026-11-21T08:00:00.000Z',
  '2026-11-21T23:30:00.000+03:00',
  '1969-12-31T00:00:00.000-05:00',
]
const ODD_MOMENTS: readonly string[] = ['2026-11-21 08:00', '2026-02-30T00:00:00.000Z', 'now']
const POINTS: readonly string[] = ['-1.28333 36.81667 1795 4.5', '51.5 -0.12', '90 180 0 0', '-90 -180', '12.5 7.25 3']
const ODD_POINTS: readonly string[] = ['91 0', 'here', '1', '1 2 3 4 5', '0 181']
const TRACE = '-1.28 36.81 0 0;-1.29 36.82 0 0;-1.30 36.80 0 0'
const TRACES: readonly string[] = [TRACE, '1.5 2.5;2.5 3.5']
const SHAPES: readonly string[] = [`${TRACE};-1.28 36.81 0 0`]
const FILES: readonly string[] = ['photo.jpg', 'voice.m4a', 'a b.pdf']

/** What a question is compared with, as written in the form. */
export type Constants = (path: string) => { readonly numbers: readonly number[]; readonly texts: readonly string[] }

export function constantsOf({ program }: Form): Constants {
  const known = new Map<string, ReturnType<Constants>>()
  const sources = program.expressions.map(one => one.source)
  const own = (path: string): readonly string[] => {
    const node = program.nodes.findIndex(one => one.path === path)
    return program.steps.filter(step => step.node === node).map(step => sources[step.expression]!)
  }
  return path => {
    const before = known.get(path)
    if (before !== undefined) return before
    const name = path.split('/').at(-1)!
    const word = new RegExp(`(?:^|[^\\w.-])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w.-])`)
    const near = [...own(path), ...sources.filter(source => word.test(source))]
    const quoted = near.flatMap(source =>
      [...source.matchAll(/'([^']{0,40})'|"([^"]{0,40})"/g)].map(m => m[1] ?? m[2]!),
    )
    const bare = near.map(source => source.replace(/'[^']*'|"[^"]*"/g, ' '))
    const numbers = bare.flatMap(source =>
      [...source.matchAll(/(?<![\w.-])\d+(?:\.\d+)?(?![\w.-])/g)].map(m => Number(m[0])),
    )
    const found = { numbers: [...new Set(numbers)], texts: [...new Set(quoted)] }
    known.set(path, found)
    return found
  }
}

/** Mostly what fits; one in eight what should be refused. */
const oneOf = (fits: readonly string[], odd: readonly string[], dice: number): string => {
  const rest = Math.floor(dice / 8)
  return dice % 8 === 0 && odd.length > 0 ? pick(odd, rest)! : (pick(fits, rest) ?? '')
}

const around = (numbers: readonly number[], step: number): readonly string[] =>
  numbers.flatMap(one => [one - step, one, one + step].map(n => String(Number(n.toFixed(6)))))

const dayAfter = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)

const aDay = (dice: number): string =>
  new Date(Date.UTC(1950 + (dice % 90), dice % 12, 1 + (dice % 28))).toISOString().slice(0, 10)

export function someAnswer(
  { control, type }: NodeSpec,
  { choices }: QuestionState,
  { numbers, texts }: ReturnType<Constants>,
  dice: number,
): string {
  const { element = 'input', bounds = null } = control ?? {}
  const values = choices.map(choice => choice.value)
  switch (element) {
    case 'trigger':
      return dice % 4 === 0 ? '' : 'OK'
    case 'upload':
      return pick(FILES, dice)!
    case 'select1':
      return dice % 12 === 0 ? 'not_a_choice' : (pick(values, dice) ?? '')
    case 'select': {
      const some = [dice, dice >> 3, dice >> 6].slice(0, 1 + (dice % 3)).map(n => pick(values, n) ?? '')
      return [...new Set(some)].filter(word => word !== '').join(' ')
    }
    case 'rank':
      return values.toSorted((a, b) => ((a.length * 31 + dice) % 7) - ((b.length * 17 + dice) % 5)).join(' ')
    case 'range': {
      if (bounds === null) return ''
      const { start, end, step } = bounds
      const count = step === 0 ? 0 : Math.floor(Math.abs((end - start) / step) + 1e-9)
      const way = end < start ? -Math.abs(step) : Math.abs(step)
      const on = start + way * (dice % (count + 1))
      return oneOf(
        [String(Number(on.toFixed(6)))],
        [String(Math.max(start, end) + 1), String(Math.min(start, end) - 1)],
        dice,
      )
    }
    default:
      break
  }
  switch (type) {
    case 'int':
    case 'integer':
      return oneOf([...around(numbers.map(Math.trunc), 1), ...INTEGERS], ODD_INTEGERS, dice)
    case 'decimal':
      return oneOf([...around(numbers, 0.5), ...DECIMALS], ODD_DECIMALS, dice)
    case 'date': {
      const named = texts.filter(text => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)))
      const near = named.flatMap(date => [dayAfter(date, -1), date, dayAfter(date, 1)])
      return oneOf([...near, ...DATES, aDay(dice)], ODD_DATES, dice)
    }
    case 'time':
      return oneOf(TIMES, ODD_TIMES, dice)
    case 'dateTime':
      return oneOf(MOMENTS, ODD_MOMENTS, dice)
    case 'geopoint':
      return oneOf(POINTS, ODD_POINTS, dice)
    case 'geotrace':
      return oneOf(TRACES, ODD_POINTS, dice)
    case 'geoshape':
      return oneOf(SHAPES, ODD_POINTS, dice)
    default:
      return pick([...texts, ...around(numbers, 1), ...ODD_TEXTS], dice)!
  }
}
