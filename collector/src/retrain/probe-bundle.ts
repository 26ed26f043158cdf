/**
 * What ONNX Runtime says of a bundle: how far it is from the trainer, and how long a
 * household takes. The last two lines that a gate needs before a device ever sees it.
 */
import { ok, type Fault, type Result } from '@murram/ground'
import type { Table } from '@murram/learn'
import type { Manifest } from '@murram/score'
import { openScorer } from '@murram/score/onnx'
import type { Candidate, PackedCandidate } from '../registry/candidate.ts'
import { createFeatureRows } from './feature-row-of.ts'

export interface Probed {
  /** Largest difference of a probability to `expected`. */
  readonly parity: number
  readonly p99Ms: number
}

/** As few as still have a 99th percentile; three rounds, because a machine has other work too. */
const TIMED = 100
const ROUNDS = 3

export async function probeBundle(
  { candidate, files }: PackedCandidate,
  table: Table,
  expected: ArrayLike<number>,
  nowMs: () => number,
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

  let p99Ms = rows.length === 0 ? Number.NaN : Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS && rows.length > 0; round += 1) {
    const tookMs: number[] = []
    for (let i = 0; i < TIMED; i += 1) {
      const beganMs = nowMs()
      const said = await scorer.score(rows[i % rows.length]!)
      if (!said.ok) return said
      tookMs.push(nowMs() - beganMs)
    }
    tookMs.sort((a, b) => a - b)
    p99Ms = Math.min(p99Ms, tookMs[Math.ceil(TIMED * 0.99) - 1]!)
  }
  return ok({ parity, p99Ms })
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
