/** `murram model list|show|rollback|halt|resume|rings|staff|challenger|watch`: models of a running collector. */
import type { Command } from 'commander'
import type * as show from '../commands/model-show.ts'
import type * as steer from '../commands/model-steer.ts'
import { examples, run } from './declare-verb.ts'

type Show = typeof show
type Steer = typeof steer

const atCollector = (command: Command): Command =>
  command
    .option('--collector <url>', 'address of the running collector', 'http://127.0.0.1:8080')
    .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
    .option('--json', 'one JSON object')
const ordered = (command: Command): Command =>
  atCollector(command)
    .requiredOption('--by <name>', 'who orders it: kept with it')
    .requiredOption('--why <reason>', 'why: kept with it')

const loadShow = () => import('../commands/model-show.ts')
const loadSteer = () => import('../commands/model-steer.ts')

export function addSteerVerbs(model: Command): void {
  atCollector(model.command('list'))
    .description('the models of a collector, and what is in force')
    .addHelpText('after', examples(['murram model list --data ./centre']))
    .action(run(async (options: Parameters<Show['modelList']>[0]) => (await loadShow()).modelList(options)))
  atCollector(model.command('show').argument('<name>', 'the model'))
    .description('one screen: champion, figures, rings, runs, what is waited for, what was found')
    .addHelpText('after', examples(['murram model show vulnerability', 'murram model show vulnerability --json']))
    .action(
      run(async (name: string, options: Parameters<Show['modelShow']>[1]) =>
        (await loadShow()).modelShow(name, options),
      ),
    )
  ordered(model.command('rollback').argument('<name>', 'the model'))
    .description('back to an earlier model, as a new release with a higher counter')
    .option('--to <release>', 'which; the one before unless told')
    .addHelpText(
      'after',
      examples(['murram model rollback vulnerability --by Grace --why "it names nobody in the north"']),
    )
    .action(
      run(async (name: string, options: Parameters<Steer['modelRollback']>[1]) =>
        (await loadSteer()).modelRollback(name, options),
      ),
    )
  for (const [verb, description, why] of [
    ['halt', 'nobody new installs the release; who has it keeps it', 'two laptops say no number'],
    ['resume', 'a halted release goes on from where it was', 'it was the laptops'],
  ] as const)
    ordered(model.command(verb).argument('<name>', 'the model'))
      .description(description)
      .addHelpText('after', examples([`murram model ${verb} vulnerability --by Grace --why "${why}"`]))
      .action(
        run(async (name: string, options: steer.SteerOptions) => (await loadSteer()).modelOrder(verb, name, options)),
      )
  addRings(model)
}

function addRings(model: Command): void {
  const said = (command: Command): Command =>
    atCollector(command).option('--by <name>', 'who orders it').option('--why <reason>', 'why: kept with it')
  said(model.command('rings').argument('<name>', 'the model'))
    .description('how far the newest release has gone out, what devices showed, and every order')
    .option('--open-next', 'open the next ring now, whatever has been shown; with --by and --why')
    .addHelpText(
      'after',
      examples([
        'murram model rings vulnerability',
        'murram model rings vulnerability --open-next --by Grace --why "the pilot is over"',
      ]),
    )
    .action(
      run(async (name: string, options: Parameters<Steer['modelRings']>[1]) =>
        (await loadSteer()).modelRings(name, options),
      ),
    )
  said(model.command('staff').argument('[device...]', 'ids, beginnings of ids, or names of officers'))
    .description('the devices of ring 0, of every model; named anew where some are given')
    .option('--none', 'nobody is of the staff')
    .addHelpText('after', examples(['murram model staff', 'murram model staff Akello 6942e976 --by Grace']))
    .action(
      run(async (devices: string[], options: Parameters<Steer['modelStaff']>[1]) =>
        (await loadSteer()).modelStaff(devices, options),
      ),
    )
  said(model.command('challenger').argument('<name>', 'the model').argument('[candidate]', 'its id'))
    .description('what is scored in shadow and what outcomes say of it; or a candidate to be scored so')
    .option('--stop', 'score none any more; with --by and --why')
    .addHelpText(
      'after',
      examples([
        'murram model challenger vulnerability',
        'murram model challenger vulnerability 0f3c… --by Grace --why "is it better in the north?"',
      ]),
    )
    .action(
      run(async (name: string, candidate: string | undefined, options: Parameters<Steer['modelChallenger']>[2]) =>
        (await loadSteer()).modelChallenger(name, candidate, options),
      ),
    )
  atCollector(model.command('watch').argument('<name>', 'the model'))
    .description('what changed in the field since it was promoted, and what to do')
    .option('--now', 'look now, and do not wait for the hour')
    .addHelpText('after', examples(['murram model watch vulnerability --now']))
    .action(
      run(async (name: string, options: Parameters<Steer['modelWatch']>[1]) =>
        (await loadSteer()).modelWatch(name, options),
      ),
    )
}
