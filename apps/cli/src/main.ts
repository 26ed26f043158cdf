/**
 * `murram`: thin verbs over the rooms. Each verb is a file of `commands/`; its module is
 * loaded only when it is called, so that `--help` is there at once.
 *
 * Exit: 0 all good · 1 the answer is no (a bad form, work that waits) · 2 wrong use, or the
 * work could not be done.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type * as agentKeyVerbs from './commands/agent-key.ts'
import type * as agentVerbs from './commands/agent.ts'
import type { CollectorPublishOptions } from './commands/collector-publish.ts'
import type { CollectorStartOptions } from './commands/collector-start.ts'
import type { CollectorTokenOptions } from './commands/collector-token.ts'
import type { FormPreviewOptions } from './commands/form-preview.ts'
import type { FormValidateOptions } from './commands/form-validate.ts'
import type { ModelScoreOptions } from './commands/model-score.ts'
import type { ModelTrainOptions } from './commands/model-train.ts'
import type { ModelVerifyOptions } from './commands/model-verify.ts'
import type { ReadDiagnosticsOptions } from './commands/read-diagnostics.ts'
import { print, type ExitCode } from './print.ts'

type Agent = typeof agentVerbs
type AgentKey = typeof agentKeyVerbs

const program = new Command('murram')
  .description('Offline-first surveys that learn: officers’ laptops, the central team’s server, forms and models.')
  .version('0.1.0')
  .showHelpAfterError('(add --help for the options and examples)')
  .configureHelp({
    showGlobalOptions: true,
    optionDescription: option => `${option.description}${describeValue(option)}`,
  })
  .exitOverride()

/** What Commander says of an option's values, and whether it must be given. */
function describeValue({ mandatory, argChoices, defaultValue }: Option): string {
  const facts = [
    ...(mandatory ? ['required'] : []),
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(', ')}`]),
    ...(defaultValue === undefined || String(defaultValue) === '' ? [] : [`default: ${String(defaultValue)}`]),
  ]
  return facts.length === 0 ? '' : ` (${facts.join('; ')})`
}
const examples = (lines: readonly string[]) => `\nExamples:\n${lines.map(line => `  ${line}`).join('\n')}\n`
const whole = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number.')
  return value
}
const port = (text: string): number => {
  const value = whole(text)
  if (value > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.')
  return value
}
const list = (text: string): readonly string[] => text.split(',').map(name => name.trim())
const run =
  <Args extends unknown[]>(verb: (...args: Args) => Promise<ExitCode>) =>
  async (...args: Args): Promise<void> => {
    process.exitCode = await verb(...args)
  }

const form = program.command('form').description('forms: XLSForm workbooks and XForms')
form
  .command('check')
  .argument('<file...>', '.xlsx, .xls, .csv or .md (XLSForm), .xml (XForm), or a folder of them')
  .description('does a form convert and compile? Names the cell at fault and what to do')
  .option('--xform <file>', 'write the converted XForm; with several forms a folder')
  .option('--json', 'one JSON object a file')
  .addHelpText(
    'after',
    examples([
      'murram form check household.xlsx',
      'murram form check household.xlsx --xform household.xml',
      'murram form check forms/ --json | jq -c "select(.ok|not)"',
    ]),
  )
  .action(
    run(async (files: string[], options: { json?: boolean; xform?: string }) =>
      (await import('./commands/form-check.ts')).formCheck(files, options),
    ),
  )
form
  .command('validate')
  .argument('<form>', '.xlsx, .xls, .csv or .md (XLSForm), .xml (XForm), or .json (a program)')
  .description('do these records follow the form? Names the record, the field and what is wrong')
  .requiredOption(
    '--records <file>',
    '.csv (also as ODK Central and Kobo export it), .json, .jsonl, an instance as .xml, or a folder of these',
  )
  .option('--threads <n>', 'how many threads check; one a processor if absent', whole)
  .option('--json', 'one JSON object a record')
  .addHelpText(
    'after',
    examples([
      'murram form validate household.xlsx --records household.csv',
      'murram form validate household.xml --records instances/ --json | jq -c "select(.ok|not)"',
    ]),
  )
  .action(
    run(async (file: string, options: FormValidateOptions) =>
      (await import('./commands/form-validate.ts')).formValidate(file, options),
    ),
  )
form
  .command('diff')
  .argument('<old>', 'the version in the field')
  .argument('<new>', 'the version to come')
  .description('what a new version breaks: for drafts, for exports, for models')
  .option('--json', 'one JSON object')
  .addHelpText(
    'after',
    examples([
      'murram form diff household-1.xlsx household-2.xlsx',
      'murram form diff old.xml new.xml --json | jq ".changes[] | select(.severity == \\"breaks\\")"',
    ]),
  )
  .action(
    run(async (older: string, newer: string, options: { json?: boolean }) =>
      (await import('./commands/form-diff.ts')).formDiff(older, newer, options),
    ),
  )
form
  .command('preview')
  .argument('<file>', '.xlsx, .xls, .csv or .md (XLSForm), or .xml (XForm)')
  .description('the form in the browser, as an officer will see it; it follows each save of the file')
  .option('--port <n>', 'of the page, on this machine only (0: any)', port, 0)
  .option('--no-open', 'print the address and open no browser')
  .option('--json', 'one JSON object when the page is up')
  .addHelpText(
    'after',
    examples(['murram form preview household.xlsx', 'murram form preview household.xml --port 4000 --no-open']),
  )
  .action(
    run(async (file: string, options: FormPreviewOptions) =>
      (await import('./commands/form-preview.ts')).formPreview(file, options),
    ),
  )

const model = program.command('model').description('models: train on a table, score, verify a bundle')
model
  .command('train')
  .argument('<table.csv>', 'rows with their outcome')
  .description('a table with outcomes to a signed bundle, judged on rows kept aside')
  .requiredOption('--outcome <column>', 'the column with the verified outcome, two classes')
  .requiredOption('--out <folder>', 'where the bundle is written')
  .option('--id <column>', 'names the household of a row; rows of one household stay together')
  .option('--exclude <columns>', 'columns that the model must not read, comma separated', list, [])
  .option('--positive <class>', 'the class whose probability is given; the rarer one if absent')
  .addOption(new Option('--kind <kind>', 'what may be trained').choices(['auto', 'logistic', 'trees']).default('auto'))
  .option('--seed <n>', 'same rows and seed, same bytes', whole, 1)
  .option('--keys <file>', 'keys.json of a collector: sign for its project')
  .option('--json', 'one JSON object')
  .addHelpText(
    'after',
    examples([
      'murram model train people.csv --outcome income --out ./bundle',
      'murram model train visits.csv --outcome vulnerable --id household --exclude name,phone --out ./bundle',
    ]),
  )
  .action(
    run(async (file: string, options: ModelTrainOptions) =>
      (await import('./commands/model-train.ts')).modelTrain(file, options),
    ),
  )
model
  .command('score')
  .argument('<folder>', 'a bundle')
  .description('the rows of a table through a bundle, as a device would score them')
  .requiredOption('--rows <table.csv>', 'a table whose columns are the inputs')
  .option('--root <key>', 'the public key that must have signed it')
  .option('--json', 'one JSON object a row, with reasons')
  .addHelpText('after', examples(['murram model score ./bundle --rows people.csv > scores.csv']))
  .action(
    run(async (folder: string, options: ModelScoreOptions) =>
      (await import('./commands/model-score.ts')).modelScore(folder, options),
    ),
  )
model
  .command('verify')
  .argument('<folder>', 'a bundle')
  .description('is a bundle whole, signed, and does it say here what it said where it was made?')
  .option('--root <key>', 'the public key that must have signed it')
  .option('--json', 'one JSON object')
  .addHelpText('after', examples(['murram model verify ./bundle']))
  .action(
    run(async (folder: string, options: ModelVerifyOptions) =>
      (await import('./commands/model-verify.ts')).modelVerify(folder, options),
    ),
  )

const collector = program.command('collector').description('the central team’s server')
collector
  .command('start')
  .description('the server, on a PostgreSQL of its own; the first start makes the project’s keys')
  .option('--data <folder>', 'database, keys, log', 'data/collector')
  .option('--port <n>', 'port of HTTP and WebSocket (0: any)', port, 8080)
  .option('--host <address>', 'address to listen on; beyond this machine put TLS before it', '127.0.0.1')
  .option('--project <id>', 'at the first start: the id of the project', 'project')
  .option('--database-url <url>', 'a PostgreSQL of your own (also DATABASE_URL)')
  .option('--accept-restore', 'the database was restored from an older copy: begin a new epoch')
  .option('--demo', 'allow demo keys')
  .option('--json', 'one JSON object when it is up')
  .addHelpText(
    'after',
    examples([
      'murram collector start --data ./centre --project lira-2026',
      'DATABASE_URL=postgres://… murram collector start --data ./centre',
    ]),
  )
  .action(
    run(async (options: CollectorStartOptions) =>
      (await import('./commands/collector-start.ts')).collectorStart(options),
    ),
  )
collector
  .command('token')
  .description('one enrolment token, for one laptop')
  .requiredOption('--officer <name>', 'whose laptop')
  .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
  .option('--collector <url>', 'address of the running collector', 'http://127.0.0.1:8080')
  .option('--hours <n>', 'valid for', whole, 168)
  .option('--json', 'one JSON object')
  .addHelpText('after', examples(['murram collector token --data ./centre --officer Akello']))
  .action(
    run(async (options: CollectorTokenOptions) =>
      (await import('./commands/collector-token.ts')).collectorToken(options),
    ),
  )
collector
  .command('publish')
  .argument('<file>', '.xlsx (XLSForm) or .xml (XForm)')
  .description('a form version for every laptop, and the model that reads it')
  .option('--recipe <file>', 'recipe.yaml of a model for this form; with --card')
  .option('--card <file>', 'card.md: what the model is for, and what it is not for')
  .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
  .option('--collector <url>', 'address of the running collector', 'http://127.0.0.1:8080')
  .option('--json', 'one JSON object')
  .addHelpText(
    'after',
    examples([
      'murram collector publish household.xlsx --data ./centre',
      'murram collector publish form.xlsx --recipe recipe.yaml --card card.md --data ./centre',
    ]),
  )
  .action(
    run(async (file: string, options: CollectorPublishOptions) =>
      (await import('./commands/collector-publish.ts')).collectorPublish(file, options),
    ),
  )
collector
  .command('read-diagnostics')
  .argument('<file>', 'written by murram agent diagnostics')
  .description('what a laptop says of itself: versions, counts and its log')
  .option('--data <folder>', 'data folder of the collector, for the project’s keys', 'data/collector')
  .option('--json', 'one JSON object')
  .addHelpText('after', examples(['murram collector read-diagnostics 4f1c….sealed --data ./centre']))
  .action(
    run(async (file: string, options: ReadDiagnosticsOptions) =>
      (await import('./commands/read-diagnostics.ts')).readDiagnosticsFile(file, options),
    ),
  )

const agent = program
  .command('agent')
  .description('an officer’s laptop, without a window; MURRAM_PASSPHRASE opens its store, else a key file')
const agentVerb = (name: string, description: string) =>
  agent
    .command(name)
    .description(description)
    .option('--data <folder>', 'the encrypted store, forms and models', 'data/agent')
    .option('--key-file <file>', 'opens the store where MURRAM_PASSPHRASE is not set (user.key in the data folder)')
    .option('--demo', 'allow demo keys')
    .option('--json', 'one JSON object')
agentVerb('enroll', 'bind this laptop to a project, once')
  .requiredOption('--collector <url>', 'address of the collector')
  .requiredOption('--token <token>', 'from the central team; it enrols one laptop')
  .requiredOption('--officer <name>', 'who works with it')
  .addHelpText(
    'after',
    examples(['murram agent enroll --collector https://centre.example --token … --officer Akello --data ./laptop']),
  )
  .action(
    run(async (options: Parameters<Agent['agentEnroll']>[0]) =>
      (await import('./commands/agent.ts')).agentEnroll(options),
    ),
  )
agentVerb('start', 'sync whenever a link appears, and serve the officer’s page')
  .option('--port <n>', 'of the page, on this machine only (0: any)', port, 0)
  .option('--collector <url>', 'another address than the one enrolled at')
  .addHelpText('after', examples(['MURRAM_PASSPHRASE=… murram agent start --data ./laptop']))
  .action(
    run(async (options: Parameters<Agent['agentStart']>[0]) =>
      (await import('./commands/agent.ts')).agentStart(options),
    ),
  )
agentVerb('sync', 'everything up and down once')
  .option('--collector <url>', 'another address than the one enrolled at')
  .option('--seconds <n>', 'give up after', whole, 120)
  .addHelpText('after', examples(['murram agent sync --data ./laptop || echo "something waits"']))
  .action(
    run(async (options: Parameters<Agent['agentSync']>[0]) => (await import('./commands/agent.ts')).agentSync(options)),
  )
agentVerb('status', 'what waits here, without opening one answer')
  .addHelpText('after', examples(['murram agent status --data ./laptop --json | jq .outbox.waiting']))
  .action(
    run(async (options: Parameters<Agent['agentStatus']>[0]) =>
      (await import('./commands/agent.ts')).agentStatus(options),
    ),
  )
agentVerb('diagnostics', 'write a file for whoever helps, sealed to the central team')
  .addHelpText('after', examples(['murram agent diagnostics --data ./laptop']))
  .action(
    run(async (options: Parameters<Agent['agentDiagnostics']>[0]) =>
      (await import('./commands/agent.ts')).agentDiagnostics(options),
    ),
  )

agentVerb('change-passphrase', 'another passphrase for this laptop; what is saved stays as it is')
  .addHelpText(
    'after',
    examples(['MURRAM_PASSPHRASE=old MURRAM_NEW_PASSPHRASE=new murram agent change-passphrase --data ./laptop']),
  )
  .action(
    run(async (options: Parameters<AgentKey['agentChangePassphrase']>[0]) =>
      (await import('./commands/agent-key.ts')).agentChangePassphrase(options),
    ),
  )
agentVerb('ask-recovery', 'the passphrase is forgotten: write a request that only the central team can answer')
  .requiredOption('--to <file>', 'where the request is written')
  .addHelpText('after', examples(['murram agent ask-recovery --data ./laptop --to request.json']))
  .action(
    run(async (options: Parameters<AgentKey['agentAskRecovery']>[0]) =>
      (await import('./commands/agent-key.ts')).agentAskRecovery(options),
    ),
  )
agentVerb('recover', 'set a new passphrase with the central team’s answer')
  .argument('<answer>', 'what murram collector answer-recovery wrote')
  .addHelpText('after', examples(['MURRAM_NEW_PASSPHRASE=new murram agent recover answer.json --data ./laptop']))
  .action(
    run(async (answer: string, options: Parameters<AgentKey['agentRecover']>[1]) =>
      (await import('./commands/agent-key.ts')).agentRecover(answer, options),
    ),
  )
collector
  .command('answer-recovery')
  .argument('<request>', 'what murram agent ask-recovery wrote')
  .description('let an officer whose passphrase is forgotten choose a new one; see first who asks')
  .requiredOption('--to <file>', 'where the answer is written')
  .option('--data <folder>', 'of the collector, with the project’s keys', 'data/collector')
  .option('--json', 'one JSON object')
  .addHelpText('after', examples(['murram collector answer-recovery request.json --data ./centre --to answer.json']))
  .action(
    run(async (request: string, options: Parameters<AgentKey['collectorAnswerRecovery']>[1]) =>
      (await import('./commands/agent-key.ts')).collectorAnswerRecovery(request, options),
    ),
  )

// `murram … | head` closes our output early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    print.note(error instanceof Error ? error.message : String(error))
    process.exitCode = 2
  }
}
