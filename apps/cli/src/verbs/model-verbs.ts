/** `murram model …`: train on a table, score, explain, look into a bundle, compare, bring one in. */
import { statSync } from 'node:fs'
import { Option, type Command } from 'commander'
import type { ModelCompareOptions } from '../commands/model-compare.ts'
import type { ModelExplainOptions } from '../commands/model-explain.ts'
import type { ModelImportOptions } from '../commands/model-import.ts'
import type { ModelPromoteOptions, ModelReportOptions } from '../commands/model-report.ts'
import type { ModelReproduceOptions } from '../commands/model-reproduce.ts'
import type { ModelScorecardOptions } from '../commands/model-scorecard.ts'
import type { ModelScoreOptions } from '../commands/model-score.ts'
import type { ModelSendOptions } from '../commands/model-send.ts'
import type { ModelTrainOptions } from '../commands/model-train.ts'
import type { ModelVerifyOptions } from '../commands/model-verify.ts'
import type { FolderOptions } from '../model/open-folder.ts'
import { pathOf } from '../print.ts'
import { examples, whole, list, run } from './declare-verb.ts'
import { addRunVerbs } from './run-verbs.ts'
import { addSteerVerbs } from './steer-verbs.ts'

export function addModelVerbs(program: Command): void {
  const model = program
    .command('model')
    .description('models: train on a table, score, explain, look into a bundle, compare, bring one in')
  addTrain(model)
  addReproduce(model)
  addLooks(model)
  addGate(model)
  addScorecard(model)
  addImport(model)
  addRunVerbs(model)
  addSteerVerbs(model)
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

const ROOT = ['--root <key>', 'the public key that must have signed it'] as const

/** Verbs that only look. */
function addLooks(model: Command): void {
  model
    .command('explain')
    .argument('<folder>', 'a bundle')
    .description('why it says what it says of one row: what moved it, the heaviest first')
    .requiredOption('--rows <table.csv>', 'a table whose columns are the inputs')
    .option('--row <n>', 'which row, counted from 1', whole, 1)
    .option('--most <n>', 'so many questions', whole, 10)
    .option(...ROOT)
    .option('--json', 'one JSON object with every question')
    .addHelpText('after', examples(['murram model explain ./bundle --rows people.csv --row 3']))
    .action(
      run(async (folder: string, options: ModelExplainOptions) =>
        (await import('../commands/model-explain.ts')).modelExplain(folder, options),
      ),
    )
  model
    .command('inspect')
    .argument('<folder>', 'a bundle')
    .description('what a bundle is: who made it, what it reads and tells, what was measured')
    .option(...ROOT)
    .option('--json', 'the manifest as one JSON object')
    .addHelpText(
      'after',
      examples(['murram model inspect ./bundle', 'murram model inspect ./bundle --json | jq .inputs']),
    )
    .action(
      run(async (folder: string, options: FolderOptions) =>
        (await import('../commands/model-inspect.ts')).modelInspect(folder, options),
      ),
    )
  model
    .command('card')
    .argument('<folder>', 'a bundle')
    .description('its card as Markdown: what it is for, what it was made of, how good it is, its limits')
    .option(...ROOT)
    .option('--json', 'one JSON object')
    .addHelpText('after', examples(['murram model card ./bundle > card.md']))
    .action(
      run(async (folder: string, options: FolderOptions) =>
        (await import('../commands/model-card.ts')).modelCard(folder, options),
      ),
    )
  model
    .command('compare')
    .argument('<first>', 'a bundle')
    .argument('<second>', 'another, that tells the same')
    .description('two bundles on the same rows with known outcomes: is the difference more than chance?')
    .requiredOption('--rows <table.csv>', 'rows that neither was trained on')
    .requiredOption('--target <column>', 'the column with the outcome')
    .option('--group <column>', 'names the household of a row: drawn with all its rows')
    .option(...ROOT)
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      examples(['murram model compare ./old ./new --rows verified.csv --target vulnerable --group household']),
    )
    .action(
      run(async (first: string, second: string, options: ModelCompareOptions) =>
        (await import('../commands/model-compare.ts')).modelCompare(first, second, options),
      ),
    )
}

