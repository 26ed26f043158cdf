/**
 * Dates in the interview's own time zone. A date is ISO text (`2026-11-21`), a moment ISO text
 * with its offset; as numbers they are days since 1970-01-01 (`value.ts`).
 */
import type { FunctionTable } from '../evaluate.ts'
import { numberOfText } from '../value.ts'
import { ofTexts, ofValues } from './define.ts'

const DAY_MS = 86_400_000
const two = (n: number): string => String(n).padStart(2, '0')

interface Moment {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly ms: number
  readonly offsetMinutes: number
}

/** What a wall clock in the zone shows. */
export function momentAt(ms: number, timeZone: string): Moment {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(ms)
  const part = (type: string): number => Number(parts.find(one => one.type === type)?.value)
  const [year, month, day] = [part('year'), part('month'), part('day')]
  const [hour, minute, second] = [part('hour'), part('minute'), part('second')]
  const wall = Date.UTC(year, month - 1, day, hour, minute, second)
  const milliseconds = ((ms % 1000) + 1000) % 1000
  const offsetMinutes = Math.round((wall - (ms - milliseconds)) / 60_000)
  return { year, month, day, hour, minute, second, ms: Math.floor(milliseconds), offsetMinutes }
}

export function isoDateTime(ms: number, timeZone: string): string {
  const at = momentAt(ms, timeZone)
  const offset = Math.abs(at.offsetMinutes)
  const zone = `${at.offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(offset / 60))}:${two(offset % 60)}`
  const time = `${two(at.hour)}:${two(at.minute)}:${two(at.second)}.${String(at.ms).padStart(3, '0')}`
  return `${isoDay(at)}T${time}${zone}`
}

const isoDay = ({ year, month, day }: Moment): string => `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`

export const isoDate = (ms: number, timeZone: string): string => isoDay(momentAt(ms, timeZone))

const dayText = (days: number): string =>
  Number.isFinite(days) ? new Date(Math.floor(days) * DAY_MS).toISOString().slice(0, 10) : ''

/** `date('2020-02-30')` is no date: blank. */
function asDate(text: string, timeZone: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    const days = numberOfText(text)
    return dayText(days) === text ? text : ''
  }
  if (/^\d{4}-\d{2}-\d{2}T/.test(text)) {
    const ms = Date.parse(text)
    return Number.isNaN(ms) ? '' : isoDate(ms, timeZone)
  }
  return dayText(numberOfText(text))
}

function asDateTime(text: string, timeZone: string): string {
  if (/^\d{4}-\d{2}-\d{2}T/.test(text)) return text
  const day = asDate(text, timeZone)
  if (day === '') return ''
  const whole = numberOfText(text)
  if (/^\d{4}/.test(text) || Number.isInteger(whole)) return isoDateTime(midnightOf(day, timeZone), timeZone)
  return isoDateTime(whole * DAY_MS, timeZone)
}

function midnightOf(day: string, timeZone: string): number {
  const asUtc = Date.parse(`${day}T00:00:00Z`)
  return asUtc - momentAt(asUtc, timeZone).offsetMinutes * 60_000
}

/** What a text shows on the wall: its own digits where it is a date, the zone's where it is a moment. */
function momentOf(text: string, timeZone: string): Moment | undefined {
  const day = asDate(text, timeZone)
  if (day === '') return undefined
  if (/T/.test(text)) return momentAt(Date.parse(text), timeZone)
  const fraction = /^\d{4}-/.test(text) ? 0 : numberOfText(text)
  if (!Number.isInteger(fraction)) return momentAt(fraction * DAY_MS, timeZone)
  const [year, month, date] = day.split('-').map(Number)
  return { year: year!, month: month!, day: date!, hour: 0, minute: 0, second: 0, ms: 0, offsetMinutes: 0 }
}

const named = (at: Moment, language: string, options: Intl.DateTimeFormatOptions): string => {
  const when = Date.UTC(at.year, at.month - 1, at.day)
  const code = /\(([A-Za-z-]+)\)\s*$/.exec(language)?.[1] ?? 'en'
  for (const locale of [code, 'en'])
    try {
      return new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' }).format(when)
    } catch {
      continue
    }
  return ''
}

function format(text: string, pattern: string, timeZone: string, language: string): string {
  const at = momentOf(text, timeZone)
  if (at === undefined) return ''
  return pattern.replace(/%([YymndHhMSb3a%eWuZ])/g, (whole, letter: string) => {
    switch (letter) {
      case 'Y':
        return String(at.year).padStart(4, '0')
      case 'y':
        return two(at.year % 100)
      case 'm':
        return two(at.month)
      case 'n':
        return String(at.month)
      case 'd':
        return two(at.day)
      case 'e':
        return String(at.day)
      case 'H':
        return two(at.hour)
      case 'h':
        return String(at.hour)
      case 'M':
        return two(at.minute)
      case 'S':
        return two(at.second)
      case '3':
        return String(at.ms).padStart(3, '0')
      case 'b':
        return named(at, language, { month: 'short' })
      case 'a':
        return named(at, language, { weekday: 'short' })
      case '%':
        return '%'
      default:
        return whole
    }
  })
}

const dayFraction = (text: string): number => {
  const time = /^(\d{2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?/.exec(text)
  if (time === null) return Number.NaN
  return (Number(time[1]) * 3600 + Number(time[2]) * 60 + Number(time[3] ?? 0)) / 86_400
}

export const dateFunctions: FunctionTable = {
  today: ofValues(0, 0, ({ context: { environment } }) => isoDate(environment.now(), environment.timeZone)),
  now: ofValues(0, 0, ({ context: { environment } }) => isoDateTime(environment.now(), environment.timeZone)),
  date: ofValues(1, 1, ({ context, text }) => asDate(text(0), context.environment.timeZone)),
  'date-time': ofValues(1, 1, ({ context, text }) => asDateTime(text(0), context.environment.timeZone)),
  'decimal-date-time': ofTexts(1, 1, text => numberOfText(text)),
  'decimal-date': ofTexts(1, 1, text => Math.floor(numberOfText(text))),
  'decimal-time': ofTexts(1, 1, dayFraction),
  'format-date': ofValues(2, 2, ({ context: { environment }, text }) =>
    format(text(0), text(1), environment.timeZone, environment.language()),
  ),
  'format-date-time': ofValues(2, 2, ({ context: { environment }, text }) =>
    format(text(0), text(1), environment.timeZone, environment.language()),
  ),
}
