/** `murram model …`: train on a table, score, verify a bundle. */
import { Option, type Command } from 'commander'
import type { ModelScoreOptions } from '../commands/model-score.ts'
import type { ModelTrainOptions } from '../commands/model-train.ts'
import type { ModelVerifyOptions } from '../commands/model-verify.ts'
import { examples, whole, list, run } from './declare-verb.ts'

export function addModelVerbs(program: Command): void {
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
    .addOption(
      new Option('--kind <kind>', 'what may be trained').choices(['auto', 'logistic', 'trees']).default('auto'),
    )
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
        (await import('../commands/model-train.ts')).modelTrain(file, options),
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
        (await import('../commands/model-score.ts')).modelScore(folder, options),
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
        (await import('../commands/model-verify.ts')).modelVerify(folder, options),
      ),
    )
}
