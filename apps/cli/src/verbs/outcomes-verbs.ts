/** `murram outcomes …`: what was verified about households, in and out, and what people say of it. */
import { userInfo } from 'node:os'
import { Option, type Command } from 'commander'
import type { OutcomesChangeOptions } from '../commands/outcomes-change.ts'
import type { OutcomesExportOptions } from '../commands/outcomes-export.ts'
import type { OutcomesImportOptions } from '../commands/outcomes-import.ts'
import type { Central } from '../ask-admin.ts'
import { examples, run, whole } from './declare-verb.ts'

export function addOutcomesVerbs(program: Command): void {
  const outcomes = program
    .command('outcomes')
    .description('what was verified about households: in and out, and what people say of it')
  const verb = (command: Command) =>
    command
      .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
      .option('--collector <url>', 'address of the running collector', 'http://127.0.0.1:8080')

  verb(outcomes.command('import'))
    .argument(
      '<file>',
      'CSV or .json: entityId or instanceId, value, method, verifier, observedAt; selection, probability',
    )
    .description('verified outcomes from a file, as one batch; a bad row is refused alone')
    .option('--name <name>', 'what the batch is called; the name of the file unless told')
    .option('--by <name>', 'who imports it', whoami())
    .option('--restore', 'rows whose batch was withdrawn count again, in this one')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      examples([
        'murram outcomes import march.csv --data ./centre',
        'murram outcomes import panel.json --name "Panel, wave 3" --by Grace',
      ]),
    )
    .action(
      run(async (file: string, options: OutcomesImportOptions) =>
        (await import('../commands/outcomes-import.ts')).outcomesImport(file, options),
      ),
    )
  verb(outcomes.command('export'))
    .description('every outcome with what stands of it')
    .addOption(new Option('--state <state>', 'only these').choices(['verified', 'disputed', 'withdrawn']))
    .addOption(new Option('--format <format>', 'as a table or a list').choices(['csv', 'json']).default('csv'))
    .option('-o, --out <file>', 'into this file; to the screen unless told')
    .addHelpText(
      'after',
      examples(['murram outcomes export --state verified -o outcomes.csv', 'murram outcomes export --format json']),
    )
    .action(
      run(async (options: OutcomesExportOptions) =>
        (await import('../commands/outcomes-export.ts')).outcomesExport(options),
      ),
    )
  verb(outcomes.command('list-imports'))
    .description('what came in together, and whether it looks like the others')
    .option('--most <n>', 'so many, the newest first', whole, 20)
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      examples(['murram outcomes list-imports', 'murram outcomes list-imports --json | jq .imports']),
    )
    .action(
      run(async (options: Central & { readonly most: number; readonly json?: boolean }) =>
        (await import('../commands/outcomes-change.ts')).outcomesListImports(options),
      ),
    )
  for (const [name, argument, description] of [
    ['withdraw', '<id>', 'a batch, or one outcome, was wrong: it trains nothing any more'],
    ['restore', '<id>', 'a batch, or one outcome, counts again; an outcome that was disputed is chosen'],
    ['dispute', '<outcome>', 'one outcome is doubted: its interview trains nothing until somebody settles it'],
  ] as const)
    verb(outcomes.command(name))
      .argument(argument, 'as list-imports or export names it')
      .description(description)
      .requiredOption('--why <reason>', 'kept with it')
      .option('--by <name>', 'who says so', whoami())
      .option('--json', 'one JSON object')
      .addHelpText('after', examples([`murram outcomes ${name} 4f0c… --why "the columns were swapped" --by Grace`]))
      .action(
        run(async (id: string, options: OutcomesChangeOptions) =>
          (await import('../commands/outcomes-change.ts')).outcomesChange(name, id, options),
        ),
      )
}

/** A machine may have no name for who uses it. */
function whoami(): string {
  try {
    return userInfo().username
  } catch {
    return 'somebody at the command line'
  }
}
