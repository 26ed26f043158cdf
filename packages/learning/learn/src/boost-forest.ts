/**
 * The folds that find how long to boost, and the trees on all rows. A generator, so that
 * whoever runs it can show progress, stop, or let others have the thread between rounds.
 *
 * Small tables get trees of several shapes (tree-shapes.ts). Each shape finds its own number
 * of rounds; what they say is averaged, which stays one sum of trees.
 */
import { orderCategories, readColumns } from './bins.ts'
import { createBooster, type Booster, type BoosterInput, type BoosterOptions } from './booster.ts'
import { groupedFolds } from './groups.ts'
import type { Tree } from './models.ts'
import { createObjective, type Objective } from './objective.ts'
import { createRandom } from './random.ts'
import { allRows, plainColumns, type Table } from './table.ts'
import { outputsOf, type Target } from './target.ts'
import { MOST_LEAVES, shapesOf, type ShapeOptions, type TreeShape } from './tree-shapes.ts'

export interface ForestOptions extends ShapeOptions {
  readonly seed: number
  /** The household of each row. */
  readonly groups: readonly string[]
  /** What each row counts, above 0; all 1 where absent. */
  readonly weights?: Float64Array
  /** By column: 1 never falls, -1 never rises. Of numbers, and of one output. */
  readonly monotone?: Readonly<Record<string, 1 | -1>>
  /** At most this many rounds of each shape. */
  readonly rounds?: number
  /** Rounds without improvement before the folds stop. */
  readonly patience?: number
  readonly folds?: number
}

/** Trees of every output, not calibrated. */
export interface Forest {
  /** By feature: names the input; its order of categories by output. */
  readonly inputs: readonly {
    readonly name: string
    readonly kind: 'number' | 'category'
    readonly orders: readonly (readonly string[])[]
  }[]
  readonly base: readonly number[]
  readonly trees: readonly (readonly Tree[])[]
  /** Scores of every row by output, from the fold that had not seen its household. */
  readonly unseen: readonly Float64Array[]
}

/** One thread, or several with memory that they share. */
export type ForestMeans = Pick<BoosterInput, 'allocate' | 'crewOf'>

interface RoundsDone {
  readonly done: number
  /** At most. */
  readonly total: number
}

/** Pull of a category's mean towards that of all, in rows. */
const SMOOTHING = 10

export function* boostForest(
  table: Table,
  target: Target,
  options: ForestOptions,
  means: ForestMeans,
): Generator<RoundsDone, Forest> {
  const { seed, groups } = options
  const shapes = shapesOf(table.rows, target, options)
  const k = options.folds ?? (table.rows < MANY_ROWS ? 5 : 3)
  const { objective, inputOf, namesOf } = prepare(table, target, options, means)
  const mostLeaves = MOST_LEAVES / outputsOf(target)
  const mostOf = ({ maxLeaves, leafShare }: TreeShape) =>
    options.rounds ?? Math.max(1, Math.floor((mostLeaves * leafShare) / maxLeaves))
  const total = sumOf(shapes, mostOf) * (k + 1)
  const folds = groupedFolds(groups, k, seed)
  const heldOut = Array.from({ length: k }, (_, fold) =>
    inputOf(allRows(table.rows).filter(row => folds[row] !== fold)),
  )
  const whole = inputOf(allRows(table.rows))

  const scores: Float64Array[][] = []
  const forest: { readonly base: readonly number[]; readonly trees: readonly (readonly Tree[])[] }[] = []
  for (const [at, shape] of shapes.entries()) {
    const growth = growthOf(table, target, shape, options)
    const randomOf = (fold: number) => createRandom(seed + at * 1_000 + fold)
    const boosters = heldOut.map((input, fold) => createBooster(input, growth, randomOf(fold + 1)))
    const most = mostOf(shape)
    const start = sumOf(shapes.slice(0, at), mostOf) * (k + 1)
    const { rounds, unseen } = yield* stopTogether(boosters, folds, objective, {
      most,
      patience: options.patience ?? 20,
      progress: done => ({ done: start + done, total }),
    })
    scores.push(unseen)
    const booster = createBooster(whole, growth, randomOf(0))
    for (let round = 0; round < Math.min(most, stretched(rounds, k)); round++) {
      booster.step()
      yield { done: start + k * most + round, total }
    }
    forest.push(booster)
  }
  const share = (tree: Tree): Tree => ({ ...tree, value: tree.value.map(value => Math.fround(value / shapes.length)) })
  return {
    inputs: namesOf(whole),
    base: forest[0]!.base,
    trees: objective.told.map((_, output) => forest.flatMap(({ trees }) => trees[output]!.map(share))),
    unseen: objective.told.map((_, output) => meanOf(scores.map(ofShape => ofShape[output]!))),
  }
}

