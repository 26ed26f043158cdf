/**
 * murram model train: a table with outcomes to a signed bundle, judged on rows kept aside.
 *
 *   murram model train people.csv --outcome income --out ./bundle
 *   murram model train visits.csv --outcome vulnerable --id household --kind trees --json
 *
 * A quarter of the households (a hash decides, by `--id` or row) is never trained on; the
 * figures are of these. Without `--keys` the bundle is signed by a key made for it alone,
 * which no project trusts.
 *
 * Exit: 0 written · 1 too few rows or classes · 2 wrong use.
 */
import { loadProjectKeys } from '@murram/collector'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import {
  auc,
  calibrationSlope,
  climbLadder,
  conformalCutoffs,
  isHoldout,
  logLoss,
  predict,
  priorModel,
  takeLabels,
  takeRows,
  type Labels,
} from '@murram/learn'
import { toOnnx } from '@murram/onnx-writer'
import {
  ManifestSchema,
  makeBundle,
  RELEASE_KEY_PURPOSE,
  RELEASE_PURPOSE,
  type ReleaseKeyCertificate,
} from '@murram/score'
import { createSigningKey, sha256, signDocument, type Signed, type SigningKey } from '@murram/seal'
import { basename } from 'node:path'
import { writeBundle } from '../bundle-folder.ts'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'
import { readCsv, toColumns, type CsvTable } from '../table.ts'

export interface ModelTrainOptions {
  readonly outcome: string
  readonly out: string
  readonly id?: string
  readonly exclude: readonly string[]
  readonly positive?: string
  readonly kind: 'auto' | 'logistic' | 'trees'
  readonly seed: number
  readonly keys?: string
  readonly json?: boolean
}

const HOLDOUT_RATIO = 0.25
const TREES_FROM = 1_000
const VALID_MS = 90 * 86_400_000
/** Fewer unseen scores than this promise no coverage: then nothing is called sure. */
const CONFORMAL_FROM = 500
const COVERAGE = 0.9

export function modelTrain(file: string, options: ModelTrainOptions): ExitCode {
  const done = train(file, options)
  if (!done.ok)
    return done.error.fault.startsWith('learn.') ? (sayFault(done.error, options), 1) : sayFault(done.error, options)
  if (options.json === true) print.json({ ok: true, ...done.value })
  else {
    const {
      kind,
      trainedRows,
      holdoutRows,
      auc: order,
      logLoss: loss,
      calibrationSlope: slope,
      sizeBytes,
      out,
    } = done.value
    print.line(
      `${kind}, trained on ${trainedRows} rows; on ${holdoutRows} rows kept aside: AUC ${order.toFixed(4)}, log-loss ${loss.toFixed(4)}, calibration slope ${slope.toFixed(2)}`,
    )
    print.line(`bundle of ${(sizeBytes / 1000).toFixed(0)} kB written to ${out}`)
  }
  return 0
}

interface Trained {
  readonly kind: string
  readonly trainedRows: number
  readonly holdoutRows: number
  readonly auc: number
  readonly logLoss: number
  readonly calibrationSlope: number
  readonly sizeBytes: number
  readonly out: string
}

