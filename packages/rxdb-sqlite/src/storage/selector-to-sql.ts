/**
 * A Mango selector as an SQL condition, as far as SQL can say it.
 *
 * S1  `exact`: true for a row that is not odd if and only if RxDB's own matcher says so
 * S2  not `exact`: true for every row that is not odd that RxDB's matcher accepts, and some others;
 *     whoever asked runs the matcher over what comes back
 * S3  what cannot be said is left out, and a condition left out is never exact
 *
 * Fields with a column compare exactly (columns.ts). Other fields are read out of the JSON,
 * which only narrows the search (S2), but costs a third of parsing the document.
 */
import { type Column, columnAt, isOrderlyText, isPlainText, type TableShape } from './columns.ts'

export interface Condition {
  /** Safe to place between AND, OR and parentheses. */
  readonly sql: string
  readonly params: readonly (string | number)[]
  readonly exact: boolean
  /** Whether text is compared by order, which SQL does otherwise for some rows (columns.ts K2). */
  readonly ordersText: boolean
}

/** Says nothing: every row passes, the matcher decides. */
const unsaid: Condition = { sql: '1', params: [], exact: false, ordersText: false }
const always: Condition = { sql: '1', params: [], exact: true, ordersText: false }
const never: Condition = { sql: '0', params: [], exact: true, ordersText: false }

/** Longer lists stay with the matcher: SQLite bounds the number of parameters. */
const MAX_LIST = 500

export function selectorToSql(selector: unknown, shape: TableShape): Condition {
  if (!isPlainObject(selector)) return unsaid
  return allOf(
    Object.entries(selector).map(([field, matcher]) => {
      if (field === '$and' && Array.isArray(matcher)) return allOf(matcher.map(part => selectorToSql(part, shape)))
      if (field === '$or' && Array.isArray(matcher) && matcher.length > 0)
        return anyOf(matcher.map(part => selectorToSql(part, shape)))
      return field.startsWith('$') ? unsaid : fieldToSql(field, matcher, shape)
    }),
  )
}

function fieldToSql(field: string, matcher: unknown, shape: TableShape): Condition {
  if (!isPlainObject(matcher))
    return matcher === null || typeof matcher !== 'object' ? fieldToSql(field, { $eq: matcher }, shape) : unsaid
  const operators = Object.entries(matcher)
  if (operators.length === 0) return unsaid
  // Its neighbour may say that case does not matter.
  if (Object.hasOwn(matcher, '$options')) return unsaid
  const column = columnAt(shape, field)
  return allOf(
    operators.map(([operator, operand]) =>
      column !== undefined
        ? columnToSql(column, operator, operand)
        : isKeptApart(field, shape)
          ? unsaid
          : jsonToSql(field, operator, operand),
    ),
  )
}

const isKeptApart = (field: string, { apart }: TableShape): boolean =>
  apart !== undefined && `${field}.`.startsWith(`${apart.join('.')}.`)

const comparisons: Readonly<Record<string, string>> = { $gt: '>', $gte: '>=', $lt: '<', $lte: '<=' }

function columnToSql(column: Column, operator: string, operand: unknown): Condition {
  const exactly = (sql: string, ...params: (string | number)[]): Condition => ({
    sql: `${column.name} ${sql}`,
    params,
    exact: true,
    ordersText: false,
  })
  switch (operator) {
    case '$eq': {
      if (operand === null) return exactly('IS NULL')
      const value = comparable(column, operand)
      return value === undefined ? unsaid : exactly('= ?', value)
    }
    case '$ne': {
      const value = comparable(column, operand)
      return value === undefined ? unsaid : exactly('IS NOT ?', value)
    }
    case '$in': {
      const values = Array.isArray(operand) ? comparableList(column, operand) : undefined
      if (values === undefined) return unsaid
      return values.length === 0 ? never : exactly(`IN (${values.map(() => '?').join(', ')})`, ...values)
    }
    case '$exists':
      return typeof operand === 'boolean' ? exactly(operand ? 'IS NOT NULL' : 'IS NULL') : unsaid
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte': {
      const value = column.kind === 'boolean' ? undefined : comparable(column, operand)
      if (value === undefined || (typeof value === 'string' && !isOrderlyText(value))) return unsaid
      return { ...exactly(`${comparisons[operator]} ?`, value), ordersText: typeof value === 'string' }
    }
    case '$regex': {
      const needle = column.kind === 'text' ? plainNeedle(operand) : null
      return needle === null
        ? unsaid
        : { sql: `instr(${column.name}, ?) > 0`, params: [needle], exact: false, ordersText: false }
    }
    default:
      return unsaid
  }
}

