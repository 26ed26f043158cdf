/** What `npm run story:learning` may be told. */
import { Command, InvalidArgumentError } from 'commander'
import { resolve } from 'node:path'

export interface LearningOptions {
  readonly seed: number
  readonly waves: number
  readonly households: number
  /** Parts of a wave: after each the laptops have a link. */
  readonly rounds: number
  readonly json: boolean
  readonly data: string
  readonly panel?: PanelChoice
  /** A file for the drawn panel, instead of a story. */
  readonly writePanel?: string
}

export interface PanelChoice {
  readonly file: string
  readonly id: string
  readonly wave: string
  readonly outcome: string
  readonly region?: string
  readonly positive?: string
}

/** So few waves hold the whole story: outcomes, a new region, a lie, and what heals it. */
const FEWEST_WAVES = 5
const QUICK = { households: 400, waves: FEWEST_WAVES }
const FULL = { households: 800, waves: 6 }
/** A ring a round: what ring 0 has when a wave begins, all have when it ends. */
const ROUNDS = 3
/** With this one the short story is a full one: with others the gate may refuse what it promotes here. */
const SEED = 6

const whole = (least: number, most: number) => (text: string) => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least || value > most)
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
  return value
}

const examples = `
Examples:
  npm run story:learning                                  six years of a drawn panel, in some minutes
  npm run story:learning -- --quick                       five years of fewer households, within a minute
  npm run story:learning -- --seed 7 --json               other households; one JSON object as the last line
  npm run story:learning -- --panel uganda.csv --id hhid --wave year --outcome poor --region district
  npm run story:learning -- --panel shops.csv --id customer --wave month --outcome churn --positive Yes

Exit: 0 the right releases are on the devices and nothing is lost · 1 not so, or it broke · 2 wrong use
`

interface Given {
  readonly seed: number
  readonly waves?: number
  readonly households?: number
  readonly quick: boolean
  readonly json: boolean
  readonly data: string
  readonly panel?: string
  readonly id?: string
  readonly wave?: string
  readonly outcome?: string
  readonly region?: string
  readonly positive?: string
  readonly writePanel?: string
}

export function readLearningOptions(argv: readonly string[], root: string): LearningOptions {
  const command = new Command('npm run story:learning --')
    .description(
      'Years of a household panel on real parts: outcomes come a year late, a new region breaks the model, a batch of outcomes lies, a candidate is bad. Tells every decision with its reason.',
    )
    .option('--seed <n>', 'another panel and other links', whole(0, 2 ** 31), SEED)
    .option('--waves <n>', `years, or waves of the table that are used (drawn: ${FULL.waves})`, whole(FEWEST_WAVES, 40))
    .option(
      '--households <n>',
      `households from the first wave on, or visits of a wave of the table (drawn: ${FULL.households})`,
      whole(200, 20_000),
    )
    .option('--quick', `a short story: ${QUICK.households} households, ${QUICK.waves} waves`, false)
    .option('--json', 'print one JSON object as the last line of standard output', false)
    .option('--data <dir>', 'where the runs are kept', 'data')
    .option('--panel <file.csv>', 'a real panel: one row a household and wave')
    .option('--id <column>', 'with --panel: the column that names the household')
    .option('--wave <column>', 'with --panel: the column that names the wave; waves go by number, or by name')
    .option('--outcome <column>', 'with --panel: what turned out, two values; it is known a wave late')
    .option('--region <column>', 'with --panel: the column that names the region')
    .option('--positive <value>', 'with --panel: the value of the outcome whose probability is told')
    .option('--write-panel <file.csv>', 'write the drawn panel as a table, and tell no story')
    .addHelpText('after', examples)
    .exitOverride(({ exitCode }) => {
      throw Object.assign(new Error('wrong use'), { exitCode: exitCode === 0 ? 0 : 2 })
    })
    .parse(argv, { from: 'user' })
  const { seed, quick, json, writePanel, panel, id, wave, outcome, region, positive, ...given } = command.opts<Given>()
  const size = quick ? QUICK : FULL
  const options: LearningOptions = {
    seed,
    json,
    rounds: ROUNDS,
    waves: given.waves ?? size.waves,
    households: given.households ?? size.households,
    data: resolve(root, given.data),
    ...(writePanel === undefined ? {} : { writePanel: resolve(root, writePanel) }),
  }
  if (panel === undefined) {
    const stray = Object.entries({ id, wave, outcome, region, positive }).find(([, value]) => value !== undefined)
    return stray === undefined ? options : command.error(`error: --${stray[0]} goes with --panel FILE.csv`)
  }
  if (writePanel !== undefined) return command.error('error: --write-panel writes a drawn panel, not --panel')
  if (id === undefined || wave === undefined || outcome === undefined)
    return command.error('error: --panel also needs --id COLUMN, --wave COLUMN and --outcome COLUMN')
  return {
    ...options,
    panel: {
      file: resolve(root, panel),
      id,
      wave,
      outcome,
      ...(region === undefined ? {} : { region }),
      ...(positive === undefined ? {} : { positive }),
    },
  }
}
