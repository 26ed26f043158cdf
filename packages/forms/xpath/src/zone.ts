/**
 * Time zones: what the wall clock shows at a moment, and the moment at which it shows it.
 *
 * A clock put forward leaves a gap, a clock put back an overlap. What falls into a gap is
 * read with the offset from before it (00:00 on a day that begins at 01:00 is 01:00); of two
 * moments that the clock shows alike, the first is meant.
 *
 * Why an own table of offsets: asking `Intl` costs some 20 µs, and `now()` stands in many
 * expressions. An offset only changes on a quarter of an hour, so one answer is kept for it.
 */

const QUARTER_MS = 900_000
const DAY_MS = 86_400_000
/** Entries kept before a table is begun anew: bounded memory in a process that runs for months. */
const MOST = 500

/** Pure functions only: what is kept is what would be computed again. */
export function remember<T>(make: (key: string) => T): (key: string) => T {
  let known = new Map<string, T>()
  return key => {
    const before = known.get(key)
    if (before !== undefined) return before
    if (known.size >= MOST) known = new Map()
    const made = make(key)
    known.set(key, made)
    return made
  }
}

const clockOf = remember(
  timeZone =>
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    }),
)

const offsetOfQuarter = remember(key => {
  const bar = key.indexOf('|')
  const ms = Number(key.slice(0, bar)) * QUARTER_MS
  const parts = new Map<string, string>(
    clockOf(key.slice(bar + 1))
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  )
  const part = (type: string): number => Number(parts.get(type))
  const year = parts.get('era') === 'BC' ? 1 - part('year') : part('year')
  const wall = new Date(0)
  wall.setUTCFullYear(year, part('month') - 1, part('day'))
  wall.setUTCHours(part('hour'), part('minute'), part('second'))
  return wall.getTime() - ms
})

/** How far the zone's clock is ahead of UTC at this moment, in milliseconds. */
export const offsetMsAt = (ms: number, timeZone: string): number =>
  timeZone === 'UTC' ? 0 : offsetOfQuarter(`${Math.floor(ms / QUARTER_MS)}|${timeZone}`)

/** The moment at which the zone's clock shows `wallMs` (milliseconds as if it were UTC). */
export function momentOfWall(wallMs: number, timeZone: string): number {
  const before = offsetMsAt(wallMs - DAY_MS, timeZone)
  const after = offsetMsAt(wallMs + DAY_MS, timeZone)
  for (const offset of before === after ? [before] : [before, after].sort((a, b) => b - a)) {
    const ms = wallMs - offset
    if (offsetMsAt(ms, timeZone) === offset) return ms
  }
  return wallMs - before
}

/** A moment as its zone's wall clock shows it: read the `getUTC…` parts. */
export const wallAt = (ms: number, timeZone: string): Date => new Date(ms + offsetMsAt(ms, timeZone))
