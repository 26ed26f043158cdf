/** `murram collector api-key …`: keys for programs that ask for scores. */
import type { Command } from 'commander'
import type * as commands from '../commands/collector-api-key.ts'
import { examples, run, whole } from './declare-verb.ts'

type Commands = typeof commands

const central = (verb: Command): Command =>
  verb
    .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
    .option('--collector <url>', 'address of the running collector', 'http://127.0.0.1:8080')
    .option('--json', 'one JSON object')

const load = () => import('../commands/collector-api-key.ts')

export function addApiKeyVerbs(collector: Command): void {
  const key = collector.command('api-key').description('keys for programs that ask for scores: POST /predict')
  central(key.command('create').argument('<name>', 'which program, in words'))
    .description('make a key; it is shown this once')
    .option('--days <n>', 'valid for; for ever unless told', whole)
    .option('--records-per-second <n>', 'how much it may ask; ten seconds’ worth may come at once', whole, 100)
    .addHelpText('after', examples(['murram collector api-key create "The partner’s app" --days 365 --data ./centre']))
    .action(
      run(async (name: string, options: Parameters<Commands['apiKeyCreate']>[1]) =>
        (await load()).apiKeyCreate(name, options),
      ),
    )
  central(key.command('list'))
    .description('keys, when they were last used, and which are revoked; never the keys themselves')
    .addHelpText('after', examples(['murram collector api-key list --data ./centre']))
    .action(run(async (options: Parameters<Commands['apiKeyList']>[0]) => (await load()).apiKeyList(options)))
  central(key.command('revoke').argument('<key>', 'its id, as list shows it'))
    .description('a key opens nothing any more, at once and for ever')
    .addHelpText('after', examples(['murram collector api-key revoke 1f0c33aa9d21 --data ./centre']))
    .action(
      run(async (keyId: string, options: Parameters<Commands['apiKeyRevoke']>[1]) =>
        (await load()).apiKeyRevoke(keyId, options),
      ),
    )
}
