/**
 * The rows of one run, frozen: whatever arrives later, the run can be done again on the same
 * bytes. Named by their SHA-256.
 *
 * Laws, in `snapshot.test.ts`:
 *   S1 the same rows make the same bytes, in whatever order they came
 *   S2 thawing gives back the table that was frozen, number for number
 *   S3 a row that cannot be used is left out, and counted by its reason
 *   S4 a snapshot that was frozen before rows had weights thaws: each row counts once
 *
 * It holds features and no free text; where it lies is protected as the answers are.
 */
import type { InstanceId } from '@murram/ground'
import type { Column, Labels, Table } from '@murram/learn'
import { toFeatureRow, type ModelInput } from '@murram/score'
import { z } from 'zod'
import { SELECTIONS, weightOf, type Selection } from '../outcomes/outcome-states.ts'

/** One interview with its outcome, as the house keeps it. */
export interface VerifiedVisit {
  readonly instanceId: InstanceId
  /** The canonical household, or the interview itself where it belongs to none. */
  readonly household: string
  readonly version: string
  /** The class that was verified. */
  readonly value: string
  /** XForm values by ref; what an expression says of them, by the input's name. */
  readonly answers: Readonly<Record<string, string>>
  readonly surveyedAtMs: number
  readonly observedAtMs: number
  /** Why the household was looked at again, and with what probability it was chosen. */
  readonly selection: Selection
  readonly probability: number | null
}

/** An outcome that was known to be of no use before its interview was read. */
export interface LeftOutVisit {
  readonly instanceId: InstanceId
  readonly leftOut: string
}

export interface SnapshotTable {
  /** The columns in the order of the snapshot's inputs. */
  readonly table: Table
  readonly labels: Labels
  /** The household of each row. */
  readonly groups: readonly string[]
  /** The interview of each row. */
  readonly instances: readonly string[]
  /** What each row counts: 1 / probability of having been chosen, at most 10; 1 where nobody planned it. */
  readonly weights: Float64Array
  readonly selections: readonly Selection[]
  /** When the outcome was seen, and when the interview was held; `NaN` in snapshots of format 1. */
  readonly observedAtMs: Float64Array
  readonly surveyedAtMs: Float64Array
}

const Cell = z.union([z.string(), z.number(), z.null()])
const Code = z.union([z.literal(0), z.literal(1)])
/** In the file: instance, household, code of the class, then one feature for each input. */
const Row1 = z.tuple([z.string(), z.string(), Code], Cell)
/** Between the class and the features: weight, selection, when the outcome was seen, when the interview was held. */
const Row2 = z.tuple(
  [z.string(), z.string(), Code, z.number().positive(), z.enum(SELECTIONS), z.number(), z.number()],
  Cell,
)

const common = {
  modelName: z.string(),
  formId: z.string(),
  classes: z.tuple([z.string(), z.string()]),
  /** The model in force may read columns that the new one must not: the first `readable` are its own. */
  readable: z.number().int().positive(),
  inputs: z.array(
    z.strictObject({
      name: z.string(),
      kind: z.enum(['category', 'number']),
      unit: z.string().optional(),
      from: z.string().optional(),
      expression: z.string().optional(),
    }),
  ),
  leftOut: z.record(z.string(), z.number().int()),
}
const Snapshot2 = z.strictObject({ format: z.literal(2), ...common, rows: z.array(Row2) })
const SnapshotFile = z.discriminatedUnion('format', [
  z.strictObject({ format: z.literal(1), ...common, rows: z.array(Row1) }),
  Snapshot2,
])
export type Snapshot = z.infer<typeof SnapshotFile>
type FreshSnapshot = z.infer<typeof Snapshot2>

export interface SnapshotOrder {
  /** Names of the questions of each form version that a row may come from. */
  readonly asked: Readonly<Record<string, readonly string[]>>
  readonly modelName: string
  readonly formId: string
  readonly classes: readonly [string, string]
  /** What the new model may read. */
  readonly inputs: readonly ModelInput[]
  /** What the model in force reads: it is judged on the same rows. */
  readonly championInputs: readonly ModelInput[]
}