/** What the gate of a collector said, and who answers for going past it. */
function addGate(model: Command): void {
  const ofCollector = (verb: Command) =>
    verb
      .option('--collector <url>', 'address of the running collector', 'http://127.0.0.1:8080')
      .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
      .option('--json', 'one JSON object')
  ofCollector(model.command('report'))
    .argument('<run or candidate>', 'the id of a run, or of a candidate')
    .description('what the gate said, line by line, with the households whose class would change')
    .addOption(new Option('--format <format>', 'how it is written').choices(['text', 'html', 'json']).default('text'))
    .option('-o, --output <file>', 'a file in place of the terminal')
    .addHelpText(
      'after',
      examples(['murram model report 6c1e5a70…', 'murram model report 9f0c3d… --format html -o report.html']),
    )
    .action(
      run(async (id: string, options: ModelReportOptions) =>
        (await import('../commands/model-report.ts')).modelReport(id, options),
      ),
    )
  ofCollector(model.command('promote'))
    .argument('<model>', 'the name of the model')
    .argument('<candidate>', 'the id of the candidate')
    .description('a named person promotes what the gate alone would not, to the staff devices (ring 0)')
    .requiredOption('--by <name>', 'who answers for it')
    .requiredOption('--reason <text>', 'why; it is kept with the release and the report')
    .addHelpText(
      'after',
      examples([
        "murram model promote vulnerability 9f0c3d… --by 'Ruth Akello' --reason 'The pilot begins on Monday.'",
      ]),
    )
    .action(
      run(async (modelName: string, candidateId: string, options: ModelPromoteOptions) =>
        (await import('../commands/model-report.ts')).modelPromote(modelName, candidateId, options),
      ),
    )
}

function addReproduce(model: Command): void {
  model
    .command('reproduce')
    .argument('<bundle>', 'a bundle of murram model train; with --collector the id of a release')
    .description('train it again from the rows it names, and compare byte for byte')
    .option('--csv <train.csv>', 'where the table lies now')
    .option('--test <test.csv>', 'where the table that judged lies now')
    .option('--split <split.csv>', 'where the split file lies now')
    .option('--threads <n>', 'processor cores; the model is the same with one or more', whole)
    .option('--collector <url>', 'address of a running collector: its release, from its frozen rows')
    .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      examples([
        'murram model reproduce ./bundle',
        'murram model reproduce ./bundle --csv copy.csv',
        'murram model reproduce 4f0c… --collector http://127.0.0.1:8080 --data ./centre',
      ]),
    )
    .action(
      run(async (folder: string, options: ModelReproduceOptions) =>
        (await import('../commands/model-reproduce.ts')).modelReproduce(folder, options),
      ),
    )
}

function addScorecard(model: Command): void {
  model
    .command('scorecard')
    .argument('<folder>', 'a bundle of murram model train, two classes')
    .description('at most ten questions with whole-number points, to be added up on paper')
    .option('--questions <n>', 'so many at most', whole, 10)
    .option('--csv <train.csv>', 'where the table lies now')
    .option('--test <test.csv>', 'where the table that judged lies now')
    .option('--split <split.csv>', 'where the split file lies now')
    .option('--out <card.html>', 'the page to print; scorecard.html beside the bundle if absent')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      examples(['murram model scorecard ./bundle', 'murram model scorecard ./bundle --questions 7 --out card.html']),
    )
    .action(
      run(async (folder: string, options: ModelScorecardOptions) =>
        (await import('../commands/model-scorecard.ts')).modelScorecard(folder, options),
      ),
    )
}

function addImport(model: Command): void {
  model
    .command('import')
    .argument(
      '<file.onnx | folder>',
      'a graph by the converters of scikit-learn, LightGBM, XGBoost …; or a bundle of murram model train or import',
    )
    .description('a graph made elsewhere to a signed bundle; a bundle into the registry of a running collector')
    .requiredOption('--recipe <recipe.yaml>', 'what it reads, in the order in which it was trained, and what it tells')
    .option('--out <folder>', 'of a graph: where the bundle is written')
    .option('--form <form>', 'of a graph: the form of the recipe; form.xlsx or form.md beside it if absent')
    .option('--rows <table.csv>', 'of a graph: rows like those it will score, from which its test rows are drawn')
    .option('--target <column>', 'the column of --rows with the outcome: the model is judged on them')
    .option('--keys <file>', 'of a graph: keys.json of a collector, to sign for its project')
    .option('--by <name>', 'of a bundle: who answers for it; no gate has judged it')
    .option('--why <text>', 'of a bundle: why; it is kept with the release')
    .option('--collector <url>', 'of a bundle: address of the running collector', 'http://127.0.0.1:8080')
    .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      examples([
        'murram model import model.onnx --recipe models/vulnerability/recipe.yaml --rows sample.csv --out ./bundle',
        "murram model import ./sentiment --recipe models/sentiment/recipe.yaml --by 'Ruth Akello' --why 'The message line begins.'",
      ]),
    )
    .action(
      run(async (path: string, options: ModelImportOptions & ModelSendOptions) =>
        isFolder(pathOf(path))
          ? (await import('../commands/model-send.ts')).modelSend(path, options)
          : (await import('../commands/model-import.ts')).modelImport(path, options),
      ),
    )
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

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
    .option('--recipe <recipe.yaml>', 'a recipe: its questions, classes, learner, subgroups and floor')
    .option('--form <form>', 'the form of the recipe; form.xlsx or form.md beside it if absent')
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
