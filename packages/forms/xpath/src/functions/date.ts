/**
 * Dates in the interview's own time zone. A date is ISO text (`2026-11-21`), a moment ISO text
 * with its offset; as numbers they are days since 1970-01-01 (`value.ts`). What is no date of
 * the calendar is blank as text and NaN as a number.
 */
import { numeric, textual } from '../compiled.ts'
import type { Compiled, Context, FunctionTable } from '../evaluate.ts'
import { DAY_MS, dayOf, dayText, isMoment, isoDate, isoDateTime, momentOf, partOfDay, startOfDay } from '../moment.ts'
import { numberOfText } from '../value.ts'
import { wallAt } from '../zone.ts'
import { formatWall } from './date-format.ts'
import { ofCall } from './define.ts'

/** Some forms leave out the zeros: `2026-1-5`. */
const padded = (text: string): string =>
  text.replace(
    /^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?=T|\s*$)/,
    (_, year: string, month: string, day: string) => `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`,
  )

/** What a value means as time; blank, `false` and what is no date mean none. */
type When = { readonly days: number } | { readonly ms: number } | undefined

function whenOf<N>(part: Compiled<N>, context: Context<N>): When {
  const { timeZone } = context.environment
  const value = part.gives === 'number' || part.gives === 'any' ? part.value(context) : part.text(context)
  if (typeof value === 'boolean') return undefined
  if (typeof value === 'number') return whenOfNumber(value)
  const text = padded(typeof value === 'string' ? value : part.text(context))
  const days = dayOf(text)
  if (!Number.isNaN(days)) return { days }
  const ms = momentOf(text, timeZone)
  return Number.isNaN(ms) ? whenOfNumber(numberOfText(text, timeZone)) : { ms }
}

function whenOfNumber(days: number): When {
  if (Number.isInteger(days)) return dayText(days) === '' ? undefined : { days }
  return isMoment(days * DAY_MS) ? { ms: Math.round(days * DAY_MS) } : undefined
}

/** A number with a part of a day is a moment (`now() - 7`): its day is the zone's. */
function asDate<N>(part: Compiled<N>, context: Context<N>): string {
  const when = whenOf(part, context)
  if (when === undefined) return ''
  return 'days' in when ? dayText(when.days) : isoDate(when.ms, context.environment.timeZone)
}

const momentIn = (when: NonNullable<When>, timeZone: string): number =>
  'ms' in when ? when.ms : startOfDay(when.days, timeZone)

/** What the wall shows: a date its own midnight in any zone, a moment the zone's time. */
function wallOf<N>(part: Compiled<N>, context: Context<N>): Date | undefined {
  const when = whenOf(part, context)
  if (when === undefined) return undefined
  return 'days' in when ? new Date(when.days * DAY_MS) : wallAt(when.ms, context.environment.timeZone)
}

const formatted = ofCall('date, format', ({ arg }) => {
  const [date, pattern] = [arg(0), arg(1).text]
  return textual(context => {
    const wall = wallOf(date, context)
    return wall === undefined ? '' : formatWall(wall, pattern(context), context.environment.language())
  })
})

export const dateFunctions: FunctionTable = {
  today: ofCall('', () => textual(({ environment }) => isoDate(environment.now(), environment.timeZone))),
  now: ofCall('', () => textual(({ environment }) => isoDateTime(environment.now(), environment.timeZone))),
  date: ofCall('value', ({ arg }) => {
    const value = arg(0)
    return textual(context => asDate(value, context))
  }),
  'date-time': ofCall('value', ({ arg }) => {
    const value = arg(0)
    return textual(context => {
      const when = whenOf(value, context)
      const { timeZone } = context.environment
      return when === undefined ? '' : isoDateTime(momentIn(when, timeZone), timeZone)
    })
  }),
  'decimal-date-time': ofCall('value', ({ arg }) => {
    const value = arg(0)
    return numeric(context => {
      const when = whenOf(value, context)
      return when === undefined ? Number.NaN : momentIn(when, context.environment.timeZone) / DAY_MS
    })
  }),
  'decimal-date': ofCall('value', ({ arg }) => {
    const value = arg(0)
    return numeric(context => dayOf(asDate(value, context)))
  }),
  'decimal-time': ofCall('time', ({ arg }) => {
    const { text } = arg(0)
    return numeric(context => partOfDay(text(context), context.environment.timeZone, context.environment.now()))
  }),
  'format-date': formatted,
  'format-date-time': formatted,
}
