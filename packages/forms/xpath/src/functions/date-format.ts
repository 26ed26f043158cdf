/** The `%` tokens of `format-date` and `format-date-time`, names of months and days in the active language. */
import { remember } from '../zone.ts'

const two = (n: number): string => String(n).padStart(2, '0')

/** `French (fr)` → `fr`: XLSForm writes the code behind the name of the language. */
const codeOf = (language: string): string =>
  /\(\s*([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)\s*\)\s*$/.exec(language)?.[1] ?? language

const PARTS: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
  b: { month: 'short' },
  B: { month: 'long' },
  a: { weekday: 'short' },
  A: { weekday: 'long' },
}

/** Keyed `token|language`; English where the device does not know the language. */
const namer = remember(key => {
  const options = { ...PARTS[key[0]!], timeZone: 'UTC', calendar: 'gregory' }
  try {
    const code = codeOf(key.slice(2)).trim().replaceAll('_', '-')
    if (Intl.DateTimeFormat.supportedLocalesOf(code).length > 0) return new Intl.DateTimeFormat(code, options)
  } catch {
    // no code of a language
  }
  return new Intl.DateTimeFormat('en', options)
})

const TOKENS: Readonly<Record<string, (wall: Date, language: string) => string>> = {
  Y: wall => String(wall.getUTCFullYear()).padStart(4, '0'),
  y: wall => two(wall.getUTCFullYear() % 100),
  m: wall => two(wall.getUTCMonth() + 1),
  n: wall => String(wall.getUTCMonth() + 1),
  b: (wall, language) => namer(`b|${language}`).format(wall),
  B: (wall, language) => namer(`B|${language}`).format(wall),
  d: wall => two(wall.getUTCDate()),
  e: wall => String(wall.getUTCDate()),
  a: (wall, language) => namer(`a|${language}`).format(wall),
  A: (wall, language) => namer(`A|${language}`).format(wall),
  w: wall => String(wall.getUTCDay()),
  H: wall => two(wall.getUTCHours()),
  h: wall => String(wall.getUTCHours()),
  M: wall => two(wall.getUTCMinutes()),
  S: wall => two(wall.getUTCSeconds()),
  3: wall => String(wall.getUTCMilliseconds()).padStart(3, '0'),
  '%': () => '%',
}

/** `wall`: a date whose UTC parts are what the wall clock shows. Unknown tokens stay as they are. */
export const formatWall = (wall: Date, pattern: string, language: string): string =>
  pattern.replace(/%(.)/gs, (whole, letter: string) => TOKENS[letter]?.(wall, language) ?? whole)
