/** `report`, agent → collector: how the device fares. Not answered; a lost report is followed by a newer one. */
import { StoreIdSchema } from '@murram/ground'
import { z } from 'zod'
import { PROTOCOL_WITH_ROLLOUTS } from '../protocol-version.ts'
import { AtMs, ByteString, Counter, FaultSchema, Name } from '../vocabulary.ts'

const MAX_SKETCH_BYTES = 64_000

const ReleaseReport = z.strictObject({
  kind: z.literal('release'),
  releaseId: Name,
  counter: Counter,
  /** `rolled-back`, since version 3: it was in force here, and the one before it is again. */
  state: z.enum(['installed', 'refused', 'rolled-back']),
  fault: FaultSchema.optional(),
  atMs: AtMs,
})
const StatusReport = z.strictObject({
  kind: z.literal('status'),
  /** Submissions that wait on the device. */
  queued: Counter,
  /** Of the release in force; 0 where there is none. */
  modelCounter: Counter,
  atMs: AtMs,
})
/**
 * How answers and probabilities are spread on a device, by the plan of a release: counts, and no
 * answer. It holds all that was counted of a week so far, so that the later one replaces the
 * earlier. Since version 3.
 */
const SketchReport = z.strictObject({
  kind: z.literal('sketch'),
  storeId: StoreIdSchema,
  releaseId: Name,
  /** `''` where none is asked or answered, `*` for all beyond the first few. */
  region: z.string().max(64),
  /** ISO 8601, by the device's clock: `2026-W47`. */
  week: z.string().regex(/^\d{4}-W\d{2}$/, 'is not an ISO week'),
  /** Interviews that were counted. */
  rows: Counter,
  packed: ByteString.refine(bytes => bytes.length <= MAX_SKETCH_BYTES, 'is too large'),
  /** Probabilities, in bins of equal width. */
  scores: z.array(Counter).max(100),
  /** Interviews of which the model was not sure, by the reason. */
  abstained: z.record(z.string().max(32), Counter),
  /** Interviews that it could not score. */
  unscored: Counter,
})
/**
 * What is fresh names an order on a model that has not come, though all that the collector spoke of
 * is here: somebody keeps it back. Since version 3.
 */
const WithheldReport = z.strictObject({
  kind: z.literal('withheld'),
  modelName: Name,
  orderNumber: Counter,
  /** The newest that has come; 0 for none. */
  heard: Counter,
  atMs: AtMs,
})
export const DeviceReportSchema = z.discriminatedUnion('kind', [
  ReleaseReport,
  StatusReport,
  SketchReport,
  WithheldReport,
])
export type DeviceReport = z.infer<typeof DeviceReportSchema>

export const ReportSchema = z.strictObject({ type: z.literal('report'), reports: z.array(DeviceReportSchema).max(100) })

/** Before version 3 a release that was left again is one that was refused, and no order is missing. */
export const reportsKnownAt = (protocol: number, reports: readonly DeviceReport[]): DeviceReport[] =>
  reports
    .filter(({ kind }) => kind !== 'withheld' || protocol >= PROTOCOL_WITH_ROLLOUTS)
    .map(report =>
      report.kind === 'release' && report.state === 'rolled-back' && protocol < PROTOCOL_WITH_ROLLOUTS
        ? { ...report, state: 'refused' }
        : report,
    )
