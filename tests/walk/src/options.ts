/** What `npm start` may be told. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { resolve } from 'node:path'

export interface WalkOptions {
  readonly agents: number
  readonly interviews: number
  readonly seed: number
  readonly exit: boolean
  readonly json: boolean
  readonly badCandidate: boolean
  /** Where runs are kept; each run gets a folder of its own. */
  readonly data: string
  readonly port: number
  readonly replay?: ReplayChoice
}

export interface ReplayChoice {
  readonly table: string
  readonly form: string
  readonly outcome: string
  readonly id?: string
  readonly limit: number
}

const DEFAULT_REPLAY_ROWS = 3_000

const whole = (least: number, most: number) => (text: string) => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
  }
  return value
}

const examples = `
Examples:
  npm start                                   the whole walk, then it stays up
  npm start -- --exit --json                  for a script: one JSON object as the last line
  npm start -- --agents 2 --interviews 30     a short walk
  npm start -- --bad-candidate                a spoilt training must be refused at the gate
  npm start -- --replay people.csv --form people.xlsx --outcome income --limit 3000
`

export function readOptions(argv: readonly string[], root: string): WalkOptions {
  const command = new Command('npm start --')
    .description(
      'Murram from an answer to a better score: officers offline, bad links, merging, learning, a signed model back.',
    )
    .option('--agents <n>', 'officers, each with a laptop', whole(1, 20), 3)
    .option('--interviews <n>', 'interviews an officer', whole(1, 20_000), 420)
    .option('--seed <n>', 'another population and another weather', whole(0, 2 ** 31), 1)
    .option('--exit', 'end after the closing table instead of staying up', false)
    .option('--json', 'print one JSON object as the last line of standard output', false)
    .option('--bad-candidate', 'spoil the training, to see the gate refuse it', false)
    .option('--data <dir>', 'where the runs are kept', 'data')
    .option('--port <n>', 'port of the collector (0: any free one)', whole(0, 65_535), 0)
    .addOption(new Option('--replay <file.csv>', 'replay a real table as interviews'))
    .addOption(new Option('--form <file.xlsx>', 'with --replay: the form whose questions the columns are'))
    .addOption(new Option('--outcome <column>', 'with --replay: the column with the verified outcome'))
    .addOption(new Option('--id <column>', 'with --replay: the column that names the person or household'))
    .addOption(new Option('--limit <n>', 'with --replay: at most so many rows').argParser(whole(1, 10_000_000)))
    .addHelpText('after', examples)
    .parse(argv, { from: 'user' })
  const given = command.opts<
    Omit<WalkOptions, 'replay'> & { replay?: string; form?: string; outcome?: string; id?: string; limit?: number }
  >()
  const { replay, form, outcome, id, limit, ...rest } = given
  if (replay === undefined) {
    if (form !== undefined || outcome !== undefined || id !== undefined || limit !== undefined) {
      command.error('error: --form, --outcome, --id and --limit go with --replay FILE.csv')
    }
    return { ...rest, data: resolve(root, rest.data) }
  }
  if (form === undefined || outcome === undefined) {
    return command.error('error: --replay also needs --form FORM.xlsx and --outcome COLUMN')
  }
  return {
    ...rest,
    data: resolve(root, rest.data),
    replay: {
      table: resolve(root, replay),
      form: resolve(root, form),
      outcome,
      limit: limit ?? DEFAULT_REPLAY_ROWS,
      ...(id === undefined ? {} : { id }),
    },
  }
}
