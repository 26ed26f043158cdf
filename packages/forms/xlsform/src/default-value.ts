/**
 * A default is a value, or an expression that is calculated once. Nobody marks which: a
 * reference, a call, a predicate, or arithmetic written with spaces makes it an expression,
 * if it can be read as one. `f-4`, `2022-03-14` and `https://example.org/(a)` are values.
 */
import { parse } from '@murram/xpath'
import { compileCheck } from './expression-check.ts'
import type { SurveyNode } from './survey-node.ts'

export const isDynamicDefault = ({ row, type }: SurveyNode): boolean =>
  type !== null && isDynamic(row.cell('default'), type.bind)

const PLAIN_TYPES: ReadonlySet<string> = new Set(['date', 'dateTime', 'time', 'geopoint', 'geotrace', 'geoshape'])

function isDynamic(text: string, type = 'string'): boolean {
  if (text === '') return false
  if (text.includes('${')) return true
  if (PLAIN_TYPES.has(type) && /^[\d\s:;.,TZ+-]+$/.test(text)) return false
  const unquoted = text.replace(/'[^']*'|"[^"]*"/g, "''")
  const calls = /[\p{L}_][\p{L}\p{N}_:.-]*\(/u.test(unquoted)
  const counts = /\S\s(?:[+*|-]|div|mod)\s\S|\S[*+]\S/.test(unquoted)
  if (!calls && !counts && !unquoted.includes('[')) return false
  return parse(text).ok && (!calls || compileCheck(text) === undefined)
}