/** The text that whatever matches must hold: of a pattern without any special character but `^` and `$` at its ends. */
function plainNeedle(pattern: unknown): string | null {
  if (typeof pattern !== 'string') return null
  const needle = pattern.replace(/^\^/, '').replace(/\$$/, '')
  return needle !== '' && isPlainText(needle) && !/[\\^$.*+?()[\]{}|/]/.test(needle) ? needle : null
}

/** The operand as the column would hold it, or nothing where types differ. */
function comparable({ kind }: Column, operand: unknown): string | number | undefined {
  if (kind === 'text') return typeof operand === 'string' && isPlainText(operand) ? operand : undefined
  if (kind === 'number') return typeof operand === 'number' && Number.isFinite(operand) ? operand : undefined
  return typeof operand === 'boolean' ? Number(operand) : undefined
}

function comparableList(column: Column, operands: readonly unknown[]): (string | number)[] | undefined {
  if (operands.length > MAX_LIST) return undefined
  const values = operands.map(operand => comparable(column, operand))
  return values.every(value => value !== undefined) ? values : undefined
}

/** How far SQLite's reading of a decimal may lie from JavaScript's, generously. */
const DECIMAL_SLACK = 1e-12

function jsonToSql(field: string, operator: string, operand: unknown): Condition {
  const keys = field.split('.')
  if (!keys.every(key => /^[A-Za-z_][A-Za-z0-9_-]*$/.test(key))) return unsaid
  const paths = keys.map(
    (_, i) =>
      `'$.${keys
        .slice(0, i + 1)
        .map(key => `"${key}"`)
        .join('.')}'`,
  )
  const path = paths.at(-1)!
  // An array, also on the way, matches by its elements, and those are the matcher's business.
  const isArray = paths.map(one => `json_type(body, ${one}) = 'array'`).join(' OR ')
  const orArray = (sql: string, ...params: (string | number)[]): Condition => ({
    sql: `(${sql} OR ${isArray})`,
    params,
    exact: false,
    ordersText: false,
  })
  const value = `json_extract(body, ${path})`
  if (operator === '$eq') {
    if (typeof operand === 'string' && isPlainText(operand)) return orArray(`${value} = ?`, operand)
    if (typeof operand === 'boolean') return orArray(`json_type(body, ${path}) = ?`, String(operand))
    if (typeof operand === 'number' && Number.isFinite(operand))
      return orArray(`${value} BETWEEN ? AND ?`, operand - slack(operand), operand + slack(operand))
  }
  if (operator === '$in' && Array.isArray(operand) && operand.length > 0 && operand.length <= MAX_LIST) {
    const texts = operand.filter(one => typeof one === 'string' && isPlainText(one)) as string[]
    if (texts.length === operand.length) return orArray(`${value} IN (${texts.map(() => '?').join(', ')})`, ...texts)
  }
  if (typeof operand === 'number' && Number.isFinite(operand)) {
    if (operator === '$gt' || operator === '$gte') return orArray(`${value} >= ?`, operand - slack(operand))
    if (operator === '$lt' || operator === '$lte') return orArray(`${value} <= ?`, operand + slack(operand))
  }
  return unsaid
}

const slack = (value: number): number => Math.abs(value) * DECIMAL_SLACK + Number.MIN_VALUE

function allOf(parts: readonly Condition[]): Condition {
  const said = parts.filter(part => part.sql !== '1')
  const exact = parts.every(part => part.exact)
  if (said.length === 0) return exact ? always : unsaid
  return join(said, ' AND ', exact)
}

function anyOf(parts: readonly Condition[]): Condition {
  const exact = parts.every(part => part.exact)
  if (parts.some(part => part.sql === '1')) return { ...(exact ? always : unsaid) }
  return join(parts, ' OR ', exact)
}

const join = (parts: readonly Condition[], word: string, exact: boolean): Condition => ({
  sql: `(${parts.map(part => part.sql).join(word)})`,
  params: parts.flatMap(part => part.params),
  exact,
  ordersText: parts.some(part => part.ordersText),
})

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof RegExp) &&
  !(value instanceof Date)

/** @returns The ORDER BY list, or null where some field of it has no column. */
export function sortToSql(sort: readonly Readonly<Record<string, 'asc' | 'desc'>>[], shape: TableShape): string | null {
  const parts: string[] = []
  for (const part of sort) {
    for (const [field, direction] of Object.entries(part)) {
      const column = columnAt(shape, field)
      if (column === undefined) return null
      parts.push(`${column.name} ${direction === 'desc' ? 'DESC' : 'ASC'}`)
    }
  }
  return parts.join(', ')
}
