/**
 * `murram`: thin verbs over the rooms. Each verb is a file of `commands/`; its module is
 * loaded only when it is called, so that `--help` is there at once.
 *
 * Exit: 0 all good · 1 the answer is no (a bad form, work that waits) · 2 wrong use, or the
 * work could not be done.
 */
import { Command, CommanderError } from 'commander'
import { print, type ExitCode } from './print.ts'

const program = new Command('murram')
  .description('Offline-first surveys that learn: officers’ laptops, the central team’s server, forms and models.')
  .version('0.1.0')
  .showHelpAfterError('(add --help for the options and examples)')
  .configureHelp({ showGlobalOptions: true })
  .exitOverride()

const examples = (lines: readonly string[]) => `\nExamples:\n${lines.map(line => `  ${line}`).join('\n')}\n`
const run =
  <Args extends unknown[]>(verb: (...args: Args) => Promise<ExitCode>) =>
  async (...args: Args): Promise<void> => {
    process.exitCode = await verb(...args)
  }

const form = program.command('form').description('forms: XLSForm workbooks and XForms')
form
  .command('check')
  .argument('<file...>', '.xlsx, .xls or .csv (XLSForm), or .xml (XForm)')
  .description('does a form convert and compile? Names the cell at fault and what to do')
  .option('--xform <file>', 'write the converted XForm')
  .option('--json', 'one JSON object a file')
  .addHelpText('after', examples(['murram form check household.xlsx', 'murram form check forms/*.xlsx --json | jq -c "select(.ok|not)"']))
  .action(run(async (files: string[], options: { json?: boolean; xform?: string }) => (await import('./commands/form-check.ts')).formCheck(files, options)))

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    print.note(error instanceof Error ? error.message : String(error))
    process.exitCode = 2
  }
}
