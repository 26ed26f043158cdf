/** `murram collector scopes … revoke …`: who may see what, and devices that leave or are stolen. */
import type { Command } from 'commander'
import type {
  DeviceOptions,
  DivideOptions,
  KeepOptions,
  RevokeOptions,
  ScopesOptions,
} from '../commands/collector-access.ts'
import { examples, run } from './declare-verb.ts'

const central = (verb: Command): Command =>
  verb
    .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
    .option('--collector <url>', 'address of the running collector', 'http://127.0.0.1:8080')
    .option('--json', 'one JSON object')

const commands = () => import('../commands/collector-access.ts')

export function addAccessVerbs(collector: Command): void {
  central(collector.command('revoke').argument('<device>', 'its id, the beginning of it, or the officer’s name'))
    .description('give a device up: it left (its unsent work is taken first), or it was stolen (its key is destroyed)')
    .option('--left', 'lock it, take what is unsent, then empty it')
    .option('--stolen', 'destroy its key at the next contact; unsent work dies with it')
    .option('--confirm <officer>', 'with --stolen: the officer’s name, as the list of devices has it')
    .option('--undo', 'take --left back, as long as the device was not emptied')
    .option('--order <file>', 'also write the signed order there, as JSON')
    .addHelpText(
      'after',
      examples([
        'murram collector revoke 6942e976 --left --data ./centre',
        'murram collector revoke Akello --stolen --confirm Akello --data ./centre',
      ]),
    )
    .action(run(async (device: string, options: RevokeOptions) => (await commands()).collectorRevoke(device, options)))
  central(
    collector.command('accept-quarantined').argument('<device>', 'its id, the beginning of it, or the officer’s name'),
  )
    .description('fold what a device sent after it had left')
    .addHelpText('after', examples(['murram collector accept-quarantined Akello --data ./centre']))
    .action(
      run(async (device: string, options: DeviceOptions) => (await commands()).acceptQuarantined(device, options)),
    )
  const scopes = collector.command('scopes').description('which part of the households a device is shown')
  central(scopes.command('list'))
    .description('datasets, their scopes, and the devices that are kept to some')
    .addHelpText('after', examples(['murram collector scopes list --data ./centre']))
    .action(run(async (options: ScopesOptions) => (await commands()).listScopes(options)))
  central(scopes.command('divide').argument('<dataset>', 'as households'))
    .description('a household belongs to the scope that one of its properties names')
    .option('--by <property>', 'as district')
    .option('--for-all', 'no longer divided')
    .addHelpText('after', examples(['murram collector scopes divide households --by district --data ./centre']))
    .action(run(async (dataset: string, options: DivideOptions) => (await commands()).divideDataset(dataset, options)))
  central(scopes.command('keep').argument('<device>', 'its id, the beginning of it, or the officer’s name'))
    .description('what a device may see; the rest is removed from it at its next contact')
    .option('--to <scopes>', 'one or several, separated by commas')
    .option('--all', 'everything')
    .addHelpText('after', examples(['murram collector scopes keep Akello --to lira,kole --data ./centre']))
    .action(run(async (device: string, options: KeepOptions) => (await commands()).keepDevice(device, options)))
}
