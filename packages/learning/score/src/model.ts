/**
 * `trees.json` of a bundle: the model as plain JSON, beside its graph. Reasons are computed
 * from it, and it is a second implementation that the test rows hold against the graph.
 *
 * Three shapes: format 1 (two classes), format 2 (what that cannot say), and a graph made
 * elsewhere, of which only its questions are known.
 */
import { z } from 'zod'
import { ForeignSchema, type ForeignModel } from './foreign-model.ts'
import { Model1Schema, type Model1 } from './model-format-1.ts'
import { Model2Schema, type Model2, type Task } from './model-format-2.ts'

/** A model whose working is known: it can be computed and explained without its graph. */
export type OwnModel = Model1 | Model2
export type Model = OwnModel | ForeignModel

export const isOwn = (model: Model): model is OwnModel => model.kind !== 'foreign'

export const taskOf = (model: Model): Task => (model.format === 1 ? 'binary' : model.task)

const formatOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined

/** One format is tried, not all: a complaint then names what is wrong in it. */
export const ModelSchema: z.ZodType<Model> = z.unknown().transform((value, context): Model => {
  const schema: z.ZodType<Model> =
    formatOf(value) === 1 ? Model1Schema : isForeign(value) ? ForeignSchema : Model2Schema
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  for (const { path, message } of parsed.error.issues.slice(0, 5))
    context.addIssue({ code: 'custom', message, path: [...path] })
  return z.NEVER
})

const isForeign = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'foreign'
