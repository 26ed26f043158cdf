/** `murram model …`: train on a table, score, explain, look into a bundle, compare, bring one in. */
import { Option, type Command } from 'commander'
import type { ModelReproduceOptions } from '../commands/model-reproduce.ts'
import type { ModelScoreOptions } from '../commands/model-score.ts'
import type { ModelTrainOptions } from '../commands/model-train.ts'
import type { ModelVerifyOptions } from '../commands/model-verify.ts'
import { examples, whole, list, run } from './declare-verb.ts'

export function addModelVerbs(program: Command): void {
  const model = program
    .command('model')
    .description('models: train on a table, score, explain, look into a bundle, compare, bring one in')
  addTrain(model)
  addReproduce(model)
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

function addReproduce(model: Command): void {
  model
    .command('reproduce')
    .argument('<folder>', 'a bundle of murram model train')
    .description('train it again from the tables it names, and compare byte for byte')
    .option('--csv <train.csv>', 'where the table lies now')
    .option('--test <test.csv>', 'where the table that judged lies now')
    .option('--split <split.csv>', 'where the split file lies now')
    .option('--threads <n>', 'processor cores; the model is the same with one or more', whole)
    .option('--json', 'one JSON object')
    .addHelpText('after', examples(['murram model reproduce ./bundle', 'murram model reproduce ./bundle --csv copy.csv']))
    .action(
      run(async (folder: string, options: ModelReproduceOptions) =>
        (await import('../commands/model-reproduce.ts')).modelReproduce(folder, options),
      ),
    )
}

/** Several of one option, or one with commas. */
const more = (text: string, before: readonly string[]): readonly string[] => [...before, ...list(text)]

function addTrain(model: Command): void {
  model
    .command('train')
    .description('a table with outcomes to a signed bundle, judged on rows kept aside')
    .requiredOption('--csv <train.csv>', 'rows with their outcome; comma, semicolon or tab')
    .requiredOption('--target <column>', 'the column with the outcome: classes, or an amount')
    .requiredOption('--out <folder>', 'where the bundle is written')
    .option('--test <test.csv>', 'rows to judge by; then all of --csv trains')
    .option('--split <split.csv>', 'a table row,fold: which rows of --csv train and which test')
    .option('--group <column>', 'names the household of a row; rows of one household stay together')
    .option('--time <column>', 'when a row was taken: the latest fifth judges')
    .option('--text <columns>', 'columns of free text that the model reads', more, [])
    .option('--drop <columns>', 'columns that the model must not read', more, [])
    .option('--type <column=kind>', 'what a column is: number, category, text, date or drop', more, [])
    .option(
      '--positive <class>',
      'of two classes the one whose probability is given; yes, true or 1, else the rarer one',
    )
    .addOption(
      new Option('--task <task>', 'what the outcome is, where it is not clear').choices([
        'binary',
        'multiclass',
        'regression',
      ]),
    )
    .addOption(
      new Option('--learner <learner>', 'what is trained')
        .choices(['auto', 'logistic', 'gbdt', 'text'])
        .default('auto'),
    )
    .option('--region <column>', 'a place: the level is corrected in each that has rows enough')
    .option('--subgroups <columns>', 'columns whose answers the report judges apart; a few if absent', more, [])
    .option('--seed <n>', 'same rows and seed, same model, byte for byte', whole, 1)
    .option('--threads <n>', 'processor cores; the model is the same with one or more', whole)
    .option('--name <name>', 'of the model; the name of the file if absent')
    .option('--keys <file>', 'keys.json of a collector: sign for its project')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      examples([
        'murram model train --csv people.csv --target income --out ./bundle',
        'murram model train --csv people.csv --split split.csv --target income --out ./bundle --json',
        'murram model train --csv visits.csv --target vulnerable --group household --drop name,phone --out ./bundle',
        'murram model train --csv posts.tsv --test newer.tsv --target label --text post --out ./bundle',
      ]),
    )
    .action(run(async (options: ModelTrainOptions) => (await import('../commands/model-train.ts')).modelTrain(options)))
}
