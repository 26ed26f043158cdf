/**
 * Workload: the census survey (Adult) and two more tables of the shared data on their given
 * split, where present. Timed: training, from columns to a model; each in its own process.
 * Not timed: reading the CSV. Memory is the peak of that process, reading included.
 * Beside it, in the same run, where Debian's packages are installed: scikit-learn's
 * HistGradientBoosting and XGBoost, one thread. `murram, 100 × 31, no folds` is what they
 * call a fit; `folds, calibration, refit` is what `murram model train` does.
 * Prints a table and, with --json, one object; asserts nothing (docs/benchmarks.md is the record).
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isHere, sharedFolder, sources, type Source } from './learn-tables.ts'

const asJson = process.argv.includes('--json')
/** Debian's own, which its packages are for. */
const PYTHON = '/usr/bin/python3'

interface Measured {
  readonly model: string
  readonly trees: number | null
  readonly seconds: number
  /** Of the processor: what a busy machine does not stretch. */
  readonly cpuSeconds: number
  readonly logLoss: number
  readonly auc: number
  readonly maxRssMb: number
}

const ours = (source: Source, what: string): Measured => {
  const program = fileURLToPath(new URL('learn-ours.ts', import.meta.url))
  return JSON.parse(execFileSync(process.execPath, [program, source.name, what], { encoding: 'utf8' })) as Measured
}

/** Nothing where the library is not installed. */
function peers({ name, target, positive, leaveOut }: Source, library: string): Measured[] {
  const program = fileURLToPath(new URL('learn-peers.py', import.meta.url))
  const given = [fileURLToPath(sharedFolder), name, target, positive, leaveOut.join(','), library]
  try {
    const said = execFileSync(PYTHON, [program, ...given], {
      encoding: 'utf8',
      env: { ...process.env, OMP_NUM_THREADS: '1' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return said
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Measured)
  } catch {
    return []
  }
}

const round = (value: number, digits: number) => Number(value.toFixed(digits))
const results = sources.filter(isHere).flatMap(source =>
  [
    ...['plain', 'trees', 'two', 'logistic'].map(what => ours(source, what)),
    ...['sklearn', 'xgboost'].flatMap(library => peers(source, library)),
  ].map(({ model, trees, seconds, cpuSeconds, logLoss, auc, maxRssMb }) => ({
    table: source.name,
    model,
    trees,
    seconds: round(seconds, 2),
    cpuSeconds: round(cpuSeconds, 2),
    logLoss: round(logLoss, 4),
    auc: round(auc, 4),
    maxRssMb: Math.round(maxRssMb),
  })),
)
if (asJson) console.log(JSON.stringify({ benchmark: 'learn', results }))
else console.table(results)
