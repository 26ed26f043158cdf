/** `report`, agent → collector: how the device fares. Not answered; a lost report is followed by a newer one. */
import { z } from 'zod'
import { PROTOCOL_WITH_ROLLOUTS } from '../protocol-version.ts'
import { AtMs, Counter, FaultSchema, Name } from '../vocabulary.ts'

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
export const DeviceReportSchema = z.discriminatedUnion('kind', [ReleaseReport, StatusReport])
export type DeviceReport = z.infer<typeof DeviceReportSchema>

export const ReportSchema = z.strictObject({ type: z.literal('report'), reports: z.array(DeviceReportSchema).max(100) })

/** Before version 3 a release that was left again is one that was refused. */
export const reportsKnownAt = (protocol: number, reports: readonly DeviceReport[]): DeviceReport[] =>
  reports.map(report =>
    report.kind === 'release' && report.state === 'rolled-back' && protocol < PROTOCOL_WITH_ROLLOUTS
      ? { ...report, state: 'refused' }
      : report,
  )
