/**
 * How the answers of a question are spread, as counts in fixed bins: what a device can send
 * of a thousand interviews without sending one answer.
 *
 *   numbers     up to ten bins between edges that were drawn in training
 *   categories  the most frequent answers, all others together
 *   texts       how many words
 *   and each    how often it was not answered
 *
 * Laws, each a property in `drift.test.ts`:
 *   D1 sketches of one plan add up: in any order, in any grouping, an empty one changes nothing
 *   D2 the sketch of all rows is the sum of the sketches of their parts
 *   D3 what is packed is unpacked as it was; what belongs to another plan is refused
 *
 * Not here: whether two sketches differ (drift-tests.ts), and who sends them when.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { canonicalBytes, sha256 } from '@murram/seal'
import { z } from 'zod'
import { isMissing, type FeatureColumns, type FeatureRow } from './answers.ts'

interface SketchedInput {
  readonly name: string
  readonly kind: SketchQuestion['kind']
}

export interface SketchQuestion {
  readonly input: string
  readonly kind: 'category' | 'number' | 'text'
  /** Rising; a number falls in the bin after the last edge below it. Of a text, its words. */
  readonly edges: readonly number[]
  /** Of a category: one bin each, then one for all others. */
  readonly values: readonly string[]
  /** Counts where the plan was drawn, by bin; the last bin is "not answered". */
  readonly reference: readonly number[]
}
/** Drawn in training; it travels with the model, so that all devices count alike. */
export type SketchPlan = readonly SketchQuestion[]

/** `counts[question][bin]`, in the order of the plan. */
export interface Sketch {
  readonly rows: number
  readonly counts: readonly (readonly number[])[]
}

const count = z.number().int().nonnegative()
export const SketchPlanSchema: z.ZodType<SketchPlan> = z
  .array(
    z
      .strictObject({
        input: z.string().min(1).max(249),
        kind: z.enum(['category', 'number', 'text']),
        edges: z.array(z.number()).max(100),
        values: z.array(z.string().max(1_000)).max(100),
        reference: z.array(count),
      })
      .refine(question => question.reference.length === binsOf(question), 'counts other bins'),
  )
  .max(5_000)

const MOST_BINS = 10
const MOST_VALUES = 12

export const binsOf = ({ kind, edges, values }: Pick<SketchQuestion, 'kind' | 'edges' | 'values'>): number =>
  (kind === 'category' ? values.length + 1 : edges.length + 1) + 1

/** Draws the plan from training columns: bins that hold about equally many answers. */
export function planSketch(inputs: readonly SketchedInput[], table: FeatureColumns): SketchPlan {
  const drawn = inputs.map(({ name, kind }): SketchQuestion => {
    const column = table.columns.get(name) ?? []
    const answers = Array.from<string | number | null>(column).filter(answer => !isMissing(answer ?? undefined))
    return {
      input: name,
      kind,
      edges: kind === 'category' ? [] : edgesOf(answers.map(answer => sizeOf(answer!, kind))),
      values: kind === 'category' ? mostFrequent(answers.map(String)) : [],
      reference: [],
    }
  })
  const sketcher = createSketcher(drawn)
  for (let row = 0; row < table.rows; row++)
    sketcher.observe(Object.fromEntries(inputs.map(({ name }) => [name, table.columns.get(name)?.[row] ?? ''])))
  const { counts } = sketcher.sketch()
  return drawn.map((question, i) => ({ ...question, reference: counts[i]! }))
}

const sizeOf = (answer: string | number, kind: SketchQuestion['kind']): number =>
  kind === 'text' ? String(answer).split(/\s+/u).filter(Boolean).length : Number(answer)

function edgesOf(numbers: readonly number[]): readonly number[] {
  const sorted = numbers.filter(Number.isFinite).sort((a, b) => a - b)
  const edges = new Set<number>()
  for (let i = 1; i < MOST_BINS && sorted.length > 0; i++)
    edges.add(Math.fround(sorted[Math.floor((i * sorted.length) / MOST_BINS)]!))
  edges.delete(Math.fround(sorted.at(-1) ?? 0))
  return [...edges].sort((a, b) => a - b)
}

