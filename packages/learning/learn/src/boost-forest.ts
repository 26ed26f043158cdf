/**
 * The folds that find how long to boost, and the trees on all rows. A generator, so that
 * whoever runs it can show progress, stop, or let others have the thread between rounds.
 */
import { orderCategories, readColumns, type Allocate, type BinnedFeature } from './bins.ts'
import { createBooster, type Booster, type BoosterInput, type BoosterOptions } from './booster.ts'
import { groupedFolds } from './groups.ts'
import type { Tree } from './models.ts'
import { createObjective, type Objective } from './objective.ts'
import { createRandom } from './random.ts'
import { allRows, plainColumns, type Table } from './table.ts'
import type { Target } from './target.ts'

export interface ForestOptions {
  readonly seed: number
  /** The household of each row. */
  readonly groups: readonly string[]
  /** What each row counts, above 0; all 1 where absent. */
  readonly weights?: Float64Array
  /** By column: 1 never falls, -1 never rises. Of numbers, and of one output. */
  readonly monotone?: Readonly<Record<string, 1 | -1>>
  readonly maxLeaves?: number
  readonly maxDepth?: number
  /** At most this many rounds. */
  readonly rounds?: number
  readonly learningRate?: number
  /** Rounds without improvement before the folds stop. */
  readonly patience?: number
  /** Fewest rows in a leaf. */
  readonly minRows?: number
  readonly lambda?: number
  readonly featureShare?: number
  readonly folds?: number
  readonly smoothing?: number
  readonly fewestRows?: number
  readonly bags?: number
  readonly stretch?: number
}

/** Trees of every output, not calibrated. */
export interface Forest {
  /** By output. */
  readonly features: readonly (readonly BinnedFeature[])[]
  readonly base: readonly number[]
  readonly trees: readonly (readonly Tree[])[]
  /** Scores of every row by output, from the fold that had not seen its household. */
  readonly unseen: readonly Float64Array[]
  /** Of `unseen`. */
  readonly loss: number
  readonly rounds: number
}

export interface ForestMeans {
  readonly allocate: Allocate
  readonly crewOf: NonNullable<BoosterInput['crewOf']>
}

export interface RoundsDone {
  readonly done: number
  /** At most. */
  readonly total: number
}

export function* boostForest(
  table: Table,
  target: Target,
  options: ForestOptions,
  { allocate, crewOf }: ForestMeans,
): Generator<RoundsDone, Forest> {
  const { seed, groups, folds: k = 5, weights = null } = options
  const growth = growthOf(table, target, options)
  const columns = readColumns(table, allocate)
  const objective = createObjective(target, weights)
  const rules = { smoothing: options.smoothing ?? 10, fewestRows: options.fewestRows ?? 1 }
  const inputOf = (rows: Int32Array): BoosterInput => ({
    features: objective.told.map(values => orderCategories(columns, { values, weights, rows }, rules, allocate)),
    objective,
    weights,
    rows,
    crewOf,
  })

  const folds = groupedFolds(groups, k, seed)
  const boosters = Array.from({ length: k }, (_, fold) => {
    const rows = allRows(table.rows).filter(row => folds[row] !== fold)
    return createBooster(inputOf(rows), growth, createRandom(seed + fold + 1))
  })
  const { rounds, unseen, loss } = yield* stopTogether(boosters, folds, objective, options)
  const input = inputOf(allRows(table.rows))
  const bags = options.bags ?? 1
  const bagged: Booster[] = []
  for (let bag = 0; bag < bags; bag++) {
    const booster = createBooster(input, { ...growth }, createRandom(seed + 1000 * bag))
    for (let round = 0; round < Math.round(rounds * (options.stretch ?? 1)); round++) {
      booster.step()
      yield { done: round, total: rounds }
    }
    bagged.push(booster)
  }
  const share = (tree: Tree): Tree =>
    bags === 1 ? tree : { ...tree, value: tree.value.map(value => Math.fround(value / bags)) }
  const trees = objective.told.map((_, output) => bagged.flatMap(booster => booster.trees[output]!.map(share)))
  return { features: input.features, base: bagged[0]!.base, trees, unseen, loss, rounds }
}

/** Small data: fewer leaves, and leaves of fewer rows. */
function growthOf(table: Table, { task }: Target, options: ForestOptions): BoosterOptions {
  const { rows } = table
  const monotone = task === 'multiclass' ? {} : (options.monotone ?? {})
  return {
    maxLeaves: options.maxLeaves ?? (rows < 2_000 ? 8 : rows < 10_000 ? 15 : 31),
    maxDepth: options.maxDepth ?? 8,
    learningRate: options.learningRate ?? 0.1,
    minRows: options.minRows ?? (rows < 1_000 ? 10 : 20),
    lambda: options.lambda ?? 1,
    minGain: 1e-6,
    featureShare: options.featureShare ?? 0.7,
    monotone:
      Object.keys(monotone).length === 0
        ? null
        : Int8Array.from(plainColumns(table), ({ name, kind }) => (kind === 'number' ? (monotone[name] ?? 0) : 0)),
  }
}

interface Stopped {
  /** Rounds at the lowest common loss; at least one. */
  readonly rounds: number
  readonly unseen: readonly Float64Array[]
  readonly loss: number
}

function* stopTogether(
  boosters: readonly Booster[],
  folds: readonly number[],
  objective: Objective,
  { rounds: most = 400, patience = 20 }: ForestOptions,
): Generator<RoundsDone, Stopped> {
  let best: Stopped = { rounds: 1, unseen: [], loss: Number.POSITIVE_INFINITY }
  const unseen = objective.told.map(() => new Float64Array(folds.length))
  for (let round = 1; round <= most && round - best.rounds <= patience; round++) {
    for (const booster of boosters) {
      booster.step()
      yield { done: round, total: most }
    }
    for (const [output, scores] of unseen.entries())
      for (let row = 0; row < scores.length; row++) scores[row] = boosters[folds[row]!]!.scores[output]![row]!
    const loss = objective.loss(unseen)
    if (loss < best.loss) best = { rounds: round, unseen: unseen.map(scores => scores.slice()), loss }
  }
  return best
}
