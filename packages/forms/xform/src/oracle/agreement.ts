/** What a test says of one form, and how much is tried. Tests only. */
import type { Engine } from './engine.ts'
import { runForm, type Found, type RunResult } from './run.ts'

/** The same in every run of the tests: what failed once fails again. */
const SEED = 20_261_121

/** `MURRAM_ORACLE_RUNS=20 npm test`: so many times as many runs a form, and forms drawn. */
export const oracleRuns = Number(process.env['MURRAM_ORACLE_RUNS'] ?? '1')

const tell = (name: string, { seed, made, differences }: Found): string =>
  [
    `${name}, seed ${seed}:`,
    ...made.map(move => `  ${move}`),
    ...differences
      .slice(0, 5)
      .flatMap(({ key, ours, theirs }) => [
        `${key}`,
        `  ours   ${JSON.stringify(ours) ?? 'nothing'}`,
        `  theirs ${JSON.stringify(theirs) ?? 'nothing'}`,
      ]),
  ].join('\n')

/** Fails with the form, the seed and the moves that led to a difference that is not listed. */
export async function agreement(
  name: string,
  form: {
    readonly xml: string
    readonly engine: Engine
    readonly runs: number
    readonly steps: number
    readonly attachments?: ReadonlyMap<string, string>
  },
): Promise<Omit<RunResult, 'found'>> {
  const result = await runForm({ ...form, runs: form.runs * oracleRuns, seed: SEED })
  const [first] = result.found
  if (first !== undefined) throw new Error(`the engines differ: ${tell(name, first)}`)
  return result
}
