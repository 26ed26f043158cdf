/**
 * Texts that are dates, moments or times (ISO 8601 as the ODK specification has it), read and
 * written. A text that names no day of the calendar (2023-02-29) is none.
 */
import { momentOfWall, offsetMsAt, wallAt } from './zone.ts'

export const DAY_MS = 86_400_000
/** ECMAScript's bound on dates, in days. */
const MOST_DAYS = 100_000_000

const DATE = /^\s*(\d{4})-(\d{2})-(\d{2})\s*$/
const DATE_TIME =
  /^\s*(\d{4})-(\d{2})-(\d{2})T(\d{2})(?::(\d{2})(?::(\d{2})(?:\.(\d+))?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?\s*$/
const TIME = /^\s*(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}(?::?\d{2})?)?\s*$/

/** Whether a text could be a date or a moment: a cheap look before the patterns. */
const looksDated = (text: string): boolean => text.length >= 10 && text.includes('-')

function dayNumber(year: string, month: string, day: string): number {
  const at = new Date(0)
  at.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  return at.getUTCMonth() === Number(month) - 1 && at.getUTCDate() === Number(day) ? at.getTime() / DAY_MS : Number.NaN
}

/** Whole days since 1970-01-01, whatever the zone; NaN where the text is no date. */
export function dayOf(text: string): number {
  const found = looksDated(text) ? DATE.exec(text) : null
  return found === null ? Number.NaN : dayNumber(found[1]!, found[2]!, found[3]!)
}

const clockMs = (hour: string, minute = '0', second = '0', fraction = ''): number =>
  Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60
    ? ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 + Math.floor(Number(`0.${fraction}0`) * 1000)
    : Number.NaN

function offsetMs(offset: string): number {
  if (offset === 'Z') return 0
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(3).replace(':', ''))]
  const ms = (hours * 60 + minutes) * 60_000
  return hours > 14 || minutes > 59 ? Number.NaN : offset.startsWith('-') ? -ms : ms
}

/** Milliseconds since the epoch; without an offset the text is read in the zone. NaN: no moment. */
export function momentOf(text: string, timeZone: string): number {
  const found = looksDated(text) ? DATE_TIME.exec(text) : null
  if (found === null) return Number.NaN
  const [, year, month, day, hour, minute, second, fraction, offset] = found
  const wall = dayNumber(year!, month!, day!) * DAY_MS + clockMs(hour!, minute, second, fraction)
  if (Number.isNaN(wall)) return wall
  return offset === undefined ? momentOfWall(wall, timeZone) : wall - offsetMs(offset)
}

/** First moment of a day in the zone. */
export const startOfDay = (days: number, timeZone: string): number => momentOfWall(days * DAY_MS, timeZone)

/** The part of the day that has passed when the zone's clock shows this time; NaN: no time. */
export function partOfDay(text: string, timeZone: string, nowMs: number): number {
  const moment = momentOf(text, timeZone)
  if (!Number.isNaN(moment)) return fractionOf(wallAt(moment, timeZone).getTime())
  const found = TIME.exec(text)
  if (found === null) return Number.NaN
  const [, hour, minute, second, fraction, offset] = found
  const wall = clockMs(hour!, minute, second, fraction)
  if (offset === undefined || Number.isNaN(wall)) return wall / DAY_MS
  return fractionOf(wall - offsetMs(offset) + offsetMsAt(nowMs, timeZone))
}

const fractionOf = (ms: number): number => (((ms % DAY_MS) + DAY_MS) % DAY_MS) / DAY_MS

const two = (n: number): string => String(n).padStart(2, '0')
const four = (n: number): string => (n < 0 ? `-${String(-n).padStart(6, '0')}` : String(n).padStart(4, '0'))

const isoDay = (wall: Date): string =>
  `${four(wall.getUTCFullYear())}-${two(wall.getUTCMonth() + 1)}-${two(wall.getUTCDate())}`

/** `''` for what is no day or lies outside the calendar. */
export const dayText = (days: number): string => {
  const whole = Math.floor(days)
  return Math.abs(whole) <= MOST_DAYS ? isoDay(new Date(whole * DAY_MS)) : ''
}

export const isMoment = (ms: number): boolean => Math.abs(ms) <= (MOST_DAYS - 2) * DAY_MS

export const isoDate = (ms: number, timeZone: string): string => isoDay(wallAt(ms, timeZone))

export function isoDateTime(ms: number, timeZone: string): string {
  const wall = wallAt(ms, timeZone)
  const offset = Math.round((wall.getTime() - Math.trunc(ms)) / 60_000)
  const away = Math.abs(offset)
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(away / 60))}:${two(away % 60)}`
  const time = `${two(wall.getUTCHours())}:${two(wall.getUTCMinutes())}:${two(wall.getUTCSeconds())}`
  return `${isoDay(wall)}T${time}.${String(wall.getUTCMilliseconds()).padStart(3, '0')}${zone}`
}
