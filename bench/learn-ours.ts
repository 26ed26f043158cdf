/** One table of learn.ts in a process of its own, so that its peak of memory is its own. Prints one object. */
import { unwrap } from '@murram/ground'
import { auc, fitTrees, growTrees, logLoss, predictModel, trainModel, type AnyModel, type Target } from '@murram/learn'
import { readSource, sources } from './learn-tables.ts'

const [name, what] = process.argv.slice(2)
const source = sources.find(one => one.name === name)
if (source === undefined) throw new Error(`no table ${name}`)
const { train, test } = readSource(source)
const target: Target = { ...train.labels, task: 'binary' }
const groups = Array.from({ length: train.table.rows }, (_, row) => String(row))

interface Timed<T> {
  readonly made: T
  readonly seconds: number
  readonly cpuSeconds: number
}

/** The median of `times`, by the processor's time, and what was made last. */
async function timed<T>(times: number, make: () => T | Promise<T>): Promise<Timed<T>> {
  const runs: Timed<T>[] = []
  for (let time = 0; time < times; time++) {
    const start = performance.now()
    const before = process.cpuUsage()
    const made = await make()
    const { user, system } = process.cpuUsage(before)
    runs.push({ made, seconds: (performance.now() - start) / 1_000, cpuSeconds: (user + system) / 1e6 })
  }
  return runs.toSorted((a, b) => a.cpuSeconds - b.cpuSeconds)[Math.floor(times / 2)]!
}

function report(label: string, model: AnyModel, { seconds, cpuSeconds }: Timed<unknown>): object {
  const said = predictModel(model, test.table)
  return {
    model: label,
    trees: model.kind === 'trees' ? model.trees.length : null,
    seconds,
    cpuSeconds,
    logLoss: logLoss(said, test.labels.codes),
    auc: auc(said, test.labels.codes),
    maxRssMb: process.resourceUsage().maxRSS / 1_024,
  }
}

/** As HistGradientBoosting's default: 100 rounds of 31 leaves, no depth limit, every feature. */
const likeDefault = { seed: 1, rounds: 100, maxLeaves: 31, maxDepth: 99, learningRate: 0.1, featureShare: 1, lambda: 0 }

async function run(): Promise<object> {
  if (what === 'plain') {
    const run = await timed(3, () => unwrap(growTrees(train.table, target, likeDefault)))
    return report('murram, 100 × 31, no folds', run.made, run)
  }
  if (what === 'trees') {
    const run = await timed(1, () => unwrap(fitTrees(train.table, train.labels, { seed: 1, groups })))
    return report('murram trees: folds, calibration, refit', run.made.model, run)
  }
  const learner = what === 'two' ? 'gbdt' : 'logistic'
  const run = await timed(1, async () =>
    unwrap(await trainModel(train.table, target, { seed: 1, groups, learner, threads: 2 })),
  )
  return report(
    what === 'two' ? 'murram model train, trees, two threads' : 'murram model train, logistic',
    run.made.model,
    run,
  )
}

console.log(JSON.stringify(await run()))
