/**
 * One run, from frozen rows to a judged candidate. No clock but the stopwatch, no disk, no
 * database: what comes out depends on the order and the rows alone (latency apart).
 */
import { ok, type Fault, type Result } from '@murram/ground'
import type { ModelInput } from '@murram/score'
import { sha256 } from '@murram/seal'
import { packCandidate, type PackedCandidate } from '../registry/candidate.ts'
import type { GateReport } from '../registry/gate-report.ts'
import { judgeCandidate } from '../registry/judge-candidate.ts'
import { priorOf } from '../registry/prior.ts'
import { orderedClasses } from '../registry/recipe.ts'
import { writeCard } from '../registry/write-card.ts'
import { lookAtHoldout, type HoldoutLook } from './holdout-look.ts'
import { measureOnHoldout } from './measure-holdout.ts'
import { planWatch } from './plan-watch.ts'
import { probeBundle } from './probe-bundle.ts'
import type { RunOrder } from './run-messages.ts'
import type { TrainingRecord } from './run-record.ts'
import { seedOf } from './seeded-random.ts'
import { decodeSnapshot, thawRows } from './snapshot.ts'
import { splitHoldout, trainRung } from './train-on-snapshot.ts'

export interface MadeCandidate extends PackedCandidate {
  readonly report: GateReport
  /** What it learnt from and was judged on: the class of each interview. */
  readonly rows: ReadonlyMap<string, string>
  readonly training: TrainingRecord
}

export async function makeCandidate(
  order: RunOrder,
  snapshot: Uint8Array,
  {
    onProgress,
    onLook,
    nowMs,
  }: {
    readonly onProgress: (share: number, step: string) => void
    /** Before anything is known of the holdout: what this look stakes. */
    readonly onLook: (look: HoldoutLook) => void
    readonly nowMs: () => number
  },
): Promise<Result<MadeCandidate, Fault>> {
  const { recipe } = order
  const digest = sha256(snapshot)
  const seed = seedOf(digest)
  const frozen = decodeSnapshot(snapshot)
  const inputs: readonly ModelInput[] = frozen.inputs.slice(0, frozen.readable)
  const rows = thawRows(frozen)
  const { training, holdout } = splitHoldout(rows, recipe.holdout.ratio, order.holdoutSalt)

  onProgress(0.2, `training on ${training.table.rows} interviews`)
  const trained = trainRung(training, {
    ladder: recipe.ladder,
    prior: priorOf(recipe, inputs),
    inputs: inputs.map(({ name }) => name),
    verified: rows.table.rows,
    seed,
    handicap: order.handicap,
  })
  if (!trained.ok) return trained
  const { kind, model, conformal, trainedRows } = trained.value

  onProgress(0.7, `judging on ${holdout.table.rows} interviews that no model has seen`)
  const { figures: look, look: toNote } = lookAtHoldout(holdout, order.looks, {
    yearly: recipe.gate.errorBudget,
    mayPromote: order.handicap === null && new Set(holdout.groups).size >= recipe.gate.minHoldout,
  })
  if (toNote !== null) onLook(toNote)
  const { threshold } = recipe
  const measured = measureOnHoldout(holdout, {
    candidate: model,
    champion: order.champion,
    championInputs: order.snapshot.championInputs,
    inputs,
    isFromPrior: order.isFromPrior,
    threshold,
    subgroups: [...new Set([...(recipe.region === undefined ? [] : [recipe.region]), ...recipe.subgroups])],
  })
  const metrics = { ...measured.metrics, trainedRows }
  const isPrior = kind === 'prior'
  const packed = packCandidate({
    model,
    kind,
    inputs,
    threshold,
    conformal,
    metrics,
    modelName: recipe.name,
    formId: recipe.form,
    classes: orderedClasses(recipe),
    positive: recipe.outcome.positive,
    // A prior learnt from nothing, whatever rows it was judged on.
    snapshot: isPrior ? null : digest,
    runId: order.runId,
    handicap: isPrior ? null : order.handicap,
    ...(isPrior ? {} : planWatch(training.table, inputs, measured.candidate, recipe.region)),
    card: writeCard(order.card, {
      recipe,
      kind,
      trainedRows,
      metrics,
      inputs: inputs.length,
      snapshot: isPrior ? null : digest,
      handicap: isPrior ? null : order.handicap,
    }),
  })

  onProgress(0.8, 'holding the bundle against ONNX Runtime')
  const probed = await probeBundle(packed, holdout.table, measured.candidate, {
    maxP99Ms: recipe.gate.maxP99Ms,
    nowMs,
  })
  if (!probed.ok) return probed
  const bundleBytes = packed.candidate.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const report = judgeCandidate(
    recipe.gate,
    {
      ...measured.figures,
      ...probed.value,
      look,
      bundleBytes,
      handicap: order.handicap,
      holdoutRatio: recipe.holdout.ratio,
    },
    recipe.floor,
  )
  return ok({
    ...packed,
    report,
    rows: new Map(rows.instances.map((instance, row) => [instance, rows.labels.classes[rows.labels.codes[row]!]!])),
    training: {
      rung: kind,
      seed,
      trainedRows,
      holdoutRows: holdout.table.rows,
      crossValidated: trained.value.crossValidated,
      hyperParameters: trained.value.hyperParameters,
    },
  })
}
