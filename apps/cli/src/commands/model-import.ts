/**
 * murram model import: a graph that was made elsewhere (scikit-learn, LightGBM, XGBoost, by
 * their own converters) into a signed bundle. What it asks is held against the questions of a
 * recipe, it is run, and its test rows are written; from there on it is a model like ours.
 *
 *   murram model import model.onnx --recipe models/vulnerability/recipe.yaml --rows sample.csv --out ./bundle
 *   murram model import model.onnx --recipe recipe.yaml --rows verified.csv --target vulnerable --out ./bundle --json
 *
 * Exit: 0 written · 1 the graph does not fit the recipe, or may not be used · 2 wrong use.
 */
import { describeFault, err, fault, ok, type Fault, type Result } from '@murram/ground'
import { measureAnswers, type Figures } from '@murram/learn'
import { makeBundle, type FeatureRow } from '@murram/score'
import { importOnnx, openScorer, type ImportedOnnx } from '@murram/score/onnx'
import { writeBundle } from '../bundle-folder.ts'
import { belowFloor } from '../model/below-floor.ts'
import { featureColumns, featureRows } from '../model/feature-rows.ts'
import { makeRelease, type WrittenBundle } from '../model/make-release.ts'
import { openRecipe, withExpressions, type OpenRecipe } from '../model/open-recipe.ts'
import { readTarget } from '../model/read-target.ts'
import { openSigner, type Signer } from '../model/sign-release.ts'
import { pathOf, print, type ExitCode } from '../print.ts'
import { readGiven } from '../read-given.ts'
import { readCsv, takeCells, type CsvTable } from '../table.ts'

export interface ModelImportOptions {
  readonly recipe: string
  readonly form?: string
  readonly rows?: string
  readonly target?: string
  readonly out?: string
  readonly keys?: string
  readonly json?: boolean
}

interface Imported {
  readonly bundle: WrittenBundle
  readonly found: ImportedOnnx
  readonly metrics: Figures
  readonly notes: readonly string[]
}

export async function modelImport(file: string, options: ModelImportOptions): Promise<ExitCode> {
  const done = await bringIn(file, options)
  if (!done.ok) {
    if (options.json === true) print.json({ ok: false, ...done.error })
    else print.note(`✗ ${file}: ${done.error.fault}: ${describeFault(done.error)}`)
    return done.error.fault.startsWith('bundle.') ? 1 : 2
  }
  const { bundle, found, metrics, notes } = done.value
  const { bytes, gzipBytes, manifest } = bundle
  if (options.json === true)
    print.json({
      ok: true,
      modelName: manifest.modelName,
      inputs: manifest.inputs.length,
      classes: manifest.classes,
      metrics,
      bundle: { bytes, gzipBytes },
      notes,
    })
  else {
    for (const note of notes) print.note(note)
    print.line(
      `${manifest.modelName}: ${manifest.inputs.length} questions, ${found.facts.nodes.length} operators; its test rows were written`,
    )
    const figures = Object.entries(metrics).flatMap(([name, value]) =>
      value === null ? [] : [`${name} ${value.toFixed(4)}`],
    )
    if (figures.length > 0) print.line(`on ${options.rows}: ${figures.join(', ')}`)
    print.line(`bundle of ${(bytes / 1_000).toFixed(0)} kB written to ${options.out}`)
  }
  return 0
}

const SAMPLE_ROWS = 500

async function bringIn(file: string, options: ModelImportOptions): Promise<Result<Imported, Fault>> {
  const { out } = options
  if (out === undefined) return err(fault('cli.usage', '--out says where the bundle of a graph is written'))
  const bytes = readGiven(file)
  if (!bytes.ok) return bytes
  const signer = openSigner(options.keys)
  if (!signer.ok) return signer
  const opened = await openRecipe(options.recipe, options.form)
  if (!opened.ok) return opened
  const recipe = opened.value
  const table = readRows(options, recipe)
  if (!table.ok) return table
  const sample = table.value === null ? ok([]) : sampleOf(table.value, recipe)
  if (!sample.ok) return sample
  const { inputs, classes } = recipe
  const found = await importOnnx({
    bytes: bytes.value,
    inputs,
    classes,
    task: classes.length === 2 ? 'binary' : 'multiclass',
    sample: sample.value,
  })
  if (!found.ok) return found
  return packed(found.value, recipe, { table: table.value, signer: signer.value, options: { ...options, out } })
}