export function freezeRows(order: SnapshotOrder, visits: readonly (VerifiedVisit | LeftOutVisit)[]): FreshSnapshot {
  const { modelName, formId, classes } = order
  const extra = order.championInputs.filter(({ name }) => order.inputs.every(input => input.name !== name))
  const inputs = [...order.inputs, ...extra]
  const asked = new Map(Object.entries(order.asked).map(([version, names]) => [version, new Set(names)]))
  const leftOut: Record<string, number> = {}
  const leave = (reason: string) => void (leftOut[reason] = (leftOut[reason] ?? 0) + 1)
  const rows = visits
    .toSorted((a, b) => (a.instanceId < b.instanceId ? -1 : 1))
    .flatMap(visit => {
      const row =
        'leftOut' in visit
          ? { ok: false as const, reason: visit.leftOut }
          : readRow(visit, classes, inputs, asked.get(visit.version))
      if (row.ok) return [row.value]
      leave(row.reason)
      return []
    })
  return {
    format: 2,
    modelName,
    formId,
    classes: [classes[0], classes[1]],
    readable: order.inputs.length,
    inputs: inputs.map(({ name, kind, unit, from, expression }) => ({
      name,
      kind: kind === 'number' ? 'number' : 'category',
      ...(unit === undefined ? {} : { unit }),
      ...(from === undefined ? {} : { from }),
      ...(expression === undefined ? {} : { expression }),
    })),
    leftOut,
    rows,
  }
}

type ReadRow =
  | { readonly ok: true; readonly value: FreshSnapshot['rows'][number] }
  | { readonly ok: false; readonly reason: string }

function readRow(
  visit: VerifiedVisit,
  classes: readonly [string, string],
  inputs: readonly ModelInput[],
  asked: ReadonlySet<string> | undefined,
): ReadRow {
  const code = classes.indexOf(visit.value)
  if (code < 0) return { ok: false, reason: 'the outcome is none of the classes' }
  const features = toFeatureRow(answersByName(visit.answers), inputs, asked ?? new Set())
  if (!features.ok)
    return {
      ok: false,
      reason: `version ${visit.version} of the form does not ask ${features.error.detail ?? 'an input'}`,
    }
  const cells = inputs.map(({ name }) => {
    const value = features.value[name]
    return typeof value === 'number' && !Number.isFinite(value) ? null : (value ?? null)
  })
  const { instanceId, household, selection, probability, observedAtMs, surveyedAtMs } = visit
  const weight = weightOf(probability)
  const head = [instanceId, household, code === 1 ? 1 : 0, weight, selection, observedAtMs, surveyedAtMs] as const
  return { ok: true, value: [...head, ...cells] }
}

/** A household has one value of each input: what stands inside a repeat has no name of its own. */
export const answersByName = (answers: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(answers).flatMap(([ref, answer]) =>
      ref.includes('[') ? [] : [[ref.slice(ref.lastIndexOf('/') + 1), answer] as const],
    ),
  )

export const encodeSnapshot = (snapshot: Snapshot): Uint8Array => new TextEncoder().encode(JSON.stringify(snapshot))

/** A snapshot that does not read back is damage, not an expected failure: it throws. */
export const decodeSnapshot = (bytes: Uint8Array): Snapshot =>
  SnapshotFile.parse(JSON.parse(new TextDecoder().decode(bytes)))

/** The columns that a trainer reads. */
export function thawRows(snapshot: Snapshot): SnapshotTable {
  const { classes, inputs, rows } = snapshot
  const first = snapshot.format === 1 ? 3 : 7
  const columns = inputs.map(({ name, kind }, at): Column => {
    const cells = rows.map(row => row[at + first] as string | number | null)
    return kind === 'number'
      ? { name, kind, values: Float32Array.from(cells, cell => (typeof cell === 'number' ? cell : Number.NaN)) }
      : { name, kind, values: cells.map(cell => (cell === null ? null : String(cell))) }
  })
  return {
    table: { rows: rows.length, columns },
    labels: { classes, codes: Uint8Array.from(rows, row => row[2]) },
    groups: rows.map(row => row[1]),
    instances: rows.map(row => row[0]),
    ...(snapshot.format === 1
      ? {
          weights: new Float64Array(rows.length).fill(1),
          selections: rows.map((): Selection => 'unplanned'),
          observedAtMs: new Float64Array(rows.length).fill(Number.NaN),
          surveyedAtMs: new Float64Array(rows.length).fill(Number.NaN),
        }
      : {
          weights: Float64Array.from(snapshot.rows, row => row[3]),
          selections: snapshot.rows.map(row => row[4]),
          observedAtMs: Float64Array.from(snapshot.rows, row => row[5]),
          surveyedAtMs: Float64Array.from(snapshot.rows, row => row[6]),
        }),
  }
}
