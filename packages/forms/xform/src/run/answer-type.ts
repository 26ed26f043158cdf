/** XForm types: what text is an answer of a type, and how it is written. */
import { toText, type Tree, type Value } from '@murram/xpath'
import type { ControlSpec } from '../program.ts'
import { fillIn, type Words } from './words.ts'

const INTEGER = /^[+-]?\d{1,15}$/
/** `xsd:int`: more than this no ODK tool reads back. */
const MOST_INTEGER = 2 ** 31 - 1
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)$/
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
/** By month, from 1; a year that is no leap year. */
const DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const TIME = /^([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$/

const isDate = (text: string): boolean => {
  const found = DATE.exec(text)
  if (found === null) return false
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])]
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return day >= 1 && day <= (month === 2 && isLeap ? 29 : (DAYS[month] ?? 0))
}

function isDateTime(text: string): boolean {
  const [date = '', time] = text.split('T', 2)
  return time !== undefined && isDate(date) && TIME.test(time)
}

function isPoint(text: string): boolean {
  const numbers = text.trim().split(/\s+/)
  if (numbers.length < 2 || numbers.length > 4 || !numbers.every(one => DECIMAL.test(one))) return false
  return Math.abs(Number(numbers[0])) <= 90 && Math.abs(Number(numbers[1])) <= 180
}

/** Points with `;` between them, and one more after the last if it likes. */
const pointsOf = (text: string): readonly string[] =>
  text
    .replace(/;\s*$/, '')
    .split(';')
    .map(point => point.trim().replace(/\s+/g, ' '))

const isTrace = (text: string): boolean => pointsOf(text).length >= 2 && pointsOf(text).every(isPoint)

/** Closed: it ends where it began. */
function isShape(text: string): boolean {
  const places = pointsOf(text).map(point => point.split(' ', 2).map(Number).join(' '))
  return places.length >= 3 && isTrace(text) && places[0] === places.at(-1)
}

interface TypeRule {
  readonly fits: (text: string) => boolean
  readonly write: (text: string) => string
  readonly expected: Expected
}

const asIs = (text: string): string => text
const asNumber = (text: string): string => String(Number(text))

const INTEGER_RULE: TypeRule = {
  fits: text => INTEGER.test(text) && Math.abs(Number(text)) <= MOST_INTEGER,
  write: asNumber,
  expected: { says: 'integer' },
}
const RULES: Readonly<Record<string, TypeRule>> = {
  int: INTEGER_RULE,
  integer: INTEGER_RULE,
  decimal: {
    fits: text => DECIMAL.test(text) && text.length <= 40,
    write: text => (Math.abs(Number(text)) < 1e15 && !String(Number(text)).includes('e') ? asNumber(text) : text),
    expected: { says: 'decimal' },
  },
  date: { fits: isDate, write: asIs, expected: { says: 'date' } },
  time: { fits: text => TIME.test(text), write: asIs, expected: { says: 'time' } },
  dateTime: { fits: isDateTime, write: asIs, expected: { says: 'dateTime' } },
  geopoint: {
    fits: isPoint,
    write: text => text.trim().replace(/\s+/g, ' '),
    expected: { says: 'geopoint' },
  },
  geotrace: { fits: isTrace, write: text => pointsOf(text).join(';'), expected: { says: 'geotrace' } },
  geoshape: { fits: isShape, write: text => pointsOf(text).join(';'), expected: { says: 'geoshape' } },
}

export type TypedAnswer =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly expected: Expected }

/** Which of the words says what would have been an answer, and what fills it in. */
export interface Expected {
  readonly says: keyof Words
  readonly with?: Readonly<Record<string, string>>
}

export const typeMessage = (words: Words, value: string, expected: Expected): string =>
  fillIn(words.notAccepted, {
    value: JSON.stringify(value),
    expected: fillIn(words[expected.says], expected.with ?? {}),
  })

/** `''` clears an answer of any type. */
export function readAnswer(text: string, type: string): TypedAnswer {
  const rule = RULES[type]
  if (rule === undefined || text === '') return { ok: true, value: text }
  const trimmed = text.trim()
  return rule.fits(trimmed) ? { ok: true, value: rule.write(trimmed) } : { ok: false, expected: rule.expected }
}

/** A calculation that gives no number gives no answer; a whole number has no fraction. */
export function calculatedValue<N>(value: Value<N>, type: string, tree: Tree<N>): string {
  if (typeof value === 'number' && Number.isNaN(value)) return ''
  const text = toText(tree, value)
  if ((type === 'int' || type === 'integer') && DECIMAL.test(text)) return String(Math.trunc(Number(text)))
  if (type === 'date' && isDateTime(text)) return text.slice(0, 10)
  return text
}

/** A range takes its own steps only. */
export function readRange(text: string, type: string, bounds: NonNullable<ControlSpec['bounds']>): TypedAnswer {
  const typed = readAnswer(text, type)
  if (!typed.ok || text === '') return typed
  const least = Math.min(bounds.start, bounds.end)
  const most = Math.max(bounds.start, bounds.end)
  const steps = Math.abs((Number(typed.value) - bounds.start) / bounds.step)
  const isOnStep = bounds.step === 0 || Math.abs(steps - Math.round(steps)) < 1e-9
  if (Number(typed.value) >= least && Number(typed.value) <= most && isOnStep) return typed
  const given = { least: String(least), most: String(most), step: String(Math.abs(bounds.step)) }
  return { ok: false, expected: { says: 'range', with: given } }
}