/** Trees of one shape and a given number of rounds, on all rows: nothing held out, nothing calibrated. */
export function growForest(
  table: Table,
  target: Target,
  options: Omit<ForestOptions, 'groups' | 'rounds'> & { readonly rounds: number },
  means: ForestMeans,
): Omit<Forest, 'unseen'> {
  const { inputOf, namesOf } = prepare(table, target, options, means)
  const whole = inputOf(allRows(table.rows))
  const [shape] = shapesOf(table.rows, target, { maxLeaves: 31, ...options }) as [TreeShape]
  const booster = createBooster(whole, growthOf(table, target, shape, options), createRandom(options.seed))
  for (let round = 0; round < options.rounds; round++) booster.step()
  return { inputs: namesOf(whole), base: booster.base, trees: booster.trees }
}

function prepare(table: Table, target: Target, options: Pick<ForestOptions, 'weights'>, means: ForestMeans) {
  const { weights = null } = options
  const columns = readColumns(table, means.allocate)
  const objective = createObjective(target, weights)
  const inputOf = (rows: Int32Array): BoosterInput => ({
    ...means,
    features: objective.told.map(values =>
      orderCategories(columns, { values, weights, rows }, SMOOTHING, means.allocate),
    ),
    objective,
    weights,
    rows,
  })
  const namesOf = ({ features }: BoosterInput): Forest['inputs'] =>
    columns.map(({ name, kind }, at) => ({ name, kind, orders: features.map(ofOutput => ofOutput[at]!.order) }))
  return { objective, inputOf, namesOf }
}

/** From here on fewer folds find the number of rounds as well. */
const MANY_ROWS = 20_000

/**
 * All rows of a small table are more than its folds had, and bear more rounds. Half of the
 * share that the folds lacked: with all of it the model is a little too sure of itself.
 */
const stretched = (rounds: number, k: number): number => (k < 5 ? rounds : Math.round(rounds * (1 + 0.5 / (k - 1))))

const sumOf = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0)

const meanOf = (lists: readonly Float64Array[]): Float64Array =>
  lists[0]!.map((_, row) => sumOf(lists, list => list[row]!) / lists.length)

function growthOf(
  table: Table,
  { task }: Target,
  shape: TreeShape,
  options: Pick<ForestOptions, 'monotone'>,
): BoosterOptions {
  const monotone = task === 'multiclass' ? {} : (options.monotone ?? {})
  return {
    ...shape,
    minGain: 1e-6,
    monotone:
      Object.keys(monotone).length === 0
        ? null
        : Int8Array.from(plainColumns(table), ({ name, kind }) => (kind === 'number' ? (monotone[name] ?? 0) : 0)),
  }
}

interface Stopped {
  /** Rounds at the lowest common loss; at least one. */
  readonly rounds: number
  readonly unseen: Float64Array[]
}

function* stopTogether(
  boosters: readonly Booster[],
  folds: readonly number[],
  objective: Objective,
  limits: { readonly most: number; readonly patience: number; readonly progress: (done: number) => RoundsDone },
): Generator<RoundsDone, Stopped> {
  const unseen = objective.told.map(() => new Float64Array(folds.length))
  const atBest = unseen.map(scores => scores.slice())
  let best = 1
  let lowest = Number.POSITIVE_INFINITY
  for (let round = 1; round <= limits.most && round - best <= limits.patience; round++) {
    for (const [fold, booster] of boosters.entries()) {
      booster.step()
      yield limits.progress((round - 1) * boosters.length + fold)
    }
    for (const [output, scores] of unseen.entries())
      for (let row = 0; row < scores.length; row++) scores[row] = boosters[folds[row]!]!.scores[output]![row]!
    const loss = objective.loss(unseen)
    if (round > 1 && !(loss < lowest)) continue
    lowest = loss
    best = round
    for (const [output, scores] of unseen.entries()) atBest[output]!.set(scores)
  }
  return { rounds: best, unseen: atBest }
}
