/** `murram collector backup … recovering`: what must not be lost with the database. */
import type { Command } from 'commander'
import type { BackupDoneOptions, CollectorBackupOptions } from '../commands/collector-backup.ts'
import type { CollectorRecoveringOptions, CollectorRestoreOptions } from '../commands/collector-restore.ts'
import { examples, run, whole } from './declare-verb.ts'

export function addBackupVerbs(collector: Command): void {
  collector
    .command('backup')
    .description('a copy of the collector’s own database, verified before it counts; it may run meanwhile')
    .requiredOption('--to <folder>', 'where backups lie, outside the data folder')
    .option('--keep <n>', 'how many are kept, this one included', whole, 24)
    .option('--data <folder>', 'data folder of the collector', 'data/collector')
    .option('--json', 'one JSON object')
    .addHelpText('after', examples(['murram collector backup --data ./centre --to /mnt/backups --keep 7']))
    .action(
      run(async (options: CollectorBackupOptions) =>
        (await import('../commands/collector-backup.ts')).collectorBackup(options),
      ),
    )
  collector
    .command('backup-done')
    .description('a backup of a managed PostgreSQL was made and verified: devices may let go of what it holds')
    .option('--at <time>', 'when it was taken; what came in the five minutes before is not counted')
    .option('--marks <file>', 'what stood in the restored copy, from murram collector marks')
    .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
    .option('--collector <url>', 'address of the running collector', 'http://127.0.0.1:8080')
    .option('--json', 'one JSON object')
    .addHelpText('after', examples(['murram collector backup-done --data ./centre --at 2026-11-21T02:00:00Z']))
    .action(
      run(async (options: BackupDoneOptions) =>
        (await import('../commands/collector-backup.ts')).collectorBackupDone(options),
      ),
    )
  collector
    .command('marks')
    .description('what stands in a restored copy of the database, for backup-done')
    .requiredOption('--database-url <url>', 'of the copy; it is only read')
    .addHelpText('after', examples(['murram collector marks --database-url postgres://…/copy > marks.json']))
    .action(
      run(async (options: { databaseUrl: string }) =>
        (await import('../commands/collector-backup.ts')).collectorMarks(options),
      ),
    )
  collector
    .command('restore')
    .description('put a verified backup in the place of the database, and begin the next epoch')
    .requiredOption('--from <folder>', 'a backup, or the folder of backups: then the newest')
    .option('--replace', 'a database that is there is kept under another name')
    .option('--data <folder>', 'data folder of the collector', 'data/collector')
    .option('--json', 'one JSON object')
    .addHelpText('after', examples(['murram collector restore --data ./centre --from /mnt/backups --replace']))
    .action(
      run(async (options: CollectorRestoreOptions) =>
        (await import('../commands/collector-restore.ts')).collectorRestore(options),
      ),
    )
  collector
    .command('recovering')
    .description('after a restore: who has come since, what they sent again, what is known to be missing')
    .option('--close', 'it is enough: training, releases and sweeps go on')
    .option('--note <text>', 'why, with --close')
    .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
    .option('--collector <url>', 'address of the running collector', 'http://127.0.0.1:8080')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      examples([
        'murram collector recovering --data ./centre',
        'murram collector recovering --data ./centre --close --note "every laptop has come"',
      ]),
    )
    .action(
      run(async (options: CollectorRecoveringOptions) =>
        (await import('../commands/collector-restore.ts')).collectorRecovering(options),
      ),
    )
}
