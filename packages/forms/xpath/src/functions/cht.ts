/**
 * Functions of the Community Health Toolkit, whose forms are XForms too: whole units between
 * two dates. Its tables of growth and its calendars are not here.
 */
import type { FunctionTable } from '../evaluate.ts'
import { ofTexts } from './define.ts'

const DAY_MS = 86_400_000
const DATE = /^(\d{4})-(\d{2})-(\d{2})/

interface Day {
  readonly months: number
  readonly day: number
  readonly days: number
}

function dayOf(text: string): Day | undefined {
  const found = DATE.exec(text.trim())
  if (found === null) return undefined
  const [year, month, day] = found.slice(1).map(Number) as [number, number, number]
  return { months: year * 12 + month - 1, day, days: Date.UTC(year, month - 1, day) / DAY_MS }
}

const between = (measure: (from: Day, to: Day) => number) =>
  ofTexts.number('from, to', (first = '', second = '') => {
    const [from, to] = [dayOf(first), dayOf(second)]
    return from === undefined || to === undefined ? Number.NaN : measure(from, to)
  })

/** A month is over on the day of the month it began on. */
const months = (from: Day, to: Day): number => to.months - from.months - (to.day < from.day ? 1 : 0)

const differences: FunctionTable = {
  'difference-in-days': between((from, to) => to.days - from.days),
  'difference-in-weeks': between((from, to) => Math.floor((to.days - from.days) / 7)),
  'difference-in-months': between(months),
  'difference-in-years': between((from, to) => Math.floor(months(from, to) / 12)),
}

export const chtFunctions: FunctionTable = {
  ...differences,
  ...Object.fromEntries(Object.entries(differences).map(([name, entry]) => [`cht:${name}`, entry])),
}
