/**
 * `training.json` beside a bundle: which rows, columns and options the model was made of, so
 * that anybody with the same tables can make it again and compare it byte for byte.
 *
 * It is not signed and need not be: it claims nothing that is not computed anew.
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { sha256 } from '@murram/seal'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readGiven } from '../read-given.ts'
import type { RowsOrder } from './prepare-rows.ts'
import type { TrainOrder } from './train-bundle.ts'

export const TRAINING_FILE = 'training.json'

export interface TrainingRecord {
  readonly format: 1
  readonly name: string
  readonly rows: RowsOrder
  readonly training: Omit<TrainOrder, 'threads'>
  /** SHA-256 by the name that was given. */
  readonly tables: Readonly<Record<string, string>>
  /** The recipe and the form, as they were named. */
  readonly recipe?: RecipeFiles | undefined
}

export interface RecipeFiles {
  readonly recipe: string
  readonly form?: string | undefined
}

export function recordTraining(
  name: string,
  { csv, target, test, split, group, time, text, drop, type, positive, task, region }: RowsOrder,
  { learner, seed }: Pick<TrainOrder, 'learner' | 'seed'>,
  recipe: RecipeFiles | undefined,
): Result<TrainingRecord, Fault> {
  const tables: Record<string, string> = {}
  for (const file of [csv, test, split]) {
    if (file === undefined) continue
    const bytes = readGiven(file)
    if (!bytes.ok) return bytes
    tables[file] = sha256(bytes.value)
  }
  const lists = { text: [...text], drop: [...drop], type: [...type] }
  return ok({
    format: 1,
    name,
    rows: { csv, target, test, split, group, time, positive, task, region, ...lists },
    training: { learner, seed, region },
    tables,
    recipe,
  })
}

export function readTrainingRecord(folder: string): Result<TrainingRecord, Fault> {
  let record: Partial<TrainingRecord> = {}
  try {
    record = JSON.parse(readFileSync(join(folder, TRAINING_FILE), 'utf8')) as Partial<TrainingRecord>
  } catch {
    // said below, with what to do
  }
  const { format, name, rows, training, tables } = record
  const isWhole =
    format === 1 &&
    typeof name === 'string' &&
    typeof rows?.csv === 'string' &&
    typeof rows.target === 'string' &&
    [rows.text, rows.drop, rows.type].every(Array.isArray) &&
    typeof training?.seed === 'number' &&
    typeof tables === 'object'
  return isWhole
    ? ok(record as TrainingRecord)
    : err(
        fault(
          'bundle.malformed',
          `${folder} holds no ${TRAINING_FILE} that says what it was made of: only a bundle of \`murram model train\` can be made again here`,
        ),
      )
}

/** Where the tables lie now, if not where they lay. */
export interface TableOptions {
  readonly csv?: string
  readonly test?: string
  readonly split?: string
}

/** The order with the tables that are there now: refused where they are not the ones recorded. */
export function withTables(
  { rows, tables }: TrainingRecord,
  { csv, test, split }: TableOptions,
): Result<RowsOrder, Fault> {
  const order: RowsOrder = {
    ...rows,
    csv: csv ?? rows.csv,
    test: rows.test === undefined ? undefined : (test ?? rows.test),
    split: rows.split === undefined ? undefined : (split ?? rows.split),
  }
  for (const which of ['csv', 'test', 'split'] as const) {
    const [given, recorded] = [order[which], rows[which]]
    if (given === undefined || recorded === undefined) continue
    const bytes = readGiven(given)
    if (!bytes.ok) return bytes
    if (sha256(bytes.value) !== tables[recorded])
      return err(fault('bundle.hash-mismatch', `${given} is not the table that the model was made of`, { name: given }))
  }
  return ok(order)
}
