/**
 * From a candidate, a champion and the households kept aside to the figures that the gate asks
 * for. Pure: the same rows, the same figures.
 *
 * Law, in `measure-holdout.test.ts`:
 *   M1 a row that stands for three households counts as three in gains, misses, flips and
 *      calibration of parts
 *   M2 flips are counted in both directions, and the examples are the largest changes with
 *      what moved both models
 *
 * Not here: what ONNX Runtime says (probe-bundle.ts), and the verdict (registry/judge-candidate.ts).
 */
import {
  accuracy,
  auc,
  brier,
  clusteredMean,
  logLoss,
  predict,
  rowLosses,
  slopeWithError,
  type Model,
} from '@murram/learn'
import type { ModelInput } from '@murram/score'
import type { FlipFigures, GateFigures } from '../registry/gate-figures.ts'
import { flipExamples } from './flip-examples.ts'
import type { JudgedRows } from './judged-rows.ts'
import type { SnapshotTable } from './snapshot.ts'
import { missedFigures, partsOf, subgroupFigures, type HoldoutPart } from './subgroup-figures.ts'

/** What the files and the ledger add: probe-bundle.ts, holdout-look.ts. */
export type HoldoutFigures = Omit<
  GateFigures,
  'parity' | 'bundleBytes' | 'p99Ms' | 'look' | 'flips' | 'handicap' | 'holdoutRatio'
> & { readonly flips: Pick<FlipFigures, 'share' | 'toPositive' | 'toNegative'> }

export function judgeRows(rows: JudgedRows, parts: readonly HoldoutPart[]): HoldoutFigures {
  const { codes, groups, champion, candidate, threshold } = rows
  const weights = rows.weights ?? undefined
  const [lossBefore, lossAfter] = [rowLosses(champion, codes), rowLosses(candidate, codes)]
  const gains = lossBefore.map((loss, row) => loss - lossAfter[row]!)
  const audit = rows.selections === null ? [] : [...codes.keys()].filter(row => rows.selections![row] === 'audit')
  const named = (said: Float64Array) => said.map(p => Number(p >= threshold))
  const [before, after] = [named(champion), named(candidate)]
  const changed = (to: number) => [...codes.keys()].filter(row => before[row] !== after[row] && after[row] === to)
  const { slope, error } = slopeWithError(candidate, codes, groups)
  return {
    holdout: new Set(groups).size,
    positives: new Set(groups.filter((_, row) => codes[row] === 1)).size,
    logLossGain: clusteredMean({ values: gains, groups, weights }),
    audit: {
      households: new Set(audit.map(row => groups[row])).size,
      logLossGain: clusteredMean({ values: audit.map(row => gains[row]!), groups: audit.map(row => groups[row]!) }),
    },
    championAuc: auc(champion, codes),
    candidateAuc: auc(candidate, codes),
    calibrationSlope: slope,
    calibrationSlopeError: error,
    accuracy: accuracy(candidate, codes, threshold),
    nonFinite: candidate.reduce((sum, p) => sum + Number(!Number.isFinite(p)), 0),
    flips: {
      share: clusteredMean({ values: before.map((one, row) => Number(one !== after[row])), groups, weights }).mean,
      toPositive: householdsOf(groups, changed(1)),
      toNegative: householdsOf(groups, changed(0)),
    },
    missed: missedFigures(rows),
    subgroups: parts.map(part => subgroupFigures(rows, gains, part)),
  }
}

const householdsOf = (groups: readonly string[], rows: readonly number[]): number =>
  new Set(rows.map(row => groups[row])).size

export interface Measured {
  readonly figures: Omit<HoldoutFigures, 'flips'> & { readonly flips: FlipFigures }
  /** What a release states of itself. */
  readonly metrics: Readonly<Record<string, number>>
  readonly candidate: Float64Array
}

export interface MeasureOrder {
  readonly candidate: Model
  readonly champion: Model
  /** What the model in force reads, and what the new one reads. */
  readonly championInputs: readonly ModelInput[]
  readonly inputs: readonly ModelInput[]
  readonly isFromPrior: boolean
  readonly threshold: number
  /** Columns by whose answers it is judged apart. */
  readonly subgroups: readonly string[]
}

export function measureOnHoldout(holdout: SnapshotTable, order: MeasureOrder): Measured {
  const { table, labels, groups, weights, selections } = holdout
  const { codes } = labels
  const rows: JudgedRows = {
    codes,
    groups,
    weights,
    selections,
    champion: predict(order.champion, table),
    candidate: predict(order.candidate, table),
    threshold: order.threshold,
  }
  const { flips, ...figures } = judgeRows(rows, partsOf(table, order.subgroups))
  const { champion, candidate } = rows
  return {
    candidate,
    figures: {
      ...figures,
      flips: { ...flips, isFromPrior: order.isFromPrior, examples: flipExamples(holdout, rows, order) },
    },
    metrics: finiteOnly({
      auc: figures.candidateAuc,
      logLoss: logLoss(candidate, codes),
      brier: brier(candidate, codes),
      calibrationSlope: figures.calibrationSlope,
      championAuc: figures.championAuc,
      championLogLoss: logLoss(champion, codes),
      holdoutRows: codes.length,
    }),
  }
}

const finiteOnly = (metrics: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)))
