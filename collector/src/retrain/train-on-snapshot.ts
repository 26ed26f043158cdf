/**
 * From frozen rows to a model. Pure and seeded by the snapshot's name: the same rows make the
 * same model, byte for byte.
 *
 * Laws, in `train-on-snapshot.test.ts`:
 *   T1 no household of the holdout is ever trained on      T2 same snapshot, same model
 *
 * Not here: what it is worth (measure-holdout.ts), and what the files of a bundle are (make-candidate.ts).
 */
import { ok, type Fault, type Result } from '@murram/ground'
import {
  climbLadder,
  conformalCutoffs,
  fitLogistic,
  isHoldout,
  logLoss,
  takeLabels,
  takeRows,
  type Cutoffs,
  type Labels,
  type LinearModel,
  type Model,
  type Rung,
  type Table,
} from '@murram/learn'
import type { Recipe } from '../registry/recipe.ts'
import { seededRandom } from './seeded-random.ts'
import type { SnapshotTable } from './snapshot.ts'

export type Handicap = 'shuffled-labels'

export interface Trained {
  readonly kind: Rung['rung']
  readonly model: Model
  readonly conformal: { readonly coverage: number; readonly cutoffs: Cutoffs } | null
  readonly trainedRows: number
  readonly crossValidated: Rung['crossValidated']
  /** As they were used, after every choice. */
  readonly hyperParameters: Readonly<Record<string, number | string>>
}

/** Fewer unseen scores than this promise no coverage. */
const CONFORMAL_FROM = 500
const COVERAGE = 0.9

export interface HoldoutSplit {
  readonly training: SnapshotTable
  readonly holdout: SnapshotTable
}

/** Membership hangs on the household's name and the salt alone, so it never changes. */
export function splitHoldout(rows: SnapshotTable, ratio: number, salt: string): HoldoutSplit {
  const parts = { training: [] as number[], holdout: [] as number[] }
  for (const [row, group] of rows.groups.entries())
    parts[isHoldout(group, salt, ratio) ? 'holdout' : 'training'].push(row)
  return { training: takeSnapshotRows(rows, parts.training), holdout: takeSnapshotRows(rows, parts.holdout) }
}

const takeSnapshotRows = (all: SnapshotTable, rows: readonly number[]): SnapshotTable => ({
  table: takeRows(all.table, rows),
  labels: takeLabels(all.labels, rows),
  groups: rows.map(row => all.groups[row]!),
  instances: rows.map(row => all.instances[row]!),
  weights: Float64Array.from(rows, row => all.weights[row]!),
  selections: rows.map(row => all.selections[row]!),
  observedAtMs: Float64Array.from(rows, row => all.observedAtMs[row]!),
  surveyedAtMs: Float64Array.from(rows, row => all.surveyedAtMs[row]!),
})

export interface TrainingOrder {
  readonly ladder: Recipe['ladder']
  readonly prior: LinearModel
  /** Names of the columns that the model may read. */
  readonly inputs: readonly string[]
  /** Verified outcomes in the whole snapshot: they decide the rung. */
  readonly verified: number
  readonly seed: number
  readonly handicap: Handicap | null
}

export function trainRung(rows: SnapshotTable, order: TrainingOrder): Result<Trained, Fault> {
  const { ladder, prior, verified, seed, handicap } = order
  const { table, labels, groups } = rows
  // Where all count the same nothing is weighed, and the model is byte for byte the one it always was.
  const weights = rows.weights.some(weight => weight !== 1) ? rows.weights : undefined
  const common = { seed, groups, ...(weights !== undefined && { weights }) }
  const readable: Table = { ...table, columns: table.columns.filter(({ name }) => order.inputs.includes(name)) }
  const codes = handicap === 'shuffled-labels' ? shuffled(labels, seed) : labels
  const l2 = verified >= ladder.logisticFrom ? choosePenalty(readable, codes, common) : 1
  const rung = climbLadder(readable, codes, {
    ...common,
    prior,
    logistic: { l2 },
    // The count of the snapshot, not of what is left to train on.
    logisticFrom: verified >= ladder.logisticFrom ? 0 : Number.POSITIVE_INFINITY,
    treesFrom: verified >= ladder.treesFrom ? 0 : Number.POSITIVE_INFINITY,
  })
  if (!rung.ok) return rung
  const { outOfFold, crossValidated } = rung.value
  return ok({
    kind: rung.value.rung,
    model: rung.value.model,
    conformal:
      outOfFold === null || outOfFold.length < CONFORMAL_FROM
        ? null
        : { coverage: COVERAGE, cutoffs: conformalCutoffs(outOfFold, codes, COVERAGE, weights) },
    trainedRows: table.rows,
    crossValidated,
    hyperParameters: rung.value.rung === 'prior' ? {} : hyperParametersOf(rung.value.model, l2),
  })
}

const hyperParametersOf = (model: Model, l2: number): Readonly<Record<string, number | string>> =>
  model.kind === 'linear'
    ? { l2 }
    : { trees: model.trees.length, leaves: model.trees.reduce((sum, tree) => sum + leavesOf(tree.feature), 0) }

/** A node that asks nothing is a leaf. */
const leavesOf = (features: readonly number[]) => features.filter(feature => feature < 0).length

const PENALTIES = [1, 4, 16, 64, 256, 1024]

/**
 * The penalty under which unseen households are told best. A form of fifty questions has a
 * hundred and more columns: with 700 rows the wrong penalty costs more than the wrong trainer
 * (measured on the walk's population: log-loss .527 at 1, .489 at 100).
 */
function choosePenalty(
  table: Table,
  labels: Labels,
  options: { readonly seed: number; readonly groups: readonly string[]; readonly weights?: Float64Array },
): number {
  let best = { l2: PENALTIES[0]!, loss: Number.POSITIVE_INFINITY }
  for (const l2 of PENALTIES) {
    const fitted = fitLogistic(table, labels, { ...options, l2 })
    const loss = fitted.ok ? logLoss(fitted.value.outOfFold, labels.codes, options.weights) : Number.POSITIVE_INFINITY
    if (!(loss < best.loss)) break // it only gets worse from here
    best = { l2, loss }
  }
  return best.l2
}

/** Labels dealt out anew: what is learnt from them is nothing. */
function shuffled({ classes, codes }: Labels, seed: number): Labels {
  const dealt = Uint8Array.from(codes)
  const random = seededRandom(seed)
  for (let at = dealt.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1))
    ;[dealt[at], dealt[other]] = [dealt[other]!, dealt[at]!]
  }
  return { classes, codes: dealt }
}
