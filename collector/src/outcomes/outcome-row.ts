/**
 * One row of verified outcomes, as somebody typed or exported it.
 *
 * Laws, tested in `outcome-row.test.ts`:
 *   O1 each row stands alone: a bad one is refused with its number and field, the others are kept
 *   O2 nothing is guessed: exactly one of entityId and instanceId names whom the row is about,
 *      and whoever was chosen by plan comes with the probability of having been chosen
 *   O3 what `murram outcomes export` wrote is read back: each row says which outcome it is, and one
 *      that did not stand does not stand by being sent
 *
 * Not here: which submission a row belongs to, and whether it came before (import-outcomes.ts).
 */
import {
  EntityIdSchema,
  err,
  fault,
  InstanceIdSchema,
  ok,
  type EntityId,
  type FaultOf,
  type InstanceId,
  type Result,
} from '@murram/ground'
import { z } from 'zod'
import { readCsv } from './csv-records.ts'
import { SELECTIONS, type Selection } from './outcome-states.ts'

export interface OutcomeRow {
  /** As the sender counts: the row of the sheet, or the place in the list (from 1). */
  readonly row: number
  readonly about:
    | { readonly by: 'entity'; readonly entityId: EntityId }
    | { readonly by: 'instance'; readonly instanceId: InstanceId }
  readonly value: string
  readonly method: string
  readonly verifier: string
  readonly observedAtMs: number
  /** Why the household was looked at again; `null` where the sender does not say. */
  readonly chosen: { readonly selection: Selection; readonly probability: number | null } | null
  /** Of a row that was exported: which outcome it was, and what stood of it. */
  readonly exported: { readonly outcomeId: string; readonly state: string } | null
}

export interface RefusedRow {
  readonly row: number
  readonly fault: FaultOf<'outcome.invalid'>
}

export interface ReadRows {
  readonly rows: readonly OutcomeRow[]
  readonly refused: readonly RefusedRow[]
}

export const refuseRow = (row: number, field: string, why: string): RefusedRow => ({
  row,
  fault: fault('outcome.invalid', `row ${row}: ${field} ${why}`, { row, field }),
})

const DAY = 86_400_000
const text = z.string().trim().min(1, 'is empty').max(200, 'is longer than 200 characters')
const optionalId = <T>(schema: z.ZodType<T, string>) =>
  z
    .string()
    .trim()
    .optional()
    .transform(id => (id === '' ? undefined : id))
    .pipe(schema.optional())

/** An empty cell says nothing; a list may hold the number itself. */
const blank = <T>(schema: z.ZodType<T, string>) =>
  z
    .union([z.string(), z.number()])
    .nullish()
    .transform(cell =>
      cell === null || cell === undefined || String(cell).trim() === '' ? undefined : String(cell).trim(),
    )
    .pipe(schema.optional())

/** A date alone means that whole day: the outcome was seen after any visit of the same day. */
const ObservedAt = z.union(
  [
    z.iso.date().transform(date => Date.parse(`${date}T00:00:00Z`) + DAY - 1),
    z.iso.datetime({ offset: true }).transform(instant => Date.parse(instant)),
  ],
  { error: 'is not a date (2026-11-30) or an instant (2026-11-30T14:00:00Z)' },
)

/** Columns of an export that say nothing to a collector which reads it. */
const ignored = z.unknown().optional()
const onlyExported = {
  formId: ignored,
  why: ignored,
  stands: ignored,
  source: ignored,
  sourceInstanceId: ignored,
  importId: ignored,
  importedAt: ignored,
}

const Row = z.strictObject({
  entityId: optionalId(EntityIdSchema),
  instanceId: optionalId(InstanceIdSchema),
  value: text,
  method: text,
  verifier: text,
  observedAt: ObservedAt,
  selection: blank(z.enum(SELECTIONS, { error: `is none of ${SELECTIONS.join(', ')}` })),
  probability: blank(
    z
      .string()
      .regex(/^[0-9]*[.]?[0-9]+([eE]-?[0-9]+)?$/, 'is not a number: one half is written 0.5')
      .transform(Number)
      .pipe(z.number().gt(0, 'is not above 0').lte(1, 'is above 1')),
  ),
  outcomeId: blank(text),
  state: blank(text),
  ...onlyExported,
})