function mostFrequent(answers: readonly string[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1)
  return [...counts]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, MOST_VALUES)
    .map(([value]) => value)
    .sort()
}

export interface Sketcher {
  readonly observe: (row: FeatureRow) => void
  /** What was observed so far. */
  readonly sketch: () => Sketch
}

export function createSketcher(plan: SketchPlan): Sketcher {
  const counts = plan.map(question => Array.from({ length: binsOf(question) }, () => 0))
  const readers = plan.map(createBinReader)
  let rows = 0
  return {
    observe(row) {
      rows += 1
      for (const [i, { input }] of plan.entries()) counts[i]![readers[i]!(row[input])]! += 1
    },
    sketch: () => ({ rows, counts: counts.map(list => [...list]) }),
  }
}

function createBinReader(question: SketchQuestion): (answer: string | number | undefined) => number {
  const { kind, edges, values } = question
  const blank = binsOf(question) - 1
  const places = new Map(values.map((value, place) => [value, place]))
  return answer => {
    if (answer === undefined || isMissing(answer)) return blank
    if (kind === 'category') return places.get(String(answer)) ?? values.length
    const size = sizeOf(answer, kind)
    if (!Number.isFinite(size)) return blank
    let bin = 0
    while (bin < edges.length && size > edges[bin]!) bin++
    return bin
  }
}

export const emptySketch = (plan: SketchPlan): Sketch => createSketcher(plan).sketch()

/** D1. Both are of one plan; else it throws. */
export function mergeSketches(a: Sketch, b: Sketch): Sketch {
  if (a.counts.length !== b.counts.length) throw new Error('sketches of different plans')
  return {
    rows: a.rows + b.rows,
    counts: a.counts.map((list, i) => {
      if (list.length !== b.counts[i]!.length) throw new Error('sketches of different plans')
      return list.map((n, bin) => n + b.counts[i]![bin]!)
    }),
  }
}

/** The sketch of the rows that the plan was drawn from. */
export const referenceSketch = (plan: SketchPlan): Sketch => ({
  rows: plan[0]?.reference.reduce((a, b) => a + b, 0) ?? 0,
  counts: plan.map(({ reference }) => reference),
})

const FORMAT = 1
const PLAN_BYTES = 4

/** One byte for the format, four for the plan, then each count in as few bytes as it needs. */
export function packSketch(plan: SketchPlan, { rows, counts }: Sketch): Uint8Array {
  return Uint8Array.from([FORMAT, ...planMark(plan), ...[rows, ...counts.flat()].flatMap(varint)])
}

export function unpackSketch(plan: SketchPlan, bytes: Uint8Array): Result<Sketch, FaultOf<'bundle.malformed'>> {
  const refuse = (why: string) => err(fault('bundle.malformed', `sketch: ${why}`))
  if (bytes[0] !== FORMAT) return refuse('of another format')
  if (planMark(plan).some((byte, i) => byte !== bytes[1 + i])) return refuse('of another plan')
  const numbers: number[] = []
  let [value, scale] = [0, 1]
  for (const byte of bytes.subarray(1 + PLAN_BYTES)) {
    value += (byte & 127) * scale
    scale *= 128
    if (byte >= 128) continue
    if (!Number.isSafeInteger(value)) return refuse('a count that is too large')
    numbers.push(value)
    ;[value, scale] = [0, 1]
  }
  const sizes = plan.map(binsOf)
  if (scale !== 1 || numbers.length !== 1 + sizes.reduce((a, b) => a + b, 0)) return refuse('cut short')
  let at = 1
  return ok({ rows: numbers[0]!, counts: sizes.map(size => numbers.slice(at, (at += size))) })
}

const planMark = (plan: SketchPlan): readonly number[] => [
  ...Buffer.from(
    sha256(canonicalBytes(plan.map(({ input, kind, edges, values }) => [input, kind, edges.map(String), values]))),
    'hex',
  ).subarray(0, PLAN_BYTES),
]

function varint(value: number): number[] {
  const digits: number[] = []
  let rest = value
  while (rest >= 128) {
    digits.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return [...digits, rest]
}