function train(file: string, options: ModelTrainOptions): Result<Trained, Fault> {
  const table = readCsv(file)
  if (!table.ok) return table
  for (const column of [options.outcome, ...(options.id === undefined ? [] : [options.id]), ...options.exclude]) {
    if (!table.value.header.includes(column)) {
      return err(fault('cli.usage', `${file} has no column ${column}; it has ${table.value.header.join(', ')}`))
    }
  }
  const verified = { ...table.value, rows: table.value.rows.filter(row => (row[options.outcome] ?? '') !== '') }
  const labels = toLabels(verified, options)
  if (!labels.ok) return labels
  const signer = signerOf(options.keys)
  if (!signer.ok) return signer

  const columns = toColumns(
    verified,
    new Set([options.outcome, ...(options.id === undefined ? [] : [options.id]), ...options.exclude]),
  )
  const all = { rows: verified.rows.length, columns }
  const groups = verified.rows.map((row, at) => (options.id === undefined ? String(at) : (row[options.id] ?? '')))
  const held = groups.map(group => isHoldout(group, 'murram model train', HOLDOUT_RATIO))
  const rowsWhere = (wanted: boolean) => held.flatMap((isHeld, at) => (isHeld === wanted ? [at] : []))
  const [trainingRows, holdoutRows] = [rowsWhere(false), rowsWhere(true)]

  const { classes, codes } = labels.value
  const baseRate = Math.min(0.99, Math.max(0.01, codes.reduce((sum, code) => sum + code, 0) / codes.length))
  const trainedLabels = takeLabels(labels.value, trainingRows)
  const rung = climbLadder(takeRows(all, trainingRows), trainedLabels, {
    seed: options.seed,
    groups: trainingRows.map(at => groups[at] ?? ''),
    prior: priorModel({ classes, baseRate, points: {}, columns }),
    logisticFrom: 0,
    treesFrom: options.kind === 'logistic' ? Number.POSITIVE_INFINITY : options.kind === 'trees' ? 0 : TREES_FROM,
  })
  if (!rung.ok) return rung
  const { model, rung: kind, outOfFold } = rung.value
  const said = predict(model, takeRows(all, holdoutRows))
  const truth = takeLabels(labels.value, holdoutRows).codes
  const metrics = {
    auc: auc(said, truth),
    logLoss: logLoss(said, truth),
    calibrationSlope: calibrationSlope(said, truth),
  }

  const name = basename(file)
    .replace(/\.[^.]*$/, '')
    .replace(/[^A-Za-z0-9-]+/g, '-')
    .toLowerCase()
  const card = `# ${options.outcome}\n\nTrained by \`murram model train\` on ${basename(file)}: ${trainingRows.length} rows, ${holdoutRows.length} kept aside.\nNo person's case may be decided by it alone.\n`
  const bundle = makeBundle({ model, onnx: toOnnx(model, { name }), card })
  const nowMs = Date.now()
  const manifest = ManifestSchema.parse({
    format: 1,
    projectId: signer.value.chain.body.projectId,
    modelName: name,
    releaseId: sha256(JSON.stringify(bundle.entries)).slice(0, 32),
    counter: Math.floor(nowMs / 1000),
    reason: 'promotion',
    demo: signer.value.chain.body.demo,
    formId: name,
    formVersions: ['table'],
    inputs: model.inputs.map(({ name: input, kind: inputKind }) => ({ name: input, kind: inputKind })),
    classes: [...classes],
    positive: classes[1],
    threshold: 0.5,
    conformal:
      outOfFold === null || outOfFold.length < CONFORMAL_FROM
        ? null
        : { coverage: COVERAGE, cutoffs: conformalCutoffs(outOfFold, trainedLabels, COVERAGE) },
    metrics: Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value))),
    parent: null,
    snapshot: sha256(JSON.stringify(verified.rows)),
    ring: 0,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + VALID_MS,
    files: bundle.entries,
  })
  const signed = signDocument(signer.value.release, RELEASE_PURPOSE, manifest)
  writeBundle(pathOf(options.out), bundle.files, { signed, chain: signer.value.chain }, signer.value.rootPublicKey)
  return ok({
    kind,
    trainedRows: trainingRows.length,
    holdoutRows: holdoutRows.length,
    ...metrics,
    sizeBytes: bundle.sizeBytes,
    out: options.out,
  })
}

/** `[negative, positive]`: the positive class is the one named, or the rarer. */
function toLabels({ rows }: CsvTable, { outcome, positive }: ModelTrainOptions): Result<Labels, Fault> {
  const counts = new Map<string, number>()
  for (const row of rows) counts.set(row[outcome] ?? '', (counts.get(row[outcome] ?? '') ?? 0) + 1)
  const byCount = [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name)
  if (byCount.length !== 2) {
    return err(
      fault(
        byCount.length > 2 ? 'learn.not-two-classes' : 'learn.too-few',
        `the column ${outcome} holds ${byCount.length} classes (${byCount.slice(0, 5).join(', ')}); two are needed`,
      ),
    )
  }
  if (positive !== undefined && !counts.has(positive)) {
    return err(
      fault('cli.usage', `--positive ${positive} is not in the column ${outcome}; it holds ${byCount.join(' and ')}`),
    )
  }
  const chosen = positive ?? byCount[1] ?? ''
  const classes = [byCount.find(name => name !== chosen) ?? '', chosen]
  return ok({ classes, codes: Uint8Array.from(rows, row => (row[outcome] === chosen ? 1 : 0)) })
}

interface Signer {
  readonly release: SigningKey
  readonly chain: Signed<ReleaseKeyCertificate>
  readonly rootPublicKey: string
}

function signerOf(keyFile: string | undefined): Result<Signer, Fault> {
  if (keyFile !== undefined) {
    const keys = loadProjectKeys(pathOf(keyFile))
    return keys.ok
      ? ok({
          release: keys.value.release,
          chain: keys.value.releaseCertificate,
          rootPublicKey: keys.value.root.publicKey,
        })
      : keys
  }
  const [root, release] = [createSigningKey(), createSigningKey()]
  const certificate = { projectId: 'local', publicKey: release.publicKey, demo: false, issuedAtMs: Date.now() }
  return ok({ release, chain: signDocument(root, RELEASE_KEY_PURPOSE, certificate), rootPublicKey: root.publicKey })
}