function readRow(row: number, fields: unknown, nowMs: number): OutcomeRow | RefusedRow {
  const parsed = Row.safeParse(fields)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    if (issue.code === 'unrecognized_keys') return refuseRow(row, issue.keys[0] ?? '', 'is not a field of an outcome')
    return refuseRow(row, String(issue.path[0] ?? 'the row'), issue.message)
  }
  const { entityId, instanceId, observedAt, selection, probability, outcomeId, state = 'verified' } = parsed.data
  const { value, method, verifier } = parsed.data
  if (entityId !== undefined && instanceId !== undefined) {
    return refuseRow(row, 'instanceId', 'stands beside entityId: name one of them')
  }
  // Two days: somebody's today may be tomorrow here.
  if (observedAt > nowMs + 2 * DAY) return refuseRow(row, 'observedAt', 'lies in the future')
  const isPlanned = selection === 'audit' || selection === 'decision'
  if (isPlanned && probability === undefined)
    return refuseRow(row, 'probability', `is missing: with what probability was this household chosen (${selection})?`)
  if (!isPlanned && probability !== undefined)
    return refuseRow(row, 'selection', `is ${selection ?? 'missing'}, and yet there is a probability`)
  const chosen = selection === undefined ? null : { selection, probability: probability ?? null }
  const exported = outcomeId === undefined ? null : { outcomeId, state }
  const rest = { value, method, verifier, observedAtMs: observedAt, chosen, exported }
  if (entityId !== undefined) return { row, about: { by: 'entity', entityId }, ...rest }
  if (instanceId !== undefined) return { row, about: { by: 'instance', instanceId }, ...rest }
  return refuseRow(row, 'entityId', 'is missing, and so is instanceId')
}

const sort = (read: readonly (OutcomeRow | RefusedRow)[]): ReadRows => ({
  rows: read.filter((one): one is OutcomeRow => 'about' in one),
  refused: read.filter((one): one is RefusedRow => 'fault' in one),
})

export const readOutcomeList = (list: readonly unknown[], nowMs: number): ReadRows =>
  sort(list.map((fields, index) => readRow(index + 1, fields, nowMs)))

/** @returns What was read, row by row, or `table.unreadable` where the text is no table at all. */
export function readOutcomeCsv(csv: string, nowMs: number): Result<ReadRows, FaultOf<'table.unreadable'>> {
  const records = readCsv(csv)
  if (!records.ok) return err(records.error)
  const header = problemOfHeader(Object.keys(records.value[0]?.fields ?? {}))
  if (header !== undefined) return err(fault('table.unreadable', `row 1: ${header}`))
  return ok(
    sort(
      records.value.map(({ row, fields, surplus }) =>
        surplus === 0
          ? readRow(row, fields, nowMs)
          : refuseRow(row, 'the row', `has ${Math.abs(surplus)} cells too ${surplus > 0 ? 'many' : 'few'}`),
      ),
    ),
  )
}

const NEEDED = ['value', 'method', 'verifier', 'observedAt']

/** Said once, and not of each row. @param columns None where there is no row. */
function problemOfHeader(columns: readonly string[]): string | undefined {
  if (columns.length === 0) return undefined
  const known = Object.keys(Row.shape)
  const strange = columns.filter(name => !known.includes(name))
  if (strange.length > 0) {
    const told = known.filter(name => !(name in onlyExported))
    return `no column of an outcome is called ${strange.map(name => `'${name}'`).join(', ')}; known are ${told.join(', ')}`
  }
  const missing = NEEDED.filter(name => !columns.includes(name))
  if (missing.length > 0) return `the column ${missing.map(name => `'${name}'`).join(', ')} is missing`
  return columns.includes('entityId') || columns.includes('instanceId')
    ? undefined
    : 'there is neither a column entityId nor instanceId'
}