function readRows({ rows, target }: ModelImportOptions, recipe: OpenRecipe): Result<CsvTable | null, Fault> {
  if (rows === undefined) return target === undefined ? ok(null) : err(fault('cli.usage', '--target needs --rows'))
  const read = readCsv(rows)
  if (!read.ok) return read
  if (target !== undefined && !read.value.columns.has(target))
    return err(fault('cli.usage', `${rows} has no column ${target}; it has ${read.value.header.join(', ')}`))
  return withExpressions(read.value, recipe)
}

function sampleOf(table: CsvTable, { inputs }: OpenRecipe): Result<readonly FeatureRow[], Fault> {
  const step = Math.max(1, Math.ceil(table.rows / SAMPLE_ROWS))
  const some = takeCells(
    table,
    Array.from({ length: Math.floor(table.rows / step) }, (_, at) => at * step),
  )
  const all: FeatureRow[] = []
  for (const rows of featureRows(some, inputs)) {
    if (!rows.ok) return rows
    all.push(...rows.value)
  }
  return ok(all)
}

async function packed(
  found: ImportedOnnx,
  recipe: OpenRecipe,
  {
    table,
    signer,
    options,
  }: {
    readonly table: CsvTable | null
    readonly signer: Signer
    readonly options: ModelImportOptions & { readonly out: string }
  },
): Promise<Result<Imported, Fault>> {
  const { model, onnx, vectors } = found
  const card = `${recipe.card === '' ? `# ${recipe.recipe.name}` : recipe.card.trimEnd()}\n\n# This model\n\nMade elsewhere and brought in by \`murram model import\`: ${found.facts.nodes.length} operators. How it was trained is for its author to say here.\n\n${found.notes.map(note => `- ${note}`).join('\n')}\n`
  const bundle = makeBundle({ model, onnx, vectors, card })
  const facts = {
    name: recipe.recipe.name,
    signer,
    nowMs: Date.now(),
    formId: recipe.recipe.form,
    formVersions: [recipe.form?.version ?? 'table'],
    inputs: recipe.inputs,
    classes: recipe.classes,
    positive: recipe.recipe.outcome.positive,
    threshold: recipe.recipe.threshold,
    conformal: null,
    snapshot: null,
  }
  const plain = await makeRelease(bundle, { ...facts, metrics: {} })
  if (!plain.ok) return plain
  const metrics = await judgeOn(plain.value, recipe, table, options.target)
  if (!metrics.ok) return metrics
  const release = await makeRelease(bundle, { ...facts, metrics: metrics.value })
  if (!release.ok) return release
  writeBundle(pathOf(options.out), bundle.files, release.value.release, signer.rootPublicKey)
  const judged = options.target === undefined ? [] : belowFloor(metrics.value, recipe.recipe)
  const doubt = 'it was not measured on outcomes it had not seen here: it is never called sure'
  return ok({ bundle: release.value, found, metrics: metrics.value, notes: [...found.notes, doubt, ...judged] })
}

async function judgeOn(
  { manifest, files }: WrittenBundle,
  { inputs, classes }: OpenRecipe,
  table: CsvTable | null,
  target: string | undefined,
): Promise<Result<Figures, Fault>> {
  if (table === null || target === undefined) return ok({})
  const { rows, target: outcome } = readTarget(table, target, {
    task: classes.length === 2 ? 'binary' : 'multiclass',
    classes,
  })
  if (rows.length === 0)
    return err(fault('cli.usage', `the column ${target} holds none of the classes ${classes.join(', ')}`))
  const opened = await openScorer({ manifest, files })
  if (!opened.ok) return opened
  await using scorer = opened.value
  const columns = featureColumns(takeCells(table, rows), inputs)
  const said = columns.ok ? await scorer.predictColumns(columns.value) : columns
  return said.ok ? ok(measureAnswers(outcome, said.value)) : said
}
