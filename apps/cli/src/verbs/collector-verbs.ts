/** `murram collector …`: the central team’s server. */
import { Option, type Command } from 'commander'
import type * as deviceVerbs from '../commands/collector-devices.ts'
import type * as agentKeyVerbs from '../commands/agent-key.ts'
import type { CollectorBundleOptions } from '../commands/collector-bundle.ts'
import type { CollectorFoldHeldOptions } from '../commands/collector-fold-held.ts'
import type { CollectorPublishListsOptions } from '../commands/collector-publish-lists.ts'
import type { CollectorPublishOptions } from '../commands/collector-publish.ts'
import type { CollectorStartOptions } from '../commands/collector-start.ts'
import type { CollectorTokenOptions } from '../commands/collector-token.ts'
import type { ReadDiagnosticsOptions } from '../commands/read-diagnostics.ts'
import { addAccessVerbs } from './access-verbs.ts'
import { addApiKeyVerbs } from './api-key-verbs.ts'
import { addBackupVerbs } from './backup-verbs.ts'
import { duration, examples, whole, port, run, several } from './declare-verb.ts'

type Devices = typeof deviceVerbs
type AgentKey = typeof agentKeyVerbs

export function addCollectorVerbs(program: Command): void {
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
    .option('--join', 'the project runs already on this database: be a further collector of it')
    .option('--journal <folder>', 'what must outlive the database, best on another disk (journal in the data folder)')
    .option('--backup-to <folder>', 'make verified backups of the own PostgreSQL there')
    .addOption(new Option('--backup-every <time>', 'as 30m, 1h, 1d').argParser(duration).default(3_600_000, '1h'))
    .option('--backup-keep <n>', 'how many are kept', whole, 24)
    .addOption(
      new Option('--wait-for-parent <time>', 'how long a correction waits for what it corrects, as 12h, 30d')
        .argParser(duration)
        .default(30 * 24 * 3_600_000, '30d'),
    )
    .option('--run-heap <mb>', 'memory that the process of a training run may use', whole, 2_048)
    .option('--demo', 'allow demo keys')
    .option('--json', 'one JSON object when it is up')
    .addHelpText(
      'after',
      examples([
        'murram collector start --data ./centre --project lira-2026',
        'DATABASE_URL=postgres://… murram collector start --data ./centre',
        'murram collector start --database-url postgres://… --data ./second --join --port 8081',
        'murram collector start --data ./centre --backup-to /mnt/backups --backup-every 1h',
      ]),
    )
    .action(
      run(async (options: CollectorStartOptions) =>
        (await import('../commands/collector-start.ts')).collectorStart(options),
      ),
    )
  addBackupVerbs(collector)
  addAccessVerbs(collector)
  addApiKeyVerbs(collector)
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
        (await import('../commands/collector-token.ts')).collectorToken(options),
      ),
    )
  collector
    .command('publish')
    .argument('<file>', '.xlsx (XLSForm) or .xml (XForm)')
    .description('a form version for every laptop, and the model that reads it')
    .option('--attach <file>', 'a list beside the form, as villages.csv; as often as there are lists', several)
    .option('--recipe <file>', 'recipe.yaml of a model for this form; with --card')
    .option('--card <file>', 'card.md: what the model is for, and what it is not for')
    .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
    .option('--collector <url>', 'address of the running collector', 'http://127.0.0.1:8080')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      examples([
        'murram collector publish household.xlsx --data ./centre',
        'murram collector publish visit.xlsx --attach villages.csv --attach wells.geojson --data ./centre',
        'murram collector publish form.xlsx --recipe recipe.yaml --card card.md --data ./centre',
      ]),
    )
    .action(
      run(async (file: string, options: CollectorPublishOptions) =>
        (await import('../commands/collector-publish.ts')).collectorPublish(file, options),
      ),
    )
  collector
    .command('publish-lists')
    .argument('<form>', 'id of a form that is published')
    .argument('<file...>', 'lists that it reads, under the names that stand in it')
    .description('newer lists for a form, without a new version of the form')
    .option('--form-version <version>', 'only for this version of the form; every version that reads them unless told')
    .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
    .option('--collector <url>', 'address of the running collector', 'http://127.0.0.1:8080')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      examples([
        'murram collector publish-lists visit villages.csv --data ./centre',
        'murram collector publish-lists visit villages.csv itemsets.csv --form-version 3 --data ./centre',
      ]),
    )
    .action(
      run(async (form: string, files: string[], options: CollectorPublishListsOptions) =>
        (await import('../commands/collector-publish-lists.ts')).collectorPublishLists(form, files, options),
      ),
    )
  collector
    .command('fold-held')
    .argument('[instance]', 'one of them, as uuid:…; all of them unless it is named')
    .description('try again what is stored and could not be folded')
    .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
    .option('--collector <url>', 'address of the running collector', 'http://127.0.0.1:8080')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      examples(['murram collector fold-held --data ./centre', 'murram collector fold-held uuid:4f1c… --data ./centre']),
    )
    .action(
      run(async (instance: string | undefined, options: CollectorFoldHeldOptions) =>
        (await import('../commands/collector-fold-held.ts')).collectorFoldHeld(instance, options),
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
        (await import('../commands/read-diagnostics.ts')).readDiagnosticsFile(file, options),
      ),
    )

  collector
    .command('import-bundle')
    .argument('<file...>', 'written by murram agent export-bundle; of a folder all of them')
    .description(
      'work of laptops without a network; once or twice is the same. The answer for each is written beside its file',
    )
    .option('--no-reply', 'write no answer')
    .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
    .option('--token <token>', 'the admin token, where that folder is not here')
    .option('--collector <url>', 'address of the running collector', 'http://127.0.0.1:8080')
    .option('--json', 'one JSON object a file')
    .addHelpText(
      'after',
      examples([
        'murram collector import-bundle /media/stick --data ./centre',
        'murram collector import-bundle /media/stick/*.murram --data ./centre',
        'murram collector import-bundle akello.murram --collector https://centre.example --token …',
      ]),
    )
    .action(
      run(async (files: string[], options: CollectorBundleOptions) =>
        (await import('../commands/collector-bundle.ts')).collectorImportBundle(files, options),
      ),
    )
  collector
    .command('devices')
    .description('the laptops of the project: whose, when last seen, what is on them still')
    .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
    .option('--collector <url>', 'address of the running collector', 'http://127.0.0.1:8080')
    .option('--json', 'one JSON object')
    .addHelpText('after', examples(['murram collector devices --data ./centre']))
    .action(
      run(async (options: Parameters<Devices['collectorDevices']>[0]) =>
        (await import('../commands/collector-devices.ts')).collectorDevices(options),
      ),
    )
  collector
    .command('export-bundle')
    .description('what goes back to one laptop on a stick: receipts, returns, changes, forms, models')
    .requiredOption(
      '--device <device>',
      'its id, the beginning of it, or the officer’s name (murram collector devices)',
    )
    .requiredOption('--to <file>', 'a file, or a folder such as a stick')
    .option('--full', 'from the beginning, whatever the laptop had')
    .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
    .option('--token <token>', 'the admin token, where that folder is not here')
    .option('--collector <url>', 'address of the running collector', 'http://127.0.0.1:8080')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      examples(['murram collector export-bundle --device Akello --to /media/stick --data ./centre']),
    )
    .action(
      run(async (options: CollectorBundleOptions & { device: string; to: string; full?: boolean }) =>
        (await import('../commands/collector-bundle.ts')).collectorExportBundle(options),
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
        (await import('../commands/agent-key.ts')).collectorAnswerRecovery(request, options),
      ),
    )
}
