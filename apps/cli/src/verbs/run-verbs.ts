/** `murram model run|runs|triggers|cancel`: training runs of a running collector. */
import type { Command } from 'commander'
import type { CancelOptions, ModelRunOptions, RunsOptions } from '../commands/model-run.ts'
import { examples, run, whole } from './declare-verb.ts'

const atCollector = (command: Command): Command =>
  command
    .option('--collector <url>', 'address of the running collector', 'http://127.0.0.1:8080')
    .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
    .option('--json', 'one JSON object')

const load = () => import('../commands/model-run.ts')

export function addRunVerbs(model: Command): void {
  atCollector(model.command('run').argument('<name>', 'the model'))
    .description('start a training run now, and wait for its verdict')
    .option('--who <name>', 'who asks: kept with the run')
    .option('--why <reason>', 'why: kept with the run')
    .option('--no-wait', 'come back as soon as it is queued')
    .addHelpText('after', examples(['murram model run vulnerability --who Akello --why "the new district is in"']))
    .action(run(async (name: string, options: ModelRunOptions) => (await load()).modelRun(name, options)))
  atCollector(model.command('runs').argument('[name]', 'of this model alone'))
    .description('training runs, newest first: what started them, and what became of them')
    .option('--most <n>', 'so many', whole, 20)
    .addHelpText('after', examples(['murram model runs vulnerability']))
    .action(run(async (name: string | undefined, options: RunsOptions) => (await load()).modelRuns(name, options)))
  atCollector(model.command('triggers').argument('<name>', 'the model'))
    .description('what would start a run, what holds it, and why')
    .addHelpText('after', examples(['murram model triggers vulnerability']))
    .action(run(async (name: string, options: RunsOptions) => (await load()).modelTriggers(name, options)))
  atCollector(model.command('cancel').argument('<run>', 'the id of a run, as murram model runs shows it'))
    .description('end a run before it has an answer: no candidate, no release')
    .requiredOption('--who <name>', 'who cancels it: kept with the run')
    .requiredOption('--why <reason>', 'why: kept with the run')
    .addHelpText(
      'after',
      examples(['murram model cancel 6f9619ff-8b86-4011-b42d-00cf4fc964ff --who Akello --why "a test"']),
    )
    .action(run(async (runId: string, options: CancelOptions) => (await load()).modelCancel(runId, options)))
}
