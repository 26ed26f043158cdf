/**
 * A graph that was made elsewhere (scikit-learn, LightGBM, XGBoost, by their own converters):
 * which questions it asks, and how its inputs and outputs are called. How it works inside is
 * its own affair, so its reasons are found by asking it again with one answer taken out.
 *
 * Not here: reading an ONNX file (onnx-facts.ts), taking one in (import-onnx.ts).
 */
import { z } from 'zod'
import { TASKS, type Task } from './model-format-2.ts'

export interface ForeignInput {
  readonly name: string
  readonly kind: 'category' | 'number' | 'text'
  /** What stands in for an answer that is not known when the graph takes no blank. */
  readonly typical: string | number
  /** Answers that test rows are made of: values of a category, a low, a middle, a high number. */
  readonly likely: readonly (string | number)[]
}

/** One input of the graph: the questions that fill its columns, left to right. */
export interface ForeignPort {
  readonly port: string
  readonly type: 'string' | 'float' | 'double' | 'int64'
  readonly columns: readonly string[]
}

export interface ForeignModel {
  readonly format: 2
  readonly kind: 'foreign'
  readonly task: Task
  /** `[negative, positive]`, or several; `[]` for regression. */
  readonly classes: readonly string[]
  /** Beside `classes`: the column in which the graph says each. */
  readonly classColumns: readonly number[]
  readonly inputs: readonly ForeignInput[]
  readonly ports: readonly ForeignPort[]
  /** The output with probabilities (one column or one a class), or with the amount. */
  readonly output: string
  /** A blank answer goes in as it is (NaN, ''); else what is typical stands in for it. */
  readonly takesBlanks: boolean
}

const name = z.string().min(1).max(249)
const answer = z.union([z.string().max(10_000), z.number()])

export const ForeignSchema: z.ZodType<ForeignModel> = z
  .strictObject({
    format: z.literal(2),
    kind: z.literal('foreign'),
    task: z.enum(TASKS),
    classes: z.array(name).max(1_000),
    classColumns: z.array(z.number().int().nonnegative()).max(1_000),
    inputs: z
      .array(
        z.strictObject({
          name,
          kind: z.enum(['category', 'number', 'text']),
          typical: answer,
          likely: z.array(answer).min(1).max(1_000),
        }),
      )
      .min(1)
      .max(5_000),
    ports: z
      .array(
        z.strictObject({
          port: name,
          type: z.enum(['string', 'float', 'double', 'int64']),
          columns: z.array(name).min(1),
        }),
      )
      .min(1),
    output: name,
    takesBlanks: z.boolean(),
  })
  .refine(({ task, classes }) => (task === 'binary' ? classes.length === 2 : true), 'has other classes than its task')
  .refine(
    ({ task, classes }) => (task === 'regression' ? classes.length === 0 : true),
    'has classes, and says an amount',
  )
  .refine(({ task, classes }) => (task === 'multiclass' ? classes.length > 2 : true), 'has too few classes')
  .refine(
    ({ classes, classColumns }) =>
      classes.length === classColumns.length && classes.every((_, column) => classColumns.includes(column)),
    'does not say where its classes are',
  )
  .refine(({ inputs, ports }) => {
    const read = ports.flatMap(({ columns }) => columns)
    const names = new Set(inputs.map(input => input.name))
    return read.length === inputs.length && new Set(read).size === read.length && read.every(one => names.has(one))
  }, 'does not read each of its questions once')
