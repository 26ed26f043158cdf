/**
 * What ONNX Runtime says of a bundle: how far it is from the trainer, and how long a
 * household takes. The last two lines that a gate needs before a device ever sees it.
 */
import { setTimeout } from 'node:timers/promises'
import { ok, type Fault, type Result } from '@murram/ground'
import type { Table } from '@murram/learn'
import type { Manifest } from '@murram/score'
import { openScorer } from '@murram/score/onnx'
import type { Candidate, PackedCandidate } from '../registry/candidate.ts'
import { createFeatureRows } from './feature-row-of.ts'
import { measureLatency } from './measure-latency.ts'

export interface Probed {
  /** Largest difference of a probability to `expected`. */
  readonly parity: number
  readonly p99Ms: number
}

export async function probeBundle(
  { candidate, files }: PackedCandidate,
  table: Table,
  expected: ArrayLike<number>,
  { maxP99Ms, nowMs }: { readonly maxP99Ms: number; readonly nowMs: () => number },
): Promise<Result<Probed, Fault>> {
  const opened = await openScorer({ manifest: unreleased(candidate), files })
  if (!opened.ok) return opened
  await using scorer = opened.value
  const rows = Array.from({ length: table.rows }, (_, row) => row).map(createFeatureRows(table, candidate.inputs))

  let parity = rows.length === 0 ? Number.NaN : 0
  for (let at = 0; at < rows.length; at += 64) {
    const said = await scorer.scoreMany(rows.slice(at, at + 64))
    if (!said.ok) return said
    for (const [i, { probability }] of said.value.entries()) {
      parity = Math.max(parity, Math.abs(probability - expected[at + i]!))
    }
  }

  if (rows.length === 0) return ok({ parity, p99Ms: Number.NaN })
  const latency = await measureLatency(n => scorer.score(rows[n % rows.length]!), maxP99Ms, { nowMs, rest: setTimeout })
  return latency.ok ? ok({ parity, p99Ms: latency.value }) : latency
}

/** A manifest for this process alone: nobody signs it, and it installs nowhere. */
const unreleased = (candidate: Candidate): Manifest => ({
  format: 1,
  projectId: 'unreleased',
  modelName: candidate.modelName,
  releaseId: candidate.candidateId,
  counter: 0,
  reason: 'promotion',
  demo: false,
  formId: candidate.formId,
  formVersions: [],
  inputs: candidate.inputs,
  classes: candidate.classes,
  positive: candidate.positive,
  threshold: candidate.threshold,
  conformal: candidate.conformal,
  metrics: candidate.metrics,
  parent: null,
  snapshot: candidate.snapshot,
  ring: 0,
  createdAtMs: 0,
  expiresAtMs: 0,
  files: candidate.files,
})
