/** Cron expressions of five fields, in UTC: whether one is, and when it is due next. */
import { CronExpressionParser } from 'cron-parser'

export function isCron(expression: string): boolean {
  if (expression.trim().split(/\s+/).length !== 5) return false
  try {
    CronExpressionParser.parse(expression, { tz: 'UTC' })
    return true
  } catch {
    return false
  }
}

export const nextOfCron = (expression: string, afterMs: number): number =>
  CronExpressionParser.parse(expression, { tz: 'UTC', currentDate: new Date(afterMs) })
    .next()
    .getTime()
